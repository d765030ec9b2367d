//! The AWS clients of a drill.

use std::time::Duration;

use aws_config::retry::RetryConfig;

use crate::Endpoint;
use crate::account::dynamic_client::DynamicClient;
use crate::account::http;
use crate::account::recorder::Recorder;

/// The client of all services.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    pub(crate) dynamic: DynamicClient,
}

/// Attempts of a call that is throttled, or that AWS fails to answer.
const ATTEMPTS: u32 = 8;

/// The longest pause before the next attempt: the SDK's own.
const PAUSE: Duration = Duration::from_secs(20);
/// The same on a region of this machine, which has its callers to itself.
const LOCAL_PAUSE: Duration = Duration::from_secs(1);

impl Clients {
    /// Clients of `endpoint`.
    pub(crate) fn new(endpoint: &Endpoint) -> Self {
        Self::with(endpoint, None)
    }

    /// Clients of `endpoint`, whose calls go to `recorder` too.
    pub(crate) fn recorded(endpoint: &Endpoint, recorder: Recorder) -> Self {
        Self::with(endpoint, Some(recorder))
    }

    fn with(endpoint: &Endpoint, recorder: Option<Recorder>) -> Self {
        let http = http::client(endpoint.ca_pem.as_deref());
        let pause = if endpoint.url.is_some() { LOCAL_PAUSE } else { PAUSE };
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(pause);
        Self { dynamic: DynamicClient::new(endpoint, http, retries, recorder) }
    }
}
