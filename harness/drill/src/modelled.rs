//! Calls of services whose SDK crate would be large for the one or two operations that are needed of it: by the models that a local
//! region reads calls by.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use nightproof_wire::AwsError;
use serde_json::Value;

use crate::recorder::{self, Recorder};
use crate::{Endpoint, clients};

/// From an attempt that was throttled or not answered to the next. CloudTrail, the slowest, answers two requests a second.
const PAUSE: Duration = Duration::from_secs(1);
const ATTEMPTS: usize = 8;
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/CommonErrors.html>
const THROTTLED: [&str; 5] =
    ["ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded"];
/// The code of a call that nobody answered. AWS has no word for it.
pub(crate) const NO_ANSWER: &str = "NoAnswer";

/// A client of every service that has a model.
#[derive(Debug, Clone)]
pub(crate) struct Modelled {
    endpoint: Endpoint,
    http: SharedHttpClient,
    recorder: Option<Recorder>,
}

impl Modelled {
    /// A client of `endpoint` by `http`, whose calls go to `recorder` too.
    pub(crate) fn new(endpoint: &Endpoint, http: SharedHttpClient, recorder: Option<Recorder>) -> Self {
        Self { endpoint: endpoint.clone(), http, recorder }
    }

    /// Asks `service`, a signing name, and asks again while it throttles or fails.
    ///
    /// # Errors
    /// The service's own; [`NO_ANSWER`] if there was none.
    pub(crate) async fn ask(&self, service: &str, operation: &str, input: &Value) -> Result<Value, AwsError> {
        let mut attempt = 1;
        loop {
            match self.attempt(service, operation, input).await {
                Err(error) if attempt < ATTEMPTS && (THROTTLED.contains(&error.code.as_str()) || error.status >= 500) => {
                    attempt += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                answered => return answered,
            }
        }
    }

    async fn attempt(&self, service: &str, operation: &str, input: &Value) -> Result<Value, AwsError> {
        let unknown = || AwsError::new("InvalidAction", 400, format!("there is no model of {service}:{operation}"));
        let model = nightproof_wire::service(service).ok_or_else(unknown)?;
        let known = model.operation(operation).ok_or_else(unknown)?;
        let url = self.endpoint.url.clone().unwrap_or_else(|| own_url(service, &self.endpoint.region));
        let url = url.trim_end_matches('/').to_owned();
        let mut request = model.encode_request(known, input)?;
        let signature = self.signature(service, &url, &request).await?;
        for (name, value) in &signature {
            if let Ok(value) = http::HeaderValue::from_str(value) {
                request.headers_mut().insert(*name, value);
            }
        }
        let mut asked = Operation::builder()
            .service_name(service.to_owned())
            .operation_name(operation.to_owned())
            .http_client(self.http.clone())
            .endpoint_url(&url)
            .no_auth()
            .no_retry()
            .timeout_config(clients::timeouts())
            .serializer(|request: http::Request<Vec<u8>>| sendable(request))
            .deserializer::<_, std::convert::Infallible>(|response| Ok::<_, OrchestratorError<_>>(whole(response)));
        if let Some(recorder) = &self.recorder {
            asked = asked.interceptor(recorder.clone());
        }
        let no_answer = |error: &dyn std::fmt::Display| AwsError::new(NO_ANSWER, 503, error.to_string());
        let answered = asked.build().invoke(request).await;
        let answered = answered.map_err(|error| no_answer(&aws_sdk_s3::error::DisplayErrorContext(error)))?;
        let (head, body) = answered.ok_or_else(|| no_answer(&"the answer is no HTTP"))?;
        model.decode_answer(known, &head, &body)
    }

    /// The headers that sign a request.
    #[expect(clippy::disallowed_methods, reason = "signatures are of real time")]
    async fn signature(
        &self,
        service: &str,
        url: &str,
        request: &http::Request<Vec<u8>>,
    ) -> Result<Vec<(&'static str, String)>, AwsError> {
        let unsigned = |error: &dyn std::fmt::Display| AwsError::new("UnrecognizedClientException", 400, error.to_string());
        let credentials = self.endpoint.credentials.provide_credentials().await.map_err(|error| unsigned(&error))?;
        let identity = credentials.into();
        let mut settings = SigningSettings::default();
        if service == "s3" {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.endpoint.region)
            .name(service)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|error| unsigned(&error))?
            .into();
        let url = format!("{url}{}", request.uri());
        let headers = request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let signable = SignableRequest::new(request.method().as_str(), url, headers, SignableBody::Bytes(request.body()));
        let signed = signable.and_then(|signable| aws_sigv4::http_request::sign(signable, &params));
        let (instructions, _) = signed.map_err(|error| unsigned(&error))?.into_parts();
        let (added, _) = instructions.into_parts();
        Ok(added.iter().map(|header| (header.name(), header.value().to_owned())).collect())
    }
}

fn sendable(request: http::Request<Vec<u8>>) -> Result<HttpRequest, BoxError> {
    Ok(HttpRequest::try_from(request.map(|body| body.into()))?)
}

fn whole(response: &HttpResponse) -> Option<(http::response::Parts, Vec<u8>)> {
    Some((recorder::head(response)?, response.body().bytes().unwrap_or_default().to_vec()))
}

/// <https://docs.aws.amazon.com/general/latest/gr/rande.html>
fn own_url(service: &str, region: &str) -> String {
    let end = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://{service}.{region}.{end}")
}
