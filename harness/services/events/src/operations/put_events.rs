//! Events that applications send.

use nightproof_core::Principal;
use nightproof_core::document::whole_seconds;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bus::BusName;
use crate::pattern;
use crate::records::Events;

/// `PutEvents`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutEvents {
    entries: Vec<PutEventsRequestEntry>,
}

/// An event to be put on a bus. The model requires none of its members: an entry that lacks one is refused by itself, beside others that are
/// taken. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEventsRequestEntry {
    time: Option<String>,
    #[serde(default)]
    source: String,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    detail_type: String,
    #[serde(default)]
    detail: String,
    event_bus_name: Option<String>,
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size>
const MOST_BYTES: usize = 256 * 1024;

impl PutEventsRequestEntry {
    /// The size that counts towards the limit of a request.
    fn size(&self) -> usize {
        let time = if self.time.is_some() { 14 } else { 0 };
        let resources: usize = self.resources.iter().map(String::len).sum();
        time + self.source.len() + self.detail_type.len() + self.detail.len() + resources
    }
}

/// `TestEventPattern`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TestEventPattern {
    event_pattern: String,
    event: String,
}

impl Events {
    pub(crate) fn put_events(&self, call: &Call, input: PutEvents) -> Result<Value, AwsError> {
        if input.entries.iter().map(PutEventsRequestEntry::size).sum::<usize>() > MOST_BYTES {
            return Err(AwsError::validation("Total size of the entries in the request is over the limit."));
        }
        let results: Vec<Value> = input.entries.into_iter().map(|entry| self.put_event(call, entry)).collect();
        let failed = results.iter().filter(|result| result.get("ErrorCode").is_some()).count();
        Ok(json!({ "FailedEntryCount": failed, "Entries": results }))
    }

    fn put_event(&self, call: &Call, entry: PutEventsRequestEntry) -> Value {
        let refused = |code: &str, message: &str| json!({ "ErrorCode": code, "ErrorMessage": message });
        for (member, value) in [("Source", &entry.source), ("DetailType", &entry.detail_type), ("Detail", &entry.detail)] {
            if value.is_empty() {
                let message = format!("Parameter {member} is not valid. Reason: {member} is a required argument.");
                return refused("InvalidArgument", &message);
            }
        }
        // Only AWS's services send events in the name of `aws.`; a rule may send such an event on to another bus.
        let by_aws = matches!(call.caller.principal, Principal::Service { .. }) || call.caller.source_arn.is_some();
        if entry.source.starts_with("aws.") && !by_aws {
            return refused("NotAuthorizedForSourceException", "Not authorized for the source.");
        }
        let Some(detail) = serde_json::from_str::<Value>(&entry.detail).ok().filter(Value::is_object) else {
            return refused("MalformedDetail", "Detail is malformed.");
        };
        let id = uuid::Uuid::new_v4().to_string();
        let time = entry.time.and_then(|time| time.parse().ok()).unwrap_or(call.now);
        let event = json!({
            "version": "0",
            "id": id,
            "detail-type": entry.detail_type,
            "source": entry.source,
            "account": call.account(),
            "time": whole_seconds(time).to_string(),
            "region": call.region.name(),
            "resources": entry.resources,
            "detail": detail,
        });
        // An event for a bus that does not exist is taken, and lost.
        let bus = BusName::new(call, entry.event_bus_name.as_deref());
        self.route(&call.region, &bus.account, &bus.name, &event, |_| true);
        json!({ "EventId": id })
    }

    /// The event must have what every event has, but for `resources` and `detail`.
    pub(crate) fn test_event_pattern(&self, _call: &Call, input: TestEventPattern) -> Result<Value, AwsError> {
        let wanted = pattern::parse(&input.event_pattern)?;
        let event: Value = serde_json::from_str(&input.event).unwrap_or_default();
        let members = ["id", "account", "source", "time", "region", "detail-type"];
        if members.into_iter().any(|member| event.get(member).is_none()) {
            return Err(AwsError::validation("Parameter Event is not valid."));
        }
        Ok(json!({ "Result": wanted.matches(&event) }))
    }
}
