//! The event history: who changed what in the window. Reading events are left out: they are many, and change nothing.
//!
//! The one operation is asked for without the service's SDK crate, which is large.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, OrchestratorError};
use serde_json::{Value, json};

use super::evidence::{Evidence, Window};
use crate::{Endpoint, clients};

/// Events that are read at most; the latest ones are read first.
const MOST: usize = 2000;
/// AWS answers two requests a second.
const PAUSE: Duration = Duration::from_secs(1);
/// Attempts of a request that is throttled.
const ATTEMPTS: usize = 8;
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/CommonErrors.html>
const THROTTLED: &[&str] = &["ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"];

/// A header of a request.
type Header = (&'static str, String);

/// Reads the events of `window` that changed something.
pub(super) async fn read(endpoint: &Endpoint, window: Window, evidence: &mut Evidence) {
    let seconds = |milliseconds: i64| milliseconds.div_euclid(1000);
    let mut input = json!({
        "StartTime": seconds(window.from),
        "EndTime": seconds(window.to.saturating_add(999)),
        "LookupAttributes": [{ "AttributeKey": "ReadOnly", "AttributeValue": "false" }],
        "MaxResults": 50,
    });
    let mut found = Vec::new();
    loop {
        let answer = match page(endpoint, &input).await {
            Ok(answer) => answer,
            Err(reason) => {
                evidence.refused.push(format!("LookupEvents: {reason}"));
                break;
            }
        };
        let events = answer.get("Events").and_then(Value::as_array).into_iter().flatten();
        let records = events.filter_map(|event| serde_json::from_str(event.get("CloudTrailEvent")?.as_str()?).ok());
        found.extend(records.collect::<Vec<Value>>());
        match answer.get("NextToken").cloned() {
            None | Some(Value::Null) => break,
            Some(_) if found.len() >= MOST => {
                evidence.refused.push(format!("LookupEvents: there are more than {MOST} events; the earliest are left out"));
                break;
            }
            Some(token) => {
                if let Some(members) = input.as_object_mut() {
                    members.insert("NextToken".to_owned(), token);
                }
            }
        }
    }
    found.reverse();
    evidence.history = found;
}

/// One page, asked for again while AWS throttles.
async fn page(endpoint: &Endpoint, input: &Value) -> Result<Value, String> {
    let mut attempt = 1;
    loop {
        let (status, answer) = call(endpoint, input.to_string()).await?;
        if status < 300 {
            return Ok(answer);
        }
        // `com.amazonaws.cloudtrail#InvalidTimeRangeException`, or without the namespace.
        let text = |names: [&str; 2]| names.iter().find_map(|name| answer.get(*name)?.as_str()).unwrap_or_default().to_owned();
        let (code, message) = (text(["__type", "code"]), text(["message", "Message"]));
        let code = code.rsplit('#').next().unwrap_or_default();
        if attempt >= ATTEMPTS || !(THROTTLED.contains(&code) || status >= 500) {
            return Err(format!("{code}: {message}"));
        }
        attempt += 1;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Status and document of an answer.
async fn call(endpoint: &Endpoint, body: String) -> Result<(u16, Value), String> {
    let url = endpoint.url.clone().unwrap_or_else(|| own_url(&endpoint.region));
    let url = format!("{}/", url.trim_end_matches('/'));
    let headers = signed(endpoint, &url, &body).await?;
    let operation = Operation::builder()
        .service_name("CloudTrail")
        .operation_name("LookupEvents")
        .http_client(clients::http(endpoint.ca_pem.as_deref()))
        .endpoint_url(&url)
        .no_auth()
        .no_retry()
        .timeout_config(clients::timeouts())
        .serializer(move |(): ()| request(&headers, &body))
        .deserializer::<_, std::convert::Infallible>(|response| {
            let document = response.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok());
            Ok::<_, OrchestratorError<_>>((response.status().as_u16(), document.unwrap_or_default()))
        })
        .build();
    operation.invoke(()).await.map_err(|error| aws_sdk_s3::error::DisplayErrorContext(error).to_string())
}

fn request(headers: &[Header], body: &str) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(body.into());
    request.set_method("POST")?;
    request.set_uri("/")?;
    for (name, value) in headers {
        request.headers_mut().try_insert(*name, value.clone())?;
    }
    Ok(request)
}

/// <https://docs.aws.amazon.com/general/latest/gr/ct.html>
fn own_url(region: &str) -> String {
    let end = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://cloudtrail.{region}.{end}")
}

/// The headers of a request of AWS's JSON protocol, with its signature.
/// <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>
#[expect(clippy::disallowed_methods, reason = "signatures are of real time")]
async fn signed(endpoint: &Endpoint, url: &str, body: &str) -> Result<Vec<Header>, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let credentials = endpoint.credentials.provide_credentials().await.map_err(|error| text(&error))?;
    let identity = credentials.into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&endpoint.region)
        .name("cloudtrail")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| text(&error))?
        .into();
    let mut headers: Vec<Header> = vec![
        ("content-type", "application/x-amz-json-1.1".to_owned()),
        ("x-amz-target", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents".to_owned()),
    ];
    let plain = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let signable =
        SignableRequest::new("POST", url, plain, SignableBody::Bytes(body.as_bytes())).map_err(|error| text(&error))?;
    let (instructions, _) = aws_sigv4::http_request::sign(signable, &params).map_err(|error| text(&error))?.into_parts();
    let (added, _) = instructions.into_parts();
    headers.extend(added.iter().map(|header| (header.name(), header.value().to_owned())));
    Ok(headers)
}
