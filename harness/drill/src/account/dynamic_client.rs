//! Calls of services by AWS's service models, the ones that a local region reads calls by: their SDK crates would be large for the few
//! operations that are needed of each. Signing, identities, retries and time-outs are the SDK's own runtime, as they are of its clients.

use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{FrozenLayer, Layer};
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_smithy_types::retry::RetryConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use nightproof_wire::{AwsError, ServiceModel};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Endpoint;
use crate::account::http::{self as connection, NO_ANSWER};
use crate::account::recorder::Recorder;

/// The service whose requests are signed as they are sent, and whose bodies may be larger than memory.
pub(super) const S3: &str = "s3";

/// Attempts of a call that is throttled, or that AWS fails to answer.
const ATTEMPTS: u32 = 8;
/// The longest pause before the next attempt: the SDK's own.
const PAUSE: Duration = Duration::from_secs(20);
/// The same on a region of this machine, which has its callers to itself.
const LOCAL_PAUSE: Duration = Duration::from_secs(1);

fn retries(endpoint: &Endpoint) -> RetryConfig {
    let pause = if endpoint.url.is_some() { LOCAL_PAUSE } else { PAUSE };
    RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(pause)
}

/// What signs requests with these credentials.
fn signing(credentials: &SharedCredentialsProvider) -> RuntimeComponentsBuilder {
    let mut signing = RuntimeComponentsBuilder::new("signing");
    let scheme = StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]);
    signing.set_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(scheme)));
    signing.push_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()));
    signing.set_identity_cache(Some(IdentityCache::lazy().build()));
    signing.set_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials.clone()));
    signing
}

/// A client of every service that has a model.
#[derive(Debug, Clone)]
pub(crate) struct DynamicClient {
    url: Option<String>,
    pub(super) region: String,
    pub(super) credentials: SharedCredentialsProvider,
    http: SharedHttpClient,
    retries: RetryConfig,
    /// What signs requests, with the credentials in use.
    signing: RuntimeComponentsBuilder,
    recorder: Option<Recorder>,
}

impl DynamicClient {
    /// A client of `endpoint`.
    pub(crate) fn new(endpoint: &Endpoint) -> Self {
        Self::with(endpoint, retries(endpoint), None)
    }

    /// A client of `endpoint`, whose calls go to `recorder` too.
    pub(crate) fn recorded(endpoint: &Endpoint, recorder: Recorder) -> Self {
        Self::with(endpoint, retries(endpoint), Some(recorder))
    }

    /// A client of `endpoint` that asks again as `retries` says.
    pub(super) fn with(endpoint: &Endpoint, retries: RetryConfig, recorder: Option<Recorder>) -> Self {
        let http = connection::client(endpoint.ca_pem.as_deref());
        let signing = signing(&endpoint.credentials);
        let (url, region, credentials) = (endpoint.url.clone(), endpoint.region.clone(), endpoint.credentials.clone());
        Self { url, region, credentials, http, retries, signing, recorder }
    }

    /// The same client with the credentials of another endpoint, on the same connections.
    pub(crate) fn acting_as(&self, endpoint: &Endpoint) -> Self {
        let credentials = endpoint.credentials.clone();
        Self { signing: signing(&credentials), credentials, url: endpoint.url.clone(), recorder: None, ..self.clone() }
    }

    /// Asks `service`, a signing name, and asks again while it throttles or fails.
    ///
    /// # Errors
    /// The service's own; [`NO_ANSWER`] if there was none.
    pub(crate) async fn ask(&self, service: &str, operation: &str, input: &Value) -> Result<Value, AwsError> {
        let unknown = || AwsError::new("InvalidAction", 400, format!("there is no model of {service}:{operation}"));
        let model = nightproof_wire::service(service).ok_or_else(unknown)?;
        let known = model.operation(operation).ok_or_else(unknown)?;
        let request = self.request(model, known, input)?;
        let prepared = self.prepared(model, known, input).serializer(|request: http::Request<Vec<u8>>| sendable(request));
        let asked = prepared.deserializer(move |response| read(model, known, response)).build();
        asked.invoke(request).await.map_err(refused)
    }

    /// The request of an operation, as it is sent to the address of [`Self::prepared`].
    ///
    /// # Errors
    /// The input makes no request.
    pub(super) fn request(
        &self,
        model: &ServiceModel,
        operation: &nightproof_wire::Operation,
        input: &Value,
    ) -> Result<http::Request<Vec<u8>>, AwsError> {
        let mut request = model.codec().encode_request(operation, input)?;
        if model.signing_name() == S3 {
            if let Some(bucket) = self.virtual_host(input) {
                let path = request.uri().to_string();
                let path = path.strip_prefix('/').and_then(|path| path.strip_prefix(bucket)).unwrap_or_default();
                let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
                *request.uri_mut() = path.parse().map_err(|_| AwsError::validation(format!("{path} is no path")))?;
            }
            // What changes many things or settings is refused without.
            // https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
            if !request.body().is_empty()
                && let Ok(digest) = STANDARD.encode(Md5::digest(request.body())).parse()
            {
                request.headers_mut().insert("content-md5", digest);
            }
        }
        Ok(request)
    }

    /// The bucket that stands in the name of the host, as AWS wants it; names with dots have no certificate.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>
    fn virtual_host<'a>(&self, input: &'a Value) -> Option<&'a str> {
        let bucket = input.get("Bucket").and_then(Value::as_str)?;
        (self.url.is_none() && !bucket.contains('.')).then_some(bucket)
    }

    /// Where a call with this input goes, without a slash at the end.
    pub(super) fn address(&self, model: &ServiceModel, input: &Value) -> String {
        let service = model.signing_name();
        let host = self.virtual_host(input).filter(|_| service == S3);
        match (&self.url, host) {
            (Some(url), _) => url.trim_end_matches('/').to_owned(),
            (None, Some(bucket)) => own_url(&format!("{bucket}.{service}"), &self.region),
            (None, None) => own_url(service, &self.region),
        }
    }

    /// The same client of AWS's own names.
    pub(super) fn at_aws(&self) -> Self {
        Self { url: None, ..self.clone() }
    }

    /// A call of `operation` without what writes its request and what reads its answer.
    pub(super) fn prepared(
        &self,
        model: &'static ServiceModel,
        operation: &nightproof_wire::Operation,
        input: &Value,
    ) -> OperationBuilder<(), (), ()> {
        let service = model.signing_name();
        let mut asked = Operation::builder()
            .service_name(service)
            .operation_name(operation.name().to_owned())
            .http_client(self.http.clone())
            .endpoint_url(&self.address(model, input))
            .standard_retry(&self.retries)
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<Refusal>::new())
            .retry_classifier(AwsErrorCodeClassifier::<Refusal>::new())
            .retry_classifier(ServiceClockSkewClassifier::<Refusal>::new())
            .timeout_config(connection::timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .interceptor(ServiceClockSkewInterceptor::new())
            .interceptor(UserAgentInterceptor::new())
            .with_connection_poisoning()
            .runtime_plugin(
                StaticRuntimePlugin::new().with_config(self.settings(service)).with_runtime_components(self.signing.clone()),
            );
        if let Some(recorder) = &self.recorder {
            asked = asked.interceptor(recorder.clone());
        }
        asked
    }

    /// As [`Self::ask`], with the answer as a `T`; members that `T` has no place for are left out.
    ///
    /// # Errors
    /// As [`Self::ask`]; [`GARBLED`] if the answer is no `T`.
    pub(crate) async fn read<T: DeserializeOwned>(&self, service: &str, operation: &str, input: &Value) -> Result<T, AwsError> {
        parsed(operation, self.ask(service, operation, input).await?)
    }

    /// Adds the items of `list` to `found`, page after page, each asked for by the `NextToken` of the one before.
    ///
    /// # Errors
    /// As [`Self::read`]; `found` has the pages that came before.
    pub(crate) async fn pages<T: DeserializeOwned>(
        &self,
        service: &str,
        operation: &str,
        mut input: Value,
        list: &str,
        found: &mut Vec<T>,
    ) -> Result<(), AwsError> {
        loop {
            let mut answer = self.ask(service, operation, &input).await?;
            let items = answer.get_mut(list).map_or_else(|| json!([]), Value::take);
            found.extend(parsed::<Vec<T>>(operation, items)?);
            match answer.get("NextToken").and_then(Value::as_str) {
                None | Some("") => return Ok(()),
                Some(token) => input.as_object_mut().map(|members| members.insert("NextToken".to_owned(), token.into())),
            };
        }
    }

    /// What the layers of a call read: how its request is signed, and what it is called in the user agent.
    fn settings(&self, service: &'static str) -> FrozenLayer {
        let mut options = SigningOptions::default();
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html: S3 is signed as it is sent.
        options.double_uri_encode = service != S3;
        options.normalize_uri_path = service != S3;
        options.content_sha256_header = service == S3;
        let mut layer = Layer::new("call");
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(SigV4OperationSigningConfig {
            region: Some(SigningRegion::from(Region::new(self.region.clone()))),
            region_set: None,
            name: Some(SigningName::from(service)),
            signing_options: options,
        });
        layer.store_put(ApiMetadata::new(service, env!("CARGO_PKG_VERSION")));
        layer.freeze()
    }
}

/// The code of an answer that has not the members which AWS documents.
const GARBLED: &str = "InvalidResponse";

fn parsed<T: DeserializeOwned>(operation: &str, answer: Value) -> Result<T, AwsError> {
    serde_json::from_value(answer).map_err(|error| AwsError::new(GARBLED, 502, format!("{operation} was answered with: {error}")))
}

/// The error of a call that came to none of its answers.
pub(super) fn refused(error: SdkError<Refusal, HttpResponse>) -> AwsError {
    match error {
        SdkError::ServiceError(refused) => *refused.into_err().error,
        silent => AwsError::new(NO_ANSWER, 503, DisplayErrorContext(silent).to_string()),
    }
}

/// An error that a service answered, as the SDK's runtime reads errors.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(super) struct Refusal {
    error: Box<AwsError>,
    metadata: ErrorMetadata,
}

impl From<AwsError> for Refusal {
    fn from(error: AwsError) -> Self {
        let metadata = ErrorMetadata::builder().code(&error.code).message(&error.message).build();
        Self { error: Box::new(error), metadata }
    }
}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.metadata
    }
}

/// A request as the runtime sends it.
pub(super) fn sendable(request: http::Request<impl Into<SdkBody>>) -> Result<HttpRequest, BoxError> {
    Ok(HttpRequest::try_from(request.map(Into::into))?)
}

/// Reads an answer whose body is there.
pub(super) fn read(
    model: &ServiceModel,
    operation: &nightproof_wire::Operation,
    response: &HttpResponse,
) -> Result<Value, OrchestratorError<Refusal>> {
    let head = connection::head(response).ok_or_else(|| OrchestratorError::other("the answer is no HTTP"))?;
    let body = response.body().bytes().unwrap_or_default();
    model.codec().decode_answer(operation, &head, body).map_err(|error| OrchestratorError::operation(error.into()))
}

/// DNS suffixes of AWS's partitions, by what the names of their regions begin with. All other regions are under `amazonaws.com`.
/// <https://docs.aws.amazon.com/general/latest/gr/rande.html>
const SUFFIXES: [(&str, &str); 6] = [
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
];

/// The address of a service in a region of AWS's own.
fn own_url(service: &str, region: &str) -> String {
    let suffix = SUFFIXES.iter().find(|(begin, _)| region.starts_with(begin)).map_or("amazonaws.com", |(_, suffix)| suffix);
    format!("https://{service}.{region}.{suffix}")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use serde_json::json;

    use super::*;
    use crate::account::served::{client, endpoint};

    const GROUPS: &str = r#"{"logGroups":[{"logGroupName":"/a"}]}"#;

    async fn groups(url: String) -> Result<Value, AwsError> {
        client(Some(url)).ask("logs", "DescribeLogGroups", &json!({ "logGroupNamePrefix": "/a", "nextToken": null })).await
    }

    #[tokio::test]
    async fn a_call_that_is_throttled_or_fails_is_signed_and_sent_again() {
        let (url, served) =
            endpoint(&[(400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#), (503, ""), (200, GROUPS)]);
        assert_eq!(groups(url).await.unwrap(), json!({ "logGroups": [{ "logGroupName": "/a" }] }));
        for head in served.join().unwrap() {
            let head = head.to_lowercase();
            assert!(head.contains("x-amz-target: logs_20140328.describeloggroups"), "{head}");
            assert!(head.contains("credential=key/") && head.contains("/eu-west-1/logs/aws4_request"), "{head}");
            assert!(head.contains("user-agent: aws-sdk-rust/"), "{head}");
        }
    }

    #[tokio::test]
    async fn pages_are_asked_for_until_one_has_no_token() {
        #[derive(Debug, serde::Deserialize)]
        struct Named {
            #[serde(rename = "Name")]
            name: String,
        }
        let (url, served) = endpoint(&[
            (200, r#"{"Parameters":[{"Name":"a","Version":1}],"NextToken":"more"}"#),
            (200, r#"{"NextToken":"still"}"#),
            (200, r#"{"Parameters":[{"Name":"b"}],"NextToken":""}"#),
        ]);
        let mut found = Vec::<Named>::new();
        client(Some(url)).pages("ssm", "DescribeParameters", json!({ "MaxResults": 1 }), "Parameters", &mut found).await.unwrap();
        assert_eq!(found.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(served.join().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn an_answer_without_a_member_that_is_due_is_an_error() {
        #[derive(Debug, serde::Deserialize)]
        struct Due {
            #[serde(rename = "due")]
            _due: String,
        }
        let (url, _served) = endpoint(&[(200, GROUPS)]);
        let error = client(Some(url)).read::<Due>("logs", "DescribeLogGroups", &json!({})).await.unwrap_err();
        assert_eq!(error.to_string(), "InvalidResponse: DescribeLogGroups was answered with: missing field `due`");
    }

    #[tokio::test]
    async fn a_call_that_is_throttled_each_time_ends_with_the_services_own_error() {
        const THROTTLED: (u16, &str) = (400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#);
        let (url, served) = endpoint(&[THROTTLED, THROTTLED, THROTTLED]);
        let error = groups(url).await.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.status), ("ThrottlingException: Rate exceeded", 400));
        assert_eq!(served.join().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn a_refusal_is_not_asked_again() {
        const REFUSALS: [&[(u16, &str)]; 2] = [
            &[(400, r#"{"__type":"ResourceNotFoundException","message":"The specified log group does not exist."}"#)],
            // What a local region lacks, it lacks the next time too.
            &[(501, r#"{"__type":"NotImplemented","message":"logs: X is not implemented by this local region"}"#)],
        ];
        for refusal in REFUSALS {
            let (url, served) = endpoint(refusal);
            let error = groups(url).await.unwrap_err();
            let answer = json!({ "__type": error.code, "message": error.message }).to_string();
            assert_eq!((error.status, answer.as_str()), refusal[0]);
            assert_eq!(served.join().unwrap().len(), 1);
        }
    }

    #[tokio::test]
    async fn an_endpoint_that_nobody_serves_is_no_answer() {
        // Closed at once, and nobody else gets the port so soon.
        let url = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
        let error = groups(url).await.unwrap_err();
        assert_eq!(error.code, NO_ANSWER);
        assert!(error.message.contains("refused"), "{}", error.message);
    }

    #[test]
    fn each_partition_has_names_of_its_own() {
        assert_eq!(own_url("logs", "eu-west-1"), "https://logs.eu-west-1.amazonaws.com");
        assert_eq!(own_url("sts", "us-gov-west-1"), "https://sts.us-gov-west-1.amazonaws.com");
        assert_eq!(own_url("sts", "cn-north-1"), "https://sts.cn-north-1.amazonaws.com.cn");
        assert_eq!(own_url("events", "us-isob-east-1"), "https://events.us-isob-east-1.sc2s.sgov.gov");
        assert_eq!(own_url("events", "eusc-de-east-1"), "https://events.eusc-de-east-1.amazonaws.eu");
    }
}
