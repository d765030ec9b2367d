//! Where it is told what was given up of a stream.
//! <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>

use jiff::Timestamp;
use nightproof_core::queue_url;
use nightproof_core::service::{AwsError, arn, full_body};
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use super::source::{StreamRecord, StreamSource};

/// Records that are given up.
pub(crate) struct Discarded<'a> {
    pub source: &'a dyn StreamSource,
    pub stream_arn: &'a str,
    pub shard: &'a str,
    /// The mapping's.
    pub uuid: &'a str,
    /// The function as the mapping names it.
    pub function_arn: &'a str,
    pub records: &'a [StreamRecord],
    /// `RetryAttemptsExhausted` or `RecordAgeExceeded`
    pub condition: &'static str,
    pub attempts: u64,
    /// The last invocation; a new id if there was none.
    pub request_id: String,
    /// The version that ran, and whether it failed rather than reported failures.
    pub response: Option<(String, bool)>,
    pub now: Timestamp,
}

impl Discarded<'_> {
    /// The record of the failure. A bucket gets the function's event with it.
    pub(crate) fn describe(&self) -> Value {
        let (first, last) = (self.records.first(), self.records.last());
        let number = |record: Option<&StreamRecord>| record.map(|record| record.sequence_number.clone());
        let arrival = |record: Option<&StreamRecord>| record.map(|record| self.source.shown(record.arrived));
        let mut made = json!({
            "requestContext": {
                "requestId": self.request_id, "functionArn": self.function_arn, "condition": self.condition,
                "approximateInvokeCount": self.attempts,
            },
            "version": "1.0",
            "timestamp": self.now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            self.source.batch_info(): {
                "shardId": self.shard, "startSequenceNumber": number(first), "endSequenceNumber": number(last),
                "approximateArrivalOfFirstRecord": arrival(first), "approximateArrivalOfLastRecord": arrival(last),
                "batchSize": self.records.len(), "streamArn": self.stream_arn,
            },
        });
        if let Some((version, failed)) = &self.response {
            made["responseContext"] =
                json!({ "statusCode": 200, "executedVersion": version, "functionError": failed.then_some("Unhandled") });
        }
        made
    }

    /// Sends the record to a queue, a topic or a bucket.
    ///
    /// # Errors
    /// Those of the destination.
    pub(crate) async fn send(&self, region: &Region, caller: &Caller, destination: &str) -> Result<(), AwsError> {
        let mut record = self.describe();
        match arn::service_of(destination) {
            "sqs" => {
                let message = json!({ "QueueUrl": queue_url(destination), "MessageBody": record.to_string() });
                region.call(caller, "sqs", "SendMessage", message).await.map(drop)
            }
            "sns" => {
                let message = json!({ "TopicArn": destination, "Message": record.to_string() });
                region.call(caller, "sns", "Publish", message).await.map(drop)
            }
            _ => {
                let events: Vec<&Value> = self.records.iter().map(|record| &record.event).collect();
                record["payload"] = json!({ "Records": events }).to_string().into();
                let record = record.to_string();
                let input = json!({
                    "Bucket": arn::resource_of(destination), "Key": self.object_key(), "ContentLength": record.len(),
                });
                region.call_with_body(caller, "s3", "PutObject", input, full_body(record)).await.map(drop)
            }
        }
    }

    fn object_key(&self) -> String {
        let time = self.now.strftime("%Y/%m/%d/%Y-%m-%dT%H.%M.%S");
        format!("aws/lambda/{}/{}/{time}-{}", self.uuid, self.shard, uuid::Uuid::new_v4())
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::tests::record;
    use super::super::kinesis::Kinesis;
    use super::*;

    #[test]
    fn the_record_of_a_failure_describes_the_batch_and_not_its_content() {
        let records = [record(3, "k"), record(4, "k")];
        let now: Timestamp = "2026-11-30T18:00:00Z".parse().unwrap();
        let mut discarded = Discarded {
            source: &Kinesis,
            stream_arn: "arn:s",
            shard: "shardId-000000000000",
            uuid: "u",
            function_arn: "arn:f",
            records: &records,
            condition: "RetryAttemptsExhausted",
            attempts: 2,
            request_id: "r".to_owned(),
            response: Some(("$LATEST".to_owned(), true)),
            now,
        };
        assert_eq!(
            discarded.describe(),
            json!({
                "requestContext": {
                    "requestId": "r", "functionArn": "arn:f", "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 2,
                },
                "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
                "version": "1.0",
                "timestamp": "2026-11-30T18:00:00.000Z",
                "KinesisBatchInfo": {
                    "shardId": "shardId-000000000000", "startSequenceNumber": "3", "endSequenceNumber": "4",
                    "approximateArrivalOfFirstRecord": "1970-01-01T00:00:00.000Z",
                    "approximateArrivalOfLastRecord": "1970-01-01T00:00:00.000Z", "batchSize": 2, "streamArn": "arn:s",
                },
            })
        );
        assert!(discarded.object_key().starts_with("aws/lambda/u/shardId-000000000000/2026/11/30/2026-11-30T18.00.00-"));
        discarded.response = Some(("$LATEST".to_owned(), false));
        assert_eq!(discarded.describe()["responseContext"]["functionError"], Value::Null);
        discarded.response = None;
        assert!(discarded.describe().get("responseContext").is_none());
    }
}
