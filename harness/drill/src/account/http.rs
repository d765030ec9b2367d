//! The HTTP below all clients of a drill.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

/// The code of a call that nobody answered. AWS has no word for it.
pub(crate) const NO_ANSWER: &str = "NoAnswer";

/// HTTP by rustls; trusts this CA instead of the system's, if there is one.
pub(crate) fn client(ca_pem: Option<&str>) -> SharedHttpClient {
    let context = ca_pem.and_then(|pem| {
        let store = TrustStore::empty().with_pem_certificate(pem.as_bytes());
        TlsContext::builder().with_trust_store(store).build().ok()
    });
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    match context {
        Some(context) => http.tls_context(context).build_https(),
        None => http.build_https(),
    }
}

/// How long a connection may take; a call may take any time.
pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(10)).build()
}

/// The head of an answer.
pub(crate) fn head(response: &HttpResponse) -> Option<http::response::Parts> {
    let mut built = http::Response::builder().status(response.status().as_u16());
    for (name, value) in response.headers().iter() {
        built = built.header(name, value);
    }
    Some(built.body(()).ok()?.into_parts().0)
}
