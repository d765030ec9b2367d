//! What the region serves beside AWS's API: its own pages, at a path that no bucket can have.

use std::net::IpAddr;

use async_trait::async_trait;
use http::request::Parts;
use http::{Request, Response};
use nightproof_connection::Intake;
use nightproof_core::service::Body;

use crate::head;
use crate::peer::Peer;

/// The region's own pages. No layer is passed on the way to them: whoever serves them says who may ask.
#[async_trait]
pub trait OwnPages: Send + Sync {
    /// Answers a request whose path begins with `/_nightproof/`.
    async fn answer(&self, request: Request<Intake>) -> Response<Body>;
}

/// Whether a request is for the region's own pages: it comes from this host and not out of an instance, and it addresses loopback by its own name, so
/// that no other name that leads here (a bucket's, or one of a stranger's DNS) finds them.
pub(crate) fn is_addressed(peer: &Peer, parts: &Parts) -> bool {
    parts.uri.path().starts_with("/_nightproof/") && peer.origin.is_none() && head::host(parts).is_some_and(is_loopback)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addressed(host: &str, path: &str) -> bool {
        let peer = Peer { source_ip: "127.0.0.1".to_owned(), tls: None, origin: None };
        let (parts, ()) = Request::builder().uri(path).header("host", host).body(()).unwrap().into_parts();
        is_addressed(&peer, &parts)
    }

    #[test]
    fn own_pages_are_addressed_by_loopback_alone() {
        assert!(addressed("127.0.0.1:4566", "/_nightproof/"));
        assert!(addressed("localhost:4566", "/_nightproof/api/clock"));
        assert!(!addressed("bucket.s3.amazonaws.com", "/_nightproof/api/clock"));
        assert!(!addressed("rebound.example.com:4566", "/_nightproof/"));
        assert!(!addressed("127.0.0.1:4566", "/_nightproofs/"));
        assert!(!addressed("127.0.0.1:4566", "/bucket/_nightproof/"));
    }
}
