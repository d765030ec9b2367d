//! The AWS SDK clients of a drill.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::Endpoint;

/// One client for each service that a drill calls.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    pub(crate) cloudformation: aws_sdk_cloudformation::Client,
    pub(crate) events: aws_sdk_eventbridge::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) ssm: aws_sdk_ssm::Client,
    pub(crate) sts: aws_sdk_sts::Client,
    /// For presigning only: URLs with AWS's own names, which is what a machine can reach.
    pub(crate) s3_names: aws_sdk_s3::Client,
}

/// Attempts of a call that is throttled, or that AWS fails to answer.
const ATTEMPTS: u32 = 8;

/// HTTP by rustls; trusts this CA instead of the system's, if there is one.
pub(crate) fn http(ca_pem: Option<&str>) -> SharedHttpClient {
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

impl Clients {
    /// Clients of `endpoint`.
    pub(crate) fn new(endpoint: &Endpoint) -> Self {
        let names = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(endpoint.region.clone()))
            .credentials_provider(endpoint.credentials.clone())
            .http_client(http(endpoint.ca_pem.as_deref()))
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        let mut config = names.to_builder();
        config.set_endpoint_url(endpoint.url.clone());
        let config = config.build();
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(endpoint.url.is_some()).build();
        Self {
            cloudformation: aws_sdk_cloudformation::Client::new(&config),
            events: aws_sdk_eventbridge::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            logs: aws_sdk_cloudwatchlogs::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            ssm: aws_sdk_ssm::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            s3_names: aws_sdk_s3::Client::new(&names),
        }
    }
}
