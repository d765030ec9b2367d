//! Bringing an event to a target: attempts, retries on region time, and the dead-letter queue.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html>

use async_trait::async_trait;
use base64::Engine as _;
use jiff::Timestamp;
use nightproof_core::delivery::{self, Attempt, GivenUp, RetryLimits, error_code};
use nightproof_core::in_flight::InFlight;
use nightproof_core::queue_url;
use nightproof_core::service::AwsError;
use nightproof_core::service::arn;
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use super::rule::Counted;
use super::target::Target;
use super::{input, kinesis_target, log_target};

/// The delivery of one event to one target.
pub(super) struct Delivery {
    pub account: String,
    pub rule: String,
    pub rule_arn: String,
    pub target: Target,
    pub event: Value,
    pub taken: Timestamp,
}

impl Delivery {
    /// Delivers, or gives up as the target's retry policy says; counts both.
    pub(super) async fn run(self, region: Region, mut in_flight: InFlight) {
        let Err(given_up) = self.attempts(&region, &mut in_flight).await else { return };
        Counted::Failed.put(&region, &self.account, &self.rule);
        let (code, message) = (error_code(&given_up.error), given_up.error.message.clone());
        tracing::warn!(rule = self.rule, code, message, "an event was not delivered to its target");
        let Some(queue) = self.target.dead_letter_queue() else { return };
        match self.send_to_dead_letters(&region, queue, &given_up).await {
            Ok(()) => Counted::DeadLetter.put(&region, &self.account, &self.rule),
            Err(error) => {
                Counted::Lost.put(&region, &self.account, &self.rule);
                tracing::warn!(rule = self.rule, queue, %error, "an event was lost: its dead-letter queue did not take it")
            }
        }
    }

    async fn attempts(&self, region: &Region, in_flight: &mut InFlight) -> Result<(), GivenUp> {
        let policy = self.target.retry_policy.as_ref();
        let limits = RetryLimits::new(
            policy.and_then(|policy| policy.maximum_retry_attempts),
            policy.and_then(|policy| policy.maximum_event_age_in_seconds),
        );
        delivery::attempts(region, in_flight, self.taken, limits, self).await
    }

    /// The command that has the target's document run: what the target receives are the document's parameters.
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/running-commands-eventbridge.html>
    fn command(&self, payload: &str) -> Result<Value, AwsError> {
        let parameters = parameters(payload)?;
        let resource = arn::resource_of(&self.target.arn);
        // AWS's own documents go by name, those of an account by ARN too.
        let document = resource.strip_prefix("document/").unwrap_or(resource);
        let targets = self.target.run_command_parameters.as_ref().map(|parameters| &parameters.run_command_targets);
        Ok(json!({ "DocumentName": document, "Targets": targets, "Parameters": parameters }))
    }

    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>
    async fn send_to_dead_letters(&self, region: &Region, queue: &str, given_up: &GivenUp) -> Result<(), AwsError> {
        let caller = self.service();
        let text = |value: &str| json!({ "DataType": "String", "StringValue": value });
        let mut attributes = json!({
            "RULE_ARN": text(&self.rule_arn),
            "TARGET_ARN": text(&self.target.arn),
            "ERROR_CODE": text(error_code(&given_up.error)),
            // Attributes of messages are not empty.
            "ERROR_MESSAGE": text(if given_up.error.message.is_empty() { &given_up.error.code } else { &given_up.error.message }),
            "RETRY_ATTEMPTS": text(&given_up.retries.to_string()),
        });
        if let (Some(condition), Some(members)) = (given_up.exhausted, attributes.as_object_mut()) {
            members.insert("EXHAUSTED_RETRY_CONDITION".into(), text(condition));
        }
        let message = json!({
            "QueueUrl": queue_url(queue),
            "MessageBody": self.payload().unwrap_or_else(|| self.event.to_string()),
            "MessageAttributes": attributes,
        });
        region.call(&caller, "sqs", "SendMessage", message).await.map(drop)
    }

    fn payload(&self) -> Option<String> {
        input::payload(&self.target, &self.event, &self.rule_arn, &self.taken.to_string())
    }

    /// Who invokes the target: EventBridge itself, which the target's policy lets in, or the target's role.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html>
    async fn caller(&self, region: &Region) -> Result<Caller, AwsError> {
        let Some(role) = &self.target.role_arn else { return Ok(self.service()) };
        Ok(delivery::assume(region, &self.service(), role).await?.acting_for(&self.rule_arn))
    }

    fn service(&self) -> Caller {
        Caller::service(&self.account, "events.amazonaws.com").acting_for(&self.rule_arn)
    }
}

#[async_trait]
impl Attempt for Delivery {
    async fn attempt(&self, region: &Region, _number: u64) -> Result<(), AwsError> {
        Counted::Invocation.put(region, &self.account, &self.rule);
        let payload = self
            .payload()
            .ok_or_else(|| AwsError::new("InvalidRequestContentException", 400, "The transformed event is not valid JSON."))?;
        let arn = self.target.arn.as_str();
        let caller = self.caller(region).await?;
        if arn::service_of(arn) == "events" {
            let entries = json!({ "Entries": [entry(arn, &self.event)] });
            return region.call_at(arn, &caller, "events", "PutEvents", entries).await.map(drop);
        }
        if arn::service_of(arn) == "lambda" {
            let payload = base64::engine::general_purpose::STANDARD.encode(payload);
            let input = json!({ "FunctionName": arn, "InvocationType": "Event", "Payload": payload });
            return region.call(&caller, "lambda", "Invoke", input).await.map(drop);
        }
        if arn::service_of(arn) == "sns" {
            let input = json!({ "TopicArn": arn, "Message": payload });
            return region.call(&caller, "sns", "Publish", input).await.map(drop);
        }
        if let Some(group) = log_target::group(arn) {
            return log_target::write(region, &caller, group, &self.target, (&payload, self.taken)).await;
        }
        if arn::service_of(arn) == "kinesis" {
            return kinesis_target::put(region, &caller, &self.target, &self.event, &payload).await;
        }
        if arn::service_of(arn) == "states" {
            let input = json!({ "stateMachineArn": arn, "input": payload });
            return region.call(&caller, "states", "StartExecution", input).await.map(drop);
        }
        if arn::service_of(arn) == "ssm"
            && let Some(definition) = arn::resource_of(arn).strip_prefix("automation-definition/")
        {
            let input = automation(definition, &payload)?;
            return region.call(&caller, "ssm", "StartAutomationExecution", input).await.map(drop);
        }
        if arn::service_of(arn) == "ssm" {
            return region.call(&caller, "ssm", "SendCommand", self.command(&payload)?).await.map(drop);
        }
        let mut message = json!({ "QueueUrl": queue_url(arn), "MessageBody": payload });
        let group = self.target.sqs_parameters.as_ref().and_then(|parameters| parameters.message_group_id.as_deref());
        if let (Some(group), Some(members)) = (group, message.as_object_mut()) {
            members.insert("MessageGroupId".into(), group.into());
        }
        region.call(&caller, "sqs", "SendMessage", message).await.map(drop)
    }
}

/// The start of a runbook, whose parameters are what the target receives; the ARN has its name and its version.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/running-automations-event-bridge.html>
fn automation(definition: &str, payload: &str) -> Result<Value, AwsError> {
    let (name, version) = definition.split_once(':').unwrap_or((definition, "$DEFAULT"));
    Ok(json!({ "DocumentName": name, "DocumentVersion": version, "Parameters": parameters(payload)? }))
}

fn parameters(payload: &str) -> Result<Value, AwsError> {
    let invalid = || AwsError::new("InvalidParameters", 400, "The parameters of the document are not an object of JSON.");
    serde_json::from_str(payload).ok().filter(Value::is_object).ok_or_else(invalid)
}

/// An event as an entry for another bus.
fn entry(bus: &str, event: &Value) -> Value {
    let detail = event.get("detail").map(Value::to_string);
    json!({
        "EventBusName": bus,
        "Time": event.get("time"),
        "Source": event.get("source"),
        "DetailType": event.get("detail-type"),
        "Resources": event.get("resources"),
        "Detail": detail,
    })
}
