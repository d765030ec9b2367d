//! The console: who may ask, and what it is served by.

use std::sync::Arc;

use async_trait::async_trait;
use http::{Request, Response};
use nightproof_connection::Intake;
use nightproof_core::Caller;
use nightproof_core::credentials::random_string;
use nightproof_core::service::Body;
use nightproof_gateway::OwnPages;
use nightproof_region::embedded::Embedded;

use crate::handles::Handles;
use crate::{guard, routes};

/// Letters and digits: a token stands in a URL as it is.
const TOKEN_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// 190 bits of chance.
const TOKEN_LENGTH: usize = 32;

/// The console of a region.
pub struct Console {
    handles: Handles,
    /// Where a browser finds it: `http://127.0.0.1:41234`.
    plain_url: String,
    token: String,
}

impl Console {
    /// The console of `embedded`, which it is served by from now on; its calls of AWS's API are made by `operator`.
    pub fn open(embedded: &Embedded, operator: Caller) -> Arc<Self> {
        let console = Arc::new(Self {
            handles: Handles::of(embedded, operator),
            plain_url: embedded.plain_url.clone(),
            token: random_string(TOKEN_ALPHABET, TOKEN_LENGTH),
        });
        embedded.gateway.set_own_pages(Arc::clone(&console) as Arc<dyn OwnPages>);
        console
    }

    /// What a browser is pointed at. The token stands behind the `#`, which no browser sends to anybody.
    pub fn page_url(&self) -> String {
        format!("{}/_nightproof/#token={}", self.plain_url, self.token)
    }

    /// Where the API is: `http://127.0.0.1:41234/_nightproof/api`.
    pub fn api_url(&self) -> String {
        format!("{}/_nightproof/api", self.plain_url)
    }

    /// What requests of the API show as `Authorization: Bearer TOKEN`.
    pub fn token(&self) -> &str {
        &self.token
    }
}

#[async_trait]
impl OwnPages for Console {
    async fn answer(&self, request: Request<Intake>) -> Response<Body> {
        let (head, body) = request.into_parts();
        match guard::check(&head, &self.token) {
            Ok(()) => routes::answer(&self.handles, &head, body).await,
            Err(refusal) => refusal.answer(),
        }
    }
}
