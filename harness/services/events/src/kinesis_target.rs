//! Streams of Kinesis as targets: each event is a record.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use super::input;
use super::target::Target;

/// Puts what the target receives of an event into the stream. The partition key is a part of the event, or else the event's id.
pub(super) async fn put(region: &Region, caller: &Caller, target: &Target, event: &Value, payload: &str) -> Result<(), AwsError> {
    let path = target.kinesis_parameters.as_ref().map(|parameters| parameters.partition_key_path.as_str());
    let input = json!({ "StreamARN": target.arn, "PartitionKey": partition_key(event, path)?, "Data": STANDARD.encode(payload) });
    region.call(caller, "kinesis", "PutRecord", input).await.map(drop)
}

fn partition_key(event: &Value, path: Option<&str>) -> Result<String, AwsError> {
    let found = input::at(event, path.unwrap_or("$.id"));
    let key = found.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    key.ok_or_else(|| AwsError::new("InvalidPartitionKey", 400, "The event has nothing at the PartitionKeyPath of its target."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_key_is_a_part_of_the_event_or_its_id() {
        let event = json!({"id": "e", "detail": {"account": "a", "number": 7}});
        assert_eq!(partition_key(&event, None).unwrap(), "e");
        assert_eq!(partition_key(&event, Some("$.detail.account")).unwrap(), "a");
        assert_eq!(partition_key(&event, Some("$.detail.number")).unwrap(), "7");
        assert_eq!(partition_key(&event, Some("$.detail.none")).unwrap_err().code, "InvalidPartitionKey");
    }
}
