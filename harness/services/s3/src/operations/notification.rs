//! The configuration of event notifications, and their delivery.

use nightproof_core::Caller;
use nightproof_core::queue_url;
use nightproof_core::service::arn::account_of;
use nightproof_core::service::{Arn, Call};
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::arn::arn;
use crate::error::{invalid_argument, malformed_xml, not_implemented};
use crate::event::{Event, host_id};
use crate::input::OnBucket;
use crate::notification::{Kind, Notification, Notifications, is_event};
use crate::records::S3;

/// Who sends notifications.
const PRINCIPAL: &str = "s3.amazonaws.com";

inputs! {
    /// `PutBucketNotificationConfiguration`.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html>
    PutBucketNotificationConfiguration {
        on: OnBucket;
        notification_configuration: Notifications,
        skip_destination_validation: bool,
    }
}

impl S3 {
    pub(crate) async fn put_bucket_notification_configuration(
        &self,
        call: &Call,
        input: PutBucketNotificationConfiguration,
    ) -> Result<Value, AwsError> {
        let owner = self.state().bucket(&input.on)?.account.clone();
        let mut wanted = input.notification_configuration;
        for (kind, one) in wanted.all_mut() {
            check(kind, one)?;
            if one.id.is_empty() {
                one.id = uuid::Uuid::new_v4().to_string();
            }
        }
        let all: Vec<(Kind, &Notification)> = wanted.all().collect();
        let overlap =
            |(at, (_, one)): (usize, &(Kind, &Notification))| all.iter().skip(at + 1).any(|(_, other)| one.overlaps(other));
        if all.iter().enumerate().any(overlap) {
            return Err(AwsError::new(
                "InvalidArgument",
                400,
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.",
            ));
        }
        if !input.skip_destination_validation {
            self.check_destinations(call, &owner, &input.on.bucket, &all).await?;
        }
        let document = wanted.document();
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        bucket.config.insert("NotificationConfiguration", crate::document::without_nulls(document));
        bucket.notifications = wanted;
        Ok(json!({}))
    }

    /// Sends each destination a test event, functions aside: who may invoke those is asked without it.
    async fn check_destinations(
        &self,
        call: &Call,
        owner: &str,
        bucket: &str,
        all: &[(Kind, &Notification)],
    ) -> Result<(), AwsError> {
        let test = json!({
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": call.now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            "Bucket": bucket,
            "RequestId": call.request_id,
            "HostId": host_id(&call.request_id),
        });
        let caller = caller(owner, bucket);
        let mut refused = Vec::new();
        for (kind, one) in all {
            let (operation, message) = match kind {
                Kind::Function => ("Invoke", json!({"FunctionName": one.arn, "InvocationType": "DryRun"})),
                _ => send(*kind, &one.arn, &test.to_string()),
            };
            if let Err(error) = call.region.call(&caller, kind.service(), operation, message).await {
                // What does not exist may be no more than denied.
                let account = account_of(&one.arn);
                let service = call.region.service(kind.service());
                let missing = !error.code.contains("AccessDenied")
                    || service.is_some_and(|service| service.resource_policy(account, &one.arn).is_none());
                refused.push(match kind {
                    Kind::Queue if missing => (one.arn.clone(), "The destination queue does not exist".to_owned()),
                    Kind::Topic if missing => (one.arn.clone(), "The destination topic does not exist".to_owned()),
                    Kind::Queue | Kind::Topic => {
                        let name = kind.name().to_ascii_lowercase();
                        let why = format!(
                            "Permissions on the destination {name} do not allow S3 to publish notifications from this bucket"
                        );
                        (one.arn.clone(), why)
                    }
                    Kind::Function => (format!("{}, null", one.arn), format!("Not authorized to invoke function [{}]", one.arn)),
                });
            }
        }
        if refused.is_empty() {
            return Ok(());
        }
        let error = AwsError::new("InvalidArgument", 400, "Unable to validate the following destination configurations");
        Err(refused.into_iter().enumerate().fold(error, |error, (at, (name, value))| {
            error.with(&format!("ArgumentName{}", at + 1), name).with(&format!("ArgumentValue{}", at + 1), value)
        }))
    }

    /// Tells those who want to know what happened in a bucket. What a destination refuses is lost, as on AWS.
    pub(crate) async fn notify(&self, call: &Call, bucket: &str, events: Vec<Event>) {
        self.note_replication(bucket, &events);
        let (owner, wanted) = {
            let state = self.state();
            let Some(found) = state.buckets.get(bucket) else { return };
            (found.account.clone(), found.notifications.clone())
        };
        let caller = caller(&owner, bucket);
        for event in events {
            for (kind, one) in wanted.all().filter(|(_, one)| one.wants(event.name, &event.key)) {
                let record = event.record(call, bucket, &owner, &one.id).to_string();
                let (operation, mut message) = send(kind, &one.arn, &record);
                if let Some(trace) = trace(call).filter(|_| kind == Kind::Queue) {
                    let attribute = json!({"AWSTraceHeader": {"DataType": "String", "StringValue": trace}});
                    crate::document::set(&mut message, "MessageSystemAttributes", attribute);
                }
                if let Err(error) = call.region.call(&caller, kind.service(), operation, message).await {
                    tracing::warn!(bucket, arn = one.arn, %error, "a notification of a bucket was not delivered");
                }
            }
            if wanted.event_bridge_configuration.is_some() {
                let entries = json!({"Entries": [event.entry(call, bucket)]});
                if let Err(error) = call.region.call(&Caller::service(&owner, PRINCIPAL), "events", "PutEvents", entries).await {
                    tracing::warn!(bucket, %error, "EventBridge did not take an event of a bucket");
                }
            }
        }
    }
}

/// S3 itself, for a bucket: `aws:SourceArn` and `aws:SourceAccount` of the policies of destinations.
fn caller(owner: &str, bucket: &str) -> Caller {
    Caller::service(owner, PRINCIPAL).acting_for(&arn(bucket))
}

/// The trace that a request is part of, which its notifications go on with.
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-services-s3.html>
fn trace(call: &Call) -> Option<&str> {
    call.http.as_ref()?.headers.get("x-amzn-trace-id")?.to_str().ok()
}

/// The call that hands a message over.
fn send(kind: Kind, arn: &str, message: &str) -> (&'static str, Value) {
    match kind {
        Kind::Topic => ("Publish", json!({"TopicArn": arn, "Subject": "Amazon S3 Notification", "Message": message})),
        Kind::Queue => ("SendMessage", json!({"QueueUrl": queue_url(arn), "MessageBody": message})),
        Kind::Function => {
            use base64::Engine as _;
            let payload = base64::engine::general_purpose::STANDARD.encode(message);
            ("Invoke", json!({"FunctionName": arn, "InvocationType": "Event", "Payload": payload}))
        }
    }
}

/// Checks a destination's form, and writes the names of its rules as S3 does.
fn check(kind: Kind, one: &mut Notification) -> Result<(), AwsError> {
    if !one.arn.parse::<Arn>().is_ok_and(|arn| arn.service == kind.service()) {
        return Err(invalid_argument("The ARN could not be parsed", kind.name(), one.arn.as_str()));
    }
    for event in &one.events {
        if !is_event(event) {
            return Err(invalid_argument("The event is not supported for notifications", "Event", event.as_str()));
        }
        if event.starts_with("s3:LifecycleExpiration:") {
            return Err(not_implemented(&format!("the event {event}")));
        }
    }
    let rules = one.filter.as_mut().and_then(|filter| filter.key.as_mut()).map(|key| &mut key.filter_rules);
    for rule in rules.into_iter().flatten() {
        let (Some(name), Some(_)) = (&rule.name, &rule.value) else { return Err(malformed_xml()) };
        rule.name = match name.to_ascii_lowercase().as_str() {
            "prefix" => Some("Prefix".to_owned()),
            "suffix" => Some("Suffix".to_owned()),
            _ => {
                let message = "filter rule name must be either prefix or suffix";
                return Err(invalid_argument(message, "FilterRule.Name", name.as_str()));
            }
        };
    }
    Ok(())
}
