//! The layer stack: what happens to a call, in order.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use http::{Request, Response};
use nightproof_connection::Intake;
use nightproof_core::Region;
use nightproof_core::service::Body;
use nightproof_faults::Faults;

use super::Authority;
use super::exchange::{Exchange, Lost};
use super::layers::{Authenticate, Authorize, Classify, Decode, Dispatch, Fault, Internal, Journal, NotifyRefused, Respond};
use super::own_pages::{self, OwnPages};
use super::peer::Peer;
use super::timing::Timing;
use super::web;

/// The layers of one region, with what they need beside it.
pub struct LayerStack {
    authority: Option<Authority>,
    requests: Respond,
    pub(super) calls: Internal,
    timing: Timing,
    own_pages: OnceLock<Arc<dyn OwnPages>>,
}

/// Builds the layers, innermost first, and returns where requests enter and where calls from inside of the region enter.
fn layers(faults: Arc<Faults>) -> (Respond, Internal) {
    // Innermost: the service, which need not know of any layer.
    let dispatch = Dispatch;
    // A fault strikes calls that were allowed, as on a day when AWS itself is at fault.
    let fault = Fault { faults, inner: dispatch };
    // Needs the caller and the document, and no wire. From here on all calls take the same path.
    let authorize = Arc::new(Authorize { inner: fault });
    let internal = Internal { inner: Arc::clone(&authorize) };
    // Documents are parsed after the signature is verified: a stranger reaches no parser but the signature's.
    let decode = Decode { inner: authorize };
    let authenticate = Authenticate { inner: decode };
    // A refusal of the signature is answered in the protocol of a service, so that the service comes first.
    let classify = Classify { inner: authenticate };
    // Around all layers that refuse, as the services' own logs have refused calls too.
    let refused = NotifyRefused { inner: classify };
    // Sees every request and its typed outcome, before that is a body.
    let journal = Journal { inner: refused };
    // Outermost: the one place where typed errors become bodies.
    (Respond { inner: journal }, internal)
}

impl LayerStack {
    /// Layers in which `faults` strike. Without an authority no TLS is spoken.
    pub fn new(authority: Option<Authority>, faults: Arc<Faults>) -> Arc<Self> {
        let (requests, calls) = layers(faults);
        Arc::new(Self { authority, requests, calls, timing: Timing::default(), own_pages: OnceLock::new() })
    }

    /// Serves these pages beside AWS's API from now on; once.
    pub fn set_own_pages(&self, pages: Arc<dyn OwnPages>) {
        let _ = self.own_pages.set(pages);
    }

    /// How long calls take.
    pub fn timing(&self) -> &Timing {
        &self.timing
    }

    pub(super) fn authority(&self) -> Option<&Authority> {
        self.authority.as_ref()
    }

    /// Handles one HTTP request.
    ///
    /// # Errors
    /// [`Lost`], if a fault wants the connection to end without an answer.
    pub(super) async fn handle(&self, region: Region, peer: Peer, request: Request<Intake>) -> Result<Response<Body>, Lost> {
        let begun = Instant::now();
        let (head, body) = request.into_parts();
        if let Some(pages) = self.own_pages.get()
            && own_pages::is_addressed(&peer, &head)
        {
            return Ok(pages.answer(Request::from_parts(head, body)).await);
        }
        let mut exchange = Exchange::new(region, peer, head);
        // What is no call of an API passes no layer.
        if let Some((region, service)) = web::server(&exchange) {
            exchange.region = region;
            return Ok(web::answer(service.as_ref(), &exchange, body).await);
        }
        let response = self.requests.respond(&mut exchange, body).await?;
        if let Some(codec) = exchange.codec {
            self.timing.record(codec.model().signing_name(), begun.elapsed(), exchange.progress.authorizing);
        }
        Ok(response)
    }
}
