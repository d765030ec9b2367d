//! Log groups as targets: each event is a log event in a stream of its own name.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions>

use jiff::Timestamp;
use nightproof_core::service::{AwsError, arn};
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use super::target::Target;

/// The log group that an ARN names, with or without `:*` behind it; `None` if it names something else.
pub(super) fn group(target: &str) -> Option<&str> {
    let name = target.splitn(7, ':').nth(6).filter(|_| arn::service_of(target) == "logs" && target.contains(":log-group:"))?;
    Some(name.strip_suffix(":*").unwrap_or(name))
}

/// Writes an event that was taken at `taken` to a new stream of the group.
pub(super) async fn write(
    region: &Region,
    caller: &Caller,
    group: &str,
    target: &Target,
    (payload, taken): (&str, Timestamp),
) -> Result<(), AwsError> {
    let event = log_event(target, payload, taken)?;
    let stream = uuid::Uuid::new_v4().to_string();
    region.call(caller, "logs", "CreateLogStream", json!({ "logGroupName": group, "logStreamName": stream })).await?;
    let input = json!({ "logGroupName": group, "logStreamName": stream, "logEvents": [event] });
    region.call(caller, "logs", "PutLogEvents", input).await.map(drop)
}

/// The event as it is, or the `message` and the `timestamp` that a constant or a template of the target makes.
/// <https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_events_targets.LogGroupTargetInput.html>
fn log_event(target: &Target, payload: &str, taken: Timestamp) -> Result<Value, AwsError> {
    if target.input.is_none() && target.input_path.is_none() && target.input_transformer.is_none() {
        return Ok(json!({ "timestamp": taken.as_millisecond(), "message": payload }));
    }
    let lacking = || AwsError::not_implemented("events", "an input of a log group without the texts `message` and `timestamp`");
    let made: Value = serde_json::from_str(payload).map_err(|_| lacking())?;
    let message = made.get("message").and_then(Value::as_str).ok_or_else(lacking)?;
    let timestamp = match made.get("timestamp") {
        Some(Value::Number(milliseconds)) => milliseconds.as_i64(),
        Some(Value::String(text)) => text.parse::<Timestamp>().map(Timestamp::as_millisecond).ok().or_else(|| text.parse().ok()),
        _ => None,
    };
    Ok(json!({ "timestamp": timestamp.ok_or_else(lacking)?, "message": message }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_group_is_named_by_its_arn_with_or_without_a_star() {
        assert_eq!(group("arn:aws:logs:us-east-1:111122223333:log-group:/aws/events/x"), Some("/aws/events/x"));
        assert_eq!(group("arn:aws:logs:us-east-1:111122223333:log-group:x:*"), Some("x"));
        assert_eq!(group("arn:aws:sqs:us-east-1:111122223333:x"), None);
    }

    #[test]
    fn a_log_event_is_the_event_or_the_message_that_a_template_makes() {
        let taken: Timestamp = "2026-01-02T03:00:00Z".parse().expect("time");
        let mut target: Target = serde_json::from_value(json!({ "Id": "t", "Arn": "a" })).expect("target");
        let whole = log_event(&target, "{\"id\":\"1\"}", taken).expect("event");
        assert_eq!(whole, json!({ "timestamp": 1_767_322_800_000_i64, "message": "{\"id\":\"1\"}" }));
        target.input = Some(String::new());
        let made = log_event(&target, r#"{"timestamp": "2026-01-02T03:00:01Z", "message": "m"}"#, taken).expect("event");
        assert_eq!(made, json!({ "timestamp": 1_767_322_801_000_i64, "message": "m" }));
        assert!(log_event(&target, r#"{"message": {}}"#, taken).is_err());
    }
}
