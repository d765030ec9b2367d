//! Bringing an invocation to its target as the target's role: attempts, and the dead-letter queue.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::delivery::{Attempt, GivenUp, RetryLimits, assume, attempts, error_code};
use nightproof_core::in_flight::InFlight;
use nightproof_core::metrics::Metric;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region, queue_url};
use serde_json::{Value, json};

use crate::payload::Invocation;
use crate::target::{Kind, Target};

/// The delivery of one invocation.
pub(crate) struct Delivery {
    pub(crate) account: String,
    /// The group of its schedule, and its ARN: whom it acts for.
    pub(crate) group: String,
    pub(crate) group_arn: String,
    pub(crate) target: Target,
    pub(crate) invocation: Invocation,
}

impl Delivery {
    /// Delivers, or gives up as the target's retry policy says; counts both.
    pub(crate) async fn run(self, region: Region, mut in_flight: InFlight) {
        let policy = &self.target.retry_policy;
        let limits = RetryLimits { attempts: policy.maximum_retry_attempts, age: policy.maximum_event_age_in_seconds };
        let taken = region.clock().now();
        let Err(given_up) = attempts(&region, &mut in_flight, taken, limits, &self).await else { return };
        self.count(&region, "InvocationDroppedCount");
        let (schedule, code) = (&self.invocation.schedule_arn, error_code(&given_up.error));
        tracing::warn!(schedule, code, error = %given_up.error, "a target was not invoked");
        let Some(queue) = self.target.dead_letter_queue() else { return };
        match self.send_to_dead_letters(&region, queue, &given_up).await {
            Ok(()) => self.count(&region, "InvocationsSentToDeadLetterCount"),
            Err(error) => {
                self.count(&region, "InvocationsFailedToBeSentToDeadLetterCount");
                tracing::warn!(schedule, queue, %error, "an invocation was lost: its dead-letter queue did not take it");
            }
        }
    }

    /// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html>
    fn count(&self, region: &Region, metric: &'static str) {
        let metric = Metric::by(&self.account, "AWS/Scheduler", metric, "ScheduleGroup", &self.group);
        region.metrics().put(metric, region.clock().now(), 1.0, "Count");
    }

    async fn invoke(&self, region: &Region, number: u64) -> Result<(), AwsError> {
        let (arn, payload) = (self.target.arn.as_str(), self.invocation.payload(&self.target, number));
        let (service, operation, input) = match self.target.kind()? {
            Kind::Function => {
                let input = json!({ "FunctionName": arn, "InvocationType": "Event", "Payload": STANDARD.encode(payload) });
                ("lambda", "Invoke".to_owned(), input)
            }
            Kind::Queue => {
                let group = self.target.sqs_parameters.as_ref().and_then(|parameters| parameters.message_group_id.as_deref());
                let message = json!({ "QueueUrl": queue_url(arn), "MessageBody": payload, "MessageGroupId": group });
                ("sqs", "SendMessage".to_owned(), message)
            }
            Kind::Topic => ("sns", "Publish".to_owned(), json!({ "TopicArn": arn, "Message": payload })),
            Kind::Bus => {
                let parameters = self.target.event_bridge_parameters.as_ref();
                let entry = json!({
                    "EventBusName": arn,
                    "DetailType": parameters.map(|parameters| &parameters.detail_type),
                    "Source": parameters.map(|parameters| &parameters.source),
                    "Detail": payload,
                });
                ("events", "PutEvents".to_owned(), json!({ "Entries": [entry] }))
            }
            Kind::StateMachine => ("states", "StartExecution".to_owned(), json!({ "stateMachineArn": arn, "input": payload })),
            Kind::Operation { service, operation } => (service, operation.clone(), request(service, &operation, &payload)?),
        };
        let caller = self.role(region).await?;
        region.call(&caller, service, &operation, input).await.map(drop)
    }

    /// A session of the target's role.
    async fn role(&self, region: &Region) -> Result<Caller, AwsError> {
        session(region, &self.account, &self.group_arn, &self.target.role_arn).await
    }

    /// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html>
    async fn send_to_dead_letters(&self, region: &Region, queue: &str, given_up: &GivenUp) -> Result<(), AwsError> {
        let text = |value: &str| json!({ "DataType": "String", "StringValue": value });
        let message = if given_up.error.message.is_empty() { &given_up.error.code } else { &given_up.error.message };
        let mut attributes = json!({
            "ERROR_CODE": text(&given_up.error.code),
            "ERROR_MESSAGE": text(message),
            "EXECUTION_ID": text(&self.invocation.execution),
            "IS_PAYLOAD_TRUNCATED": text("false"),
            "RETRY_ATTEMPTS": text(&given_up.retries.to_string()),
            "SCHEDULED_TIME": text(&nightproof_core::document::whole_seconds(self.invocation.due).to_string()),
            "SCHEDULE_ARN": text(&self.invocation.schedule_arn),
            "TARGET_ARN": text(&self.target.arn),
        });
        if let (Some(condition), Some(members)) = (given_up.exhausted, attributes.as_object_mut()) {
            members.insert("EXHAUSTED_RETRY_CONDITION".to_owned(), text(condition));
        }
        let message = json!({
            "QueueUrl": queue_url(queue),
            "MessageBody": self.invocation.payload(&self.target, given_up.retries + 1),
            "MessageAttributes": attributes,
        });
        let caller = self.role(region).await?;
        region.call(&caller, "sqs", "SendMessage", message).await.map(drop)
    }
}

#[async_trait]
impl Attempt for Delivery {
    async fn attempt(&self, region: &Region, number: u64) -> Result<(), AwsError> {
        self.count(region, "InvocationAttemptCount");
        let made = self.invoke(region, number).await;
        if made.is_err() {
            self.count(region, "TargetErrorCount");
        }
        made
    }
}

/// A session of `role`, which Scheduler acts by for the schedules of a group.
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html>
pub(crate) async fn session(region: &Region, account: &str, group_arn: &str, role: &str) -> Result<Caller, AwsError> {
    let service = Caller::service(account, "scheduler.amazonaws.com").acting_for(group_arn);
    assume(region, &service, role).await
}

/// The request of a universal target, whose members have capital first letters whatever the model calls them. The payload of a function is text there; in a
/// document it is base64, as all bytes are.
fn request(service: &str, operation: &str, payload: &str) -> Result<Value, AwsError> {
    let invalid = || AwsError::validation("The input of the target is not a JSON object.");
    let mut input: Value = serde_json::from_str(payload).ok().filter(Value::is_object).ok_or_else(invalid)?;
    if (service, operation) == ("lambda", "Invoke")
        && let Some(payload) = input.get_mut("Payload")
    {
        let text = payload.as_str().map_or_else(|| payload.to_string(), str::to_owned);
        *payload = STANDARD.encode(text).into();
    }
    let known = nightproof_wire::service(service).and_then(|model| Some((model, model.operation(operation)?)));
    match known {
        Some((model, known)) => model.named_as_modelled(known, input).map_err(|name| {
            AwsError::validation(format!("The input of the target has a member that {operation} does not have: {name}"))
        }),
        None => Ok(input),
    }
}
