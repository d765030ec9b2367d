//! The AWS clients of a drill.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;

use crate::Endpoint;
use crate::account::dynamic_client::DynamicClient;
use crate::account::http;
use crate::account::recorder::Recorder;

/// S3's own client, which streams objects and signs URLs, and one for all other services.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    pub(crate) s3: aws_sdk_s3::Client,
    /// All other services.
    pub(crate) dynamic: DynamicClient,
    /// For presigning only: URLs with AWS's own names, which is what a machine can reach.
    pub(crate) s3_names: aws_sdk_s3::Client,
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
        let names = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(endpoint.region.clone()))
            .credentials_provider(endpoint.credentials.clone())
            .http_client(http.clone())
            .retry_config(retries.clone())
            .timeout_config(http::timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        let mut config = names.to_builder();
        config.set_endpoint_url(endpoint.url.clone());
        let config = config.build();
        let mut s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(endpoint.url.is_some());
        if let Some(recorder) = &recorder {
            s3.push_interceptor(SharedInterceptor::new(recorder.clone()));
        }
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            dynamic: DynamicClient::new(endpoint, http, retries, recorder),
            s3_names: aws_sdk_s3::Client::new(&names),
        }
    }
}
