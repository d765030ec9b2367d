//! Events that applications send.

use nightproof_core::Principal;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use super::pattern::Pattern;
use super::{Events, require_default_bus, whole_seconds};

impl Events {
    pub(super) fn put_events(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        if input.has("EndpointId") {
            return Err(AwsError::not_implemented("events", "PutEvents with EndpointId"));
        }
        let results: Vec<Value> = input.list("Entries").iter().map(|entry| self.put_event(call, entry)).collect();
        let failed = results.iter().filter(|result| result.has("ErrorCode")).count();
        Ok(json!({ "FailedEntryCount": failed, "Entries": results }))
    }

    fn put_event(&self, call: &Call, entry: &Value) -> Value {
        let refused = |code: &str, message: &str| json!({ "ErrorCode": code, "ErrorMessage": message });
        if let Err(error) = require_default_bus(entry) {
            return refused(&error.code, &error.message);
        }
        for member in ["Source", "DetailType", "Detail"] {
            if !entry.has(member) || entry.text(member) == Some("") {
                let message = format!("Parameter {member} is not valid. Reason: {member} is a required argument.");
                return refused("InvalidArgument", &message);
            }
        }
        let source = entry.required("Source");
        // AWS's services tell of themselves; nobody else can in their name.
        if source.starts_with("aws.") && !matches!(call.caller.principal, Principal::Service { .. }) {
            return refused("NotAuthorizedForSourceException", "Not authorized for the source.");
        }
        let Some(detail) = serde_json::from_str::<Value>(entry.required("Detail")).ok().filter(Value::is_object) else {
            return refused("MalformedDetail", "Detail is malformed.");
        };
        let id = uuid::Uuid::new_v4().to_string();
        let time = entry.text("Time").and_then(|time| time.parse().ok()).unwrap_or(call.now);
        let event = json!({
            "version": "0",
            "id": id,
            "detail-type": entry.required("DetailType"),
            "source": source,
            "account": call.account(),
            "time": whole_seconds(time),
            "region": call.region.name(),
            "resources": entry.list("Resources"),
            "detail": detail,
        });
        let matching: Vec<String> = {
            let rules = self.lock();
            let rules = rules.get(call.account()).into_iter().flat_map(|rules| rules.values()).filter(|rule| rule.enabled);
            let matching = rules.filter(|rule| rule.pattern.as_ref().is_some_and(|(_, wanted)| wanted.matches(&event)));
            matching.map(|rule| rule.name.clone()).collect()
        };
        for rule in matching {
            self.fire(&call.region, call.account(), &rule, |_| event.clone());
        }
        json!({ "EventId": id })
    }
}

/// `TestEventPattern`. The event must have what every event has.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html>
pub(super) fn test_pattern(input: &Value) -> Result<Value, AwsError> {
    let wanted = Pattern::parse(input.required("EventPattern"))?;
    let event: Value = serde_json::from_str(input.required("Event"))
        .map_err(|_| AwsError::validation("Parameter Event is not valid. Reason: it is no JSON."))?;
    let members = ["id", "account", "source", "time", "region", "resources", "detail-type"];
    if let Some(member) = members.into_iter().find(|member| event.get(member).is_none()) {
        return Err(AwsError::validation(format!("Parameter Event is not valid. Reason: {member} is a required argument.")));
    }
    Ok(json!({ "Result": wanted.matches(&event) }))
}
