//! Subscription filters: functions and streams that get the events of a group as they come.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>

use std::io::Write as _;

use base64::Engine as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use nightproof_core::delivery;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use crate::filter_pattern::FilterPattern;

/// Characters of a partition key.
const LONGEST_KEY: usize = 256;

/// A subscription filter of a group.
#[derive(Debug, Clone)]
pub(crate) struct SubscriptionFilter {
    pub(crate) name: String,
    /// As it was given.
    pub(crate) pattern_text: String,
    pub(crate) pattern: FilterPattern,
    /// A function's or stream's ARN.
    pub(crate) destination: String,
    /// The role by which a stream is written to.
    pub(crate) role: Option<String>,
    pub(crate) distribution: String,
    pub(crate) created: Timestamp,
}

/// What a destination gets of a group.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) account: String,
    pub(crate) destination: String,
    role: Option<String>,
    /// The group's ARN, with `:*`.
    pub(crate) source: String,
    message: Value,
}

impl SubscriptionFilter {
    pub(crate) fn describe(&self, group: &str) -> Value {
        let mut described = json!({
            "filterName": self.name,
            "logGroupName": group,
            "filterPattern": self.pattern_text,
            "destinationArn": self.destination,
            "distribution": self.distribution,
            "applyOnTransformedLogs": false,
            "creationTime": self.created.as_millisecond(),
        });
        if let (Some(role), Some(members)) = (&self.role, described.as_object_mut()) {
            members.insert("roleArn".to_owned(), role.as_str().into());
        }
        described
    }

    /// The delivery of those of the events that match, each with its id and time; `None` if none does.
    pub(crate) fn delivery(
        &self,
        (account, source): (&str, &str),
        (group, stream): (&str, &str),
        events: &[(String, i64, &str)],
    ) -> Option<Delivery> {
        let event = |(id, time, message): &(String, i64, &str)| {
            let values = self.pattern.extract(message)?;
            let mut event = json!({ "id": id, "timestamp": time, "message": message });
            if let (false, Some(members)) = (values.is_empty(), event.as_object_mut()) {
                members.insert("extractedFields".to_owned(), json!(values));
            }
            Some(event)
        };
        let matching: Vec<Value> = events.iter().filter_map(event).collect();
        if matching.is_empty() {
            return None;
        }
        let message = json!({
            "messageType": "DATA_MESSAGE",
            "owner": account,
            "logGroup": group,
            "logStream": stream,
            "subscriptionFilters": [self.name],
            "logEvents": matching,
        });
        Some(Delivery {
            account: account.to_owned(),
            destination: self.destination.clone(),
            role: self.role.clone(),
            source: source.to_owned(),
            message,
        })
    }
}

impl Delivery {
    /// Hands the events to the function or the stream.
    pub(crate) async fn send(self, region: &Region) {
        let sent = match &self.role {
            Some(role) => put_record(region, &self.account, (&self.source, role), &self.destination, &self.message).await,
            None => self.invoke(region).await,
        };
        if let Err(error) = sent {
            tracing::warn!(destination = self.destination, %error, "log events were not delivered");
        }
    }

    async fn invoke(&self, region: &Region) -> Result<(), AwsError> {
        let payload = json!({ "awslogs": { "data": compressed(&self.message)? } }).to_string();
        let payload = base64::engine::general_purpose::STANDARD.encode(payload);
        let input = json!({ "FunctionName": self.destination, "InvocationType": "Event", "Payload": payload });
        invoke(region, &self.account, &self.source, input).await.map(drop)
    }
}

/// Puts a message into a stream with a role, which trusts the principal of the region or the one of all regions. Events of the same stream of
/// a group come to the same shard.
pub(crate) async fn put_record(
    region: &Region,
    account: &str,
    (source, role): (&str, &str),
    stream: &str,
    message: &Value,
) -> Result<(), AwsError> {
    let service = |name: &str| Caller::service(account, name).acting_for(source);
    let caller = match delivery::assume(region, &service(&format!("logs.{}.amazonaws.com", region.name())), role).await {
        Ok(caller) => caller,
        Err(_) => delivery::assume(region, &service("logs.amazonaws.com"), role).await?,
    };
    let key = message.get("logStream").and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or("control");
    let key: String = key.chars().take(LONGEST_KEY).collect();
    let input = json!({ "StreamARN": stream, "PartitionKey": key, "Data": compressed(message)? });
    region.call(&caller, "kinesis", "PutRecord", input).await.map(drop)
}

/// What a stream gets to see whether it can be written to.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>
pub(crate) fn control_message(now: Timestamp) -> Value {
    json!({
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [{
            "id": "",
            "timestamp": now.as_millisecond(),
            "message": "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.",
        }],
    })
}

/// Invokes a function as CloudWatch Logs does for a group: by the principal of the region, or else the one of all regions, whichever the
/// function's policy lets in.
pub(crate) async fn invoke(region: &Region, account: &str, source: &str, input: Value) -> Result<Value, AwsError> {
    let caller = |name: &str| Caller::service(account, name).acting_for(source);
    let regional = caller(&format!("logs.{}.amazonaws.com", region.name()));
    match region.call(&regional, "lambda", "Invoke", input.clone()).await {
        Err(error) if error.status == 403 => region.call(&caller("logs.amazonaws.com"), "lambda", "Invoke", input).await,
        answer => answer,
    }
}

fn compressed(message: &Value) -> Result<String, AwsError> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(message.to_string().as_bytes());
    let bytes = written.and_then(|()| encoder.finish());
    let bytes = bytes.map_err(|error| AwsError::internal(format!("log events were not compressed: {error}")))?;
    Ok(base64::engine::general_purpose::STANDARD.encode(bytes))
}
