//! The machine's HTTP client: it trusts the region's certificate and no other.

use std::time::Duration;

use nightproof_machine_protocol::spec::inside;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::api_error::ApiError;

/// The region's certificate, as a PEM.
pub(crate) fn authority() -> Result<Vec<u8>, ApiError> {
    std::fs::read(inside::CA).map_err(|error| ApiError::Trust(error.to_string()))
}

/// A client whose requests take at most `limit`. An answer of any status is an answer.
pub(crate) fn client(limit: Duration) -> Result<Agent, ApiError> {
    let pem = authority()?;
    let certificate = Certificate::from_pem(&pem).map_err(|error| ApiError::Trust(error.to_string()))?;
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[certificate])).build();
    Ok(Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .proxy(None)
        // As a network that drops packets says nothing, and may have a route the next moment.
        .timeout_connect(Some(Duration::from_secs(5)))
        .timeout_global(Some(limit))
        .build()
        .into())
}
