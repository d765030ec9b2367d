//! Streams of DynamoDB's tables. <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>

use jiff::Timestamp;
use nightproof_core::document::Members as _;
use serde_json::{Value, json};

use super::source::{Origin, ShardFacts, StreamRecord, StreamSource};

pub(crate) struct DynamoDb;

impl StreamSource for DynamoDb {
    fn service(&self) -> &'static str {
        "dynamodbstreams"
    }

    fn actions(&self) -> &'static [&'static str] {
        &["GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"]
    }

    fn look(&self, stream_arn: &str) -> (&'static str, Value) {
        ("DescribeStream", json!({ "StreamArn": stream_arn, "Limit": 1 }))
    }

    fn list(&self, stream_arn: &str, after: Option<&str>) -> (&'static str, Value) {
        let mut input = json!({ "StreamArn": stream_arn });
        if let Some(after) = after {
            input["ExclusiveStartShardId"] = after.into();
        }
        ("DescribeStream", input)
    }

    fn listed(&self, answer: &Value) -> (Vec<ShardFacts>, bool) {
        let stream = answer.get("StreamDescription").unwrap_or(&Value::Null);
        (stream.list("Shards").iter().map(ShardFacts::read).collect(), stream.has("LastEvaluatedShardId"))
    }

    fn iterator(&self, stream_arn: &str, shard: &str) -> Value {
        json!({ "StreamArn": stream_arn, "ShardId": shard })
    }

    fn sequence_number_member(&self) -> &'static str {
        "SequenceNumber"
    }

    fn begins_at_times(&self) -> bool {
        false
    }

    /// The record as it is, with its stream; times are in seconds.
    fn record(&self, record: &Value, origin: &Origin<'_>) -> Option<StreamRecord> {
        let change = record.get("dynamodb")?;
        let arrived: Timestamp = change.text("ApproximateCreationDateTime")?.parse().ok()?;
        let (number, key) = (change.text("SequenceNumber")?.to_owned(), change.get("Keys")?.to_string());
        let mut event = record.clone();
        event["dynamodb"]["ApproximateCreationDateTime"] = arrived.as_second().into();
        event["eventSourceARN"] = origin.stream_arn.into();
        Some(StreamRecord { event, sequence_number: number, arrived, key })
    }

    fn payload_member(&self) -> Option<&'static str> {
        None
    }

    fn filtered(&self, event: &Value) -> Value {
        event.clone()
    }

    fn batch_info(&self) -> &'static str {
        "DDBStreamBatchInfo"
    }

    fn shown(&self, time: Timestamp) -> String {
        time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_an_event_has_the_form_of_those_of_aws() {
        let change = json!({
            "ApproximateCreationDateTime": "2026-11-30T18:00:00Z", "Keys": {"id": {"S": "1"}}, "SequenceNumber": "100", "SizeBytes": 3,
            "StreamViewType": "KEYS_ONLY",
        });
        let record = json!({"eventID": "e", "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1", "dynamodb": change});
        let origin = Origin { stream_arn: "arn:t/stream/1", shard: "s", region: "us-east-1", role: "arn:r" };
        let read = DynamoDb.record(&record, &origin).unwrap();
        assert_eq!(read.event["dynamodb"]["ApproximateCreationDateTime"], 1_796_061_600);
        assert_eq!((&read.event["eventSourceARN"], read.sequence_number.as_str()), (&json!("arn:t/stream/1"), "100"));
        assert_eq!(DynamoDb.shown(read.arrived), "2026-11-30T18:00:00Z");
    }
}
