//! Where the outcomes of asynchronous invocations go: destinations get a record, dead-letter queues the event.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::Caller;
use nightproof_core::document::Members as _;
use nightproof_core::queue_url;
use nightproof_core::service::arn;
use nightproof_core::service::{AwsError, Call, full_body};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::definition::Definition;
use crate::error::invalid;
use crate::event::Event;
use crate::role;

/// Bytes of an error's message that a dead-letter queue gets.
const LONGEST_MESSAGE: usize = 1024;

/// How the last attempt ended.
#[derive(Debug, Clone)]
pub(super) enum Response {
    /// The function ran and returned this.
    Ran {
        /// Its answer, or the description of its error.
        payload: Vec<u8>,
        failed: bool,
        /// The version that ran.
        version: String,
    },
    /// The function was not run.
    Refused(AwsError),
}

/// An event that is done, with success or without.
pub(super) struct Outcome<'a> {
    pub event: &'a Event,
    /// `Success`, `RetriesExhausted`, `EventAgeExceeded` or `ZeroReservedConcurrency`.
    pub condition: &'static str,
    /// How often the function was run.
    pub attempts: u64,
    pub response: Option<&'a Response>,
    pub definition: &'a Definition,
    /// The event invoke config's `DestinationConfig`.
    pub destinations: &'a Value,
}

/// Where records of a mapping's or function's invocations go.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DestinationConfig {
    on_success: Option<Destination>,
    on_failure: Option<Destination>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    destination: Option<String>,
}

impl DestinationConfig {
    /// As answers have it.
    pub(crate) fn describe(&self) -> Value {
        let shown = |one: &Option<Destination>| match one.as_ref().and_then(|one| one.destination.as_deref()) {
            Some(arn) if !arn.is_empty() => json!({ "Destination": arn }),
            _ => json!({}),
        };
        json!({ "OnSuccess": shown(&self.on_success), "OnFailure": shown(&self.on_failure) })
    }

    /// Whether it says something of success.
    pub(crate) fn has_success(&self) -> bool {
        self.on_success.is_some()
    }

    /// Where records of failures go.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.on_failure.as_ref().and_then(|one| one.destination.as_deref()).filter(|arn| !arn.is_empty())
    }

    /// Whether it says where records of failures go.
    pub(crate) fn has_failure(&self) -> bool {
        self.failure().is_some()
    }
}

/// Refuses destinations that records cannot go to. `exists` says whether there is a function with an ARN.
pub(crate) fn check(
    call: &Call,
    function: &str,
    config: &DestinationConfig,
    exists: impl Fn(&str) -> bool,
) -> Result<(), AwsError> {
    let named = |one: &'_ Option<Destination>| one.as_ref().and_then(|one| one.destination.clone()).filter(|arn| !arn.is_empty());
    let (success, failure) = (named(&config.on_success), named(&config.on_failure));
    for (arn, fails) in [(&failure, true), (&success, false)] {
        let Some(arn) = arn else { continue };
        let wrong = || invalid(format!("The destination ARN {arn} is invalid."));
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, _, service, region, _, resource] = parts.as_slice() else { return Err(wrong()) };
        match *service {
            "sqs" | "sns" | "lambda" | "events" if *region != call.region.name() => {
                return Err(AwsError::not_implemented("lambda", "a destination in another region"));
            }
            "sqs" | "sns" if resource.ends_with(".fifo") => return Err(wrong()),
            "lambda" if !exists(arn) => return Err(wrong()),
            "lambda" if arn == function || arn.strip_prefix(function).is_some_and(|rest| rest.starts_with(':')) => {
                return Err(invalid("You can't specify the function as a destination for itself."));
            }
            "sqs" | "sns" | "lambda" => {}
            "events" if resource.starts_with("event-bus/") => {}
            "events" => return Err(wrong()),
            "s3" if fails => {}
            "s3" => return Err(wrong()),
            _ => {
                let shown = |side: &str, arn: &Option<String>| match arn {
                    Some(arn) => format!("{side}(destination={arn})"),
                    None => "null".to_owned(),
                };
                return Err(invalid(format!(
                    "The provided destination config DestinationConfig(onSuccess={}, onFailure={}) is invalid.",
                    shown("OnSuccess", &success),
                    shown("OnFailure", &failure)
                )));
            }
        }
    }
    Ok(())
}

/// Refuses destinations that records of a stream cannot go to: they go to queues, topics and buckets, of failures alone.
/// <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>
pub(crate) fn check_of_stream(call: &Call, config: &DestinationConfig) -> Result<(), AwsError> {
    if config.has_success() {
        return Err(invalid("Unsupported DestinationConfig parameter for given event source mapping type."));
    }
    let Some(arn) = config.failure() else { return Ok(()) };
    match (arn::service_of(arn), arn::region_of(arn)) {
        ("sqs" | "sns", region) if region != call.region.name() => {
            Err(AwsError::not_implemented("lambda", "a destination in another region"))
        }
        ("sqs" | "sns", _) if arn.ends_with(".fifo") => Err(invalid(format!("The destination ARN {arn} is invalid."))),
        ("sqs" | "sns" | "s3", _) => Ok(()),
        ("kafka", _) => Err(AwsError::not_implemented("lambda", &format!("the destination {arn}"))),
        _ => Err(invalid(format!(
            "The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination={arn})) is invalid."
        ))),
    }
}

/// Refuses dead-letter queues and topics that events cannot go to.
pub(crate) fn check_dead_letters(call: &Call, target: Option<&str>) -> Result<(), AwsError> {
    let Some(arn) = target.filter(|arn| !arn.is_empty()) else { return Ok(()) };
    match arn.splitn(6, ':').collect::<Vec<_>>().as_slice() {
        [_, _, "sqs" | "sns", region, _, name] if *region == call.region.name() && !name.ends_with(".fifo") => Ok(()),
        _ => Err(invalid(format!("The provided dead letter config TargetArn {arn} is invalid."))),
    }
}

/// The trace that a message is part of. It leads nowhere, since there is no X-Ray.
fn trace_header(request_id: &str) -> Value {
    let id: String = request_id.chars().filter(char::is_ascii_hexdigit).take(24).collect();
    let now = nightproof_core::Clock::real_now().as_second();
    let header = format!("Root=1-{now:08x}-{id};Parent={};Sampled=0", id.get(..16).unwrap_or_default());
    json!({ "AWSTraceHeader": { "DataType": "String", "StringValue": header } })
}

impl Outcome<'_> {
    /// Sends the record to the destination and, of a failure, the event to the dead-letter queue; with the function's role. What cannot be
    /// sent is lost, as on AWS.
    pub(super) async fn deliver(&self) {
        let succeeded = self.condition == "Success";
        let side = if succeeded { "OnSuccess" } else { "OnFailure" };
        let destination = self.destinations.get(side).and_then(|side| side.text("Destination")).filter(|arn| !arn.is_empty());
        let queue = self.definition.configuration.get("DeadLetterConfig").and_then(|config| config.text("TargetArn"));
        let queue = queue.filter(|arn| !succeeded && !arn.is_empty());
        if destination.is_none() && queue.is_none() {
            if !succeeded {
                tracing::warn!(
                    function = self.definition.text("FunctionName"),
                    self.condition,
                    "an asynchronous event was discarded"
                );
            }
            return;
        }
        let event = self.event;
        let session = match role::assume(&event.region, &event.account, self.definition).await {
            Ok(session) => session,
            Err(error) => {
                tracing::warn!(%error, "the outcome of an asynchronous invocation was lost");
                return;
            }
        };
        let caller = session.credential.caller;
        if let Some(arn) = destination
            && let Err(error) = self.send_record(&caller, arn).await
        {
            tracing::warn!(destination = arn, %error, "a record was lost: its destination did not take it");
        }
        if let Some(arn) = queue
            && let Err(error) = self.send_event(&caller, arn).await
        {
            tracing::warn!(queue = arn, %error, "an event was lost: its dead-letter queue did not take it");
        }
    }

    async fn send_record(&self, caller: &Caller, arn: &str) -> Result<(), AwsError> {
        let region = &self.event.region;
        let record = self.record();
        match arn::service_of(arn) {
            "sqs" => {
                let message = json!({
                    "QueueUrl": queue_url(arn), "MessageBody": record.to_string(), "MessageSystemAttributes": trace_header(&self.event.request.id),
                });
                region.call(caller, "sqs", "SendMessage", message).await.map(drop)
            }
            "sns" => {
                let message = json!({ "TopicArn": arn, "Message": record.to_string() });
                region.call(caller, "sns", "Publish", message).await.map(drop)
            }
            "lambda" => {
                let payload = STANDARD.encode(record.to_string());
                let input = json!({ "FunctionName": arn, "InvocationType": "Event", "Payload": payload });
                region.call(caller, "lambda", "Invoke", input).await.map(drop)
            }
            "events" => {
                let kind = if self.condition == "Success" { "Success" } else { "Failure" };
                let entry = json!({
                    "Source": "lambda", "DetailType": format!("Lambda Function Invocation Result - {kind}"), "Detail": record.to_string(),
                    "Resources": [arn, self.event.function_arn(self.definition)], "EventBusName": arn,
                });
                let answer = region.call(caller, "events", "PutEvents", json!({ "Entries": [entry] })).await?;
                match crate::pointer::pointer(&answer, "/Entries/0/ErrorCode") {
                    code if code.is_empty() => Ok(()),
                    code => Err(AwsError::new(code, 400, crate::pointer::pointer(&answer, "/Entries/0/ErrorMessage"))),
                }
            }
            _ => {
                let now = region.clock().now();
                let key = format!(
                    "aws/lambda/async/{}/{}-{}",
                    self.definition.text("FunctionName"),
                    now.strftime("%Y/%m/%d/%Y-%m-%dT%H.%M.%S"),
                    uuid::Uuid::new_v4()
                );
                let record = record.to_string();
                let bucket = arn.rsplit(':').next().unwrap_or_default();
                let input = json!({ "Bucket": bucket, "Key": key, "ContentLength": record.len() });
                region.call_with_body(caller, "s3", "PutObject", input, full_body(record)).await.map(drop)
            }
        }
    }

    async fn send_event(&self, caller: &Caller, arn: &str) -> Result<(), AwsError> {
        let text = |value: &str| json!({ "DataType": "String", "StringValue": value });
        let (code, message) = match self.response {
            _ if self.condition == "ZeroReservedConcurrency" => {
                (None, "Function not invoked. Function is configured with zero reserved concurrent executions".to_owned())
            }
            Some(Response::Ran { payload, .. }) => {
                let described: Value = serde_json::from_slice(payload).unwrap_or_default();
                (Some(200), described.required("errorMessage").to_owned())
            }
            Some(Response::Refused(error)) => (Some(error.status), error.message.clone()),
            None => (None, self.condition.to_owned()),
        };
        let mut attributes = json!({ "RequestID": text(&self.event.request.id) });
        if let Some(code) = code {
            attributes["ErrorCode"] = json!({ "DataType": "Number", "StringValue": code.to_string() });
        }
        let cut = message.floor_char_boundary(LONGEST_MESSAGE);
        // Queues take no empty attributes.
        if let Some(message) = message.get(..cut).filter(|message| !message.is_empty()) {
            attributes["ErrorMessage"] = text(message);
        }
        let body = String::from_utf8_lossy(&self.event.request.payload);
        if arn::service_of(arn) == "sns" {
            let message = json!({ "TopicArn": arn, "Message": body, "MessageAttributes": attributes });
            return self.event.region.call(caller, "sns", "Publish", message).await.map(drop);
        }
        let message = json!({ "QueueUrl": queue_url(arn), "MessageBody": body, "MessageAttributes": attributes });
        self.event.region.call(caller, "sqs", "SendMessage", message).await.map(drop)
    }

    fn record(&self) -> Value {
        let event = self.event;
        let parsed = |bytes: &[u8]| -> Value {
            serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned().into())
        };
        let now = event.region.clock().now();
        let mut record = json!({
            "version": "1.0",
            "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            "requestContext": {
                "requestId": event.request.id, "functionArn": event.function_arn(self.definition), "condition": self.condition,
                "approximateInvokeCount": self.attempts,
            },
            "requestPayload": parsed(&event.request.payload),
        });
        match self.response {
            Some(Response::Ran { payload, failed, version }) => {
                record["responseContext"] = json!({ "statusCode": 200, "executedVersion": version });
                if *failed {
                    record["responseContext"]["functionError"] = "Unhandled".into();
                }
                record["responsePayload"] = parsed(payload);
            }
            Some(Response::Refused(error)) => record["responseContext"] = json!({ "statusCode": error.status }),
            None => {}
        }
        record
    }
}
