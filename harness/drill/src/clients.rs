//! The AWS SDK clients of a drill.

use std::time::Duration;

use aws_config::{
    BehaviorVersion, Region, SdkConfig, stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};

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
    /// For presigning only: URLs with AWS's own names, which is what a machine can reach.
    pub(crate) s3_names: aws_sdk_s3::Client,
}

impl Clients {
    /// Clients of `endpoint`. Neither environment nor configuration files are read.
    pub(crate) fn new(endpoint: &Endpoint) -> Self {
        let context = endpoint.ca_pem.as_ref().and_then(|pem| {
            let store = TrustStore::empty().with_pem_certificate(pem.as_bytes());
            TlsContext::builder().with_trust_store(store).build().ok()
        });
        let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
        let http = match context {
            Some(context) => http.tls_context(context).build_https(),
            None => http.build_https(),
        };
        let credentials = Credentials::new(
            &endpoint.access_key_id,
            &endpoint.secret_access_key,
            endpoint.session_token.clone(),
            None,
            "firedrill",
        );
        let names = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(endpoint.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http)
            .timeout_config(TimeoutConfig::builder().connect_timeout(Duration::from_secs(10)).build())
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
            s3_names: aws_sdk_s3::Client::new(&names),
        }
    }
}
