//! Streams of Kinesis. <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use nightproof_core::document::Members as _;
use serde_json::{Value, json};

use super::source::{Origin, ShardFacts, StreamRecord, StreamSource};

pub(crate) struct Kinesis;

impl StreamSource for Kinesis {
    fn service(&self) -> &'static str {
        "kinesis"
    }

    fn actions(&self) -> &'static [&'static str] {
        &["GetRecords", "GetShardIterator", "DescribeStream", "ListShards", "ListStreams"]
    }

    fn look(&self, stream_arn: &str) -> (&'static str, Value) {
        ("DescribeStream", json!({ "StreamARN": stream_arn, "Limit": 1 }))
    }

    fn list(&self, stream_arn: &str, after: Option<&str>) -> (&'static str, Value) {
        let mut input = json!({ "StreamARN": stream_arn });
        if let Some(after) = after {
            input["ExclusiveStartShardId"] = after.into();
        }
        ("ListShards", input)
    }

    fn listed(&self, answer: &Value) -> (Vec<ShardFacts>, bool) {
        (answer.list("Shards").iter().map(ShardFacts::read).collect(), answer.has("NextToken"))
    }

    fn iterator(&self, stream_arn: &str, shard: &str) -> Value {
        json!({ "StreamARN": stream_arn, "ShardId": shard })
    }

    fn sequence_number_member(&self) -> &'static str {
        "StartingSequenceNumber"
    }

    fn begins_at_times(&self) -> bool {
        true
    }

    fn record(&self, record: &Value, origin: &Origin<'_>) -> Option<StreamRecord> {
        let arrived: Timestamp = record.text("ApproximateArrivalTimestamp")?.parse().ok()?;
        let (number, key) = (record.text("SequenceNumber")?, record.text("PartitionKey")?);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this millennium are exact")]
        let seconds = arrived.as_millisecond() as f64 / 1000.0;
        let event = json!({
            "kinesis": {
                "kinesisSchemaVersion": "1.0", "partitionKey": key, "sequenceNumber": number, "data": record.get("Data"),
                "approximateArrivalTimestamp": seconds,
            },
            "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventID": format!("{}:{number}", origin.shard),
            "eventName": "aws:kinesis:record", "invokeIdentityArn": origin.role, "awsRegion": origin.region,
            "eventSourceARN": origin.stream_arn,
        });
        Some(StreamRecord { event, sequence_number: number.to_owned(), arrived, key: key.to_owned() })
    }

    fn payload_member(&self) -> Option<&'static str> {
        Some("data")
    }

    /// The record's own members, with its data as text.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html>
    fn filtered(&self, event: &Value) -> Value {
        let mut view = event.get("kinesis").cloned().unwrap_or_default();
        let data = STANDARD.decode(view.required("data")).unwrap_or_default();
        if let Some(members) = view.as_object_mut() {
            members.insert("data".to_owned(), String::from_utf8_lossy(&data).into_owned().into());
            let outer = event.as_object().into_iter().flatten().filter(|(name, _)| *name != "kinesis");
            members.extend(outer.map(|(name, value)| (name.clone(), value.clone())));
        }
        view
    }

    fn batch_info(&self) -> &'static str {
        "KinesisBatchInfo"
    }

    fn shown(&self, time: Timestamp) -> String {
        time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_source::Filters;

    fn record(data: &str) -> StreamRecord {
        let record = json!({
            "SequenceNumber": "49", "PartitionKey": "k", "Data": STANDARD.encode(data),
            "ApproximateArrivalTimestamp": "2026-11-30T18:00:00.25Z",
        });
        let origin = Origin { stream_arn: "arn:s", shard: "shardId-000000000000", region: "us-east-1", role: "arn:r" };
        Kinesis.record(&record, &origin).unwrap()
    }

    #[test]
    fn a_record_of_an_event_has_the_form_of_those_of_aws() {
        let record = record("hello");
        assert_eq!(
            record.event,
            json!({
                "kinesis": {
                    "kinesisSchemaVersion": "1.0", "partitionKey": "k", "sequenceNumber": "49", "data": "aGVsbG8=",
                    "approximateArrivalTimestamp": 1_796_061_600.25,
                },
                "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventID": "shardId-000000000000:49",
                "eventName": "aws:kinesis:record", "invokeIdentityArn": "arn:r", "awsRegion": "us-east-1", "eventSourceARN": "arn:s",
            })
        );
        assert_eq!(Kinesis.shown(record.arrived), "2026-11-30T18:00:00.250Z");
    }

    #[test]
    fn a_filter_looks_at_the_data_behind_base64_and_at_the_partition_key() {
        let lets = |pattern: &str, data: &str| {
            let filters = Filters::parse(&[pattern.to_owned()], Kinesis.payload_member()).unwrap();
            filters.let_through(&Kinesis.filtered(&record(data).event))
        };
        assert!(lets(r#"{"data": {"kind": ["a"]}}"#, r#"{"kind": "a"}"#));
        assert!(!lets(r#"{"data": {"kind": ["a"]}}"#, r#"{"kind": "b"}"#) && !lets(r#"{"data": {"kind": ["a"]}}"#, "text"));
        assert!(lets(r#"{"partitionKey": ["k"]}"#, "text") && !lets(r#"{"partitionKey": ["l"]}"#, "text"));
        assert!(lets(r#"{"data": ["text"]}"#, "text"));
    }
}
