//! Subscription filters: functions that get the events of a group as they come.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>

use std::io::Write as _;

use base64::Engine as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use crate::filter_pattern::FilterPattern;

/// A subscription filter of a group.
#[derive(Debug, Clone)]
pub(crate) struct SubscriptionFilter {
    pub(crate) name: String,
    /// As it was given.
    pub(crate) pattern_text: String,
    pub(crate) pattern: FilterPattern,
    /// A function's ARN.
    pub(crate) destination: String,
    pub(crate) distribution: String,
    pub(crate) created: Timestamp,
}

/// What a function gets of a group.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) account: String,
    pub(crate) destination: String,
    /// The group's ARN, with `:*`.
    pub(crate) source: String,
    message: Value,
}

impl SubscriptionFilter {
    pub(crate) fn describe(&self, group: &str) -> Value {
        json!({
            "filterName": self.name,
            "logGroupName": group,
            "filterPattern": self.pattern_text,
            "destinationArn": self.destination,
            "distribution": self.distribution,
            "applyOnTransformedLogs": false,
            "creationTime": self.created.as_millisecond(),
        })
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
        Some(Delivery { account: account.to_owned(), destination: self.destination.clone(), source: source.to_owned(), message })
    }
}

impl Delivery {
    /// Invokes the function with the events.
    pub(crate) async fn send(self, region: &Region) {
        let payload = match compressed(&self.message) {
            Ok(data) => json!({ "awslogs": { "data": data } }).to_string(),
            Err(error) => {
                tracing::warn!(%error, "log events were not compressed");
                return;
            }
        };
        let payload = base64::engine::general_purpose::STANDARD.encode(payload);
        let input = json!({ "FunctionName": self.destination, "InvocationType": "Event", "Payload": payload });
        if let Err(error) = invoke(region, &self.account, &self.source, input).await {
            tracing::warn!(function = self.destination, %error, "log events were not delivered");
        }
    }
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

fn compressed(message: &Value) -> std::io::Result<String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(message.to_string().as_bytes())?;
    Ok(base64::engine::general_purpose::STANDARD.encode(encoder.finish()?))
}
