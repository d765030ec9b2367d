//! What the streams of different services have in common, and in what they differ.

use jiff::Timestamp;
use nightproof_core::document::Members as _;
use serde_json::Value;

use super::settings::{Checkpoint, StartingPosition};

/// A service whose streams have shards that are read by iterators. It says what its calls are; the poller makes them.
pub(crate) trait StreamSource: Send + Sync {
    /// The signing name of the service.
    fn service(&self) -> &'static str;

    /// What the function's role must be allowed, without the service's prefix.
    fn actions(&self) -> &'static [&'static str];

    /// The call that tells whether there is the stream.
    fn look(&self, stream_arn: &str) -> (&'static str, Value);

    /// The call that lists the shards which come after one.
    fn list(&self, stream_arn: &str, after: Option<&str>) -> (&'static str, Value);

    /// The shards in the answer to [`StreamSource::list`], and whether there are more.
    fn listed(&self, answer: &Value) -> (Vec<ShardFacts>, bool);

    /// The input of `GetShardIterator` without the place.
    fn iterator(&self, stream_arn: &str, shard: &str) -> Value;

    /// The name of a sequence number in that input.
    fn sequence_number_member(&self) -> &'static str;

    /// Whether there are iterators that begin at a time.
    fn begins_at_times(&self) -> bool;

    /// A record of the answer of `GetRecords`; `None` if it is none.
    fn record(&self, record: &Value, origin: &Origin<'_>) -> Option<StreamRecord>;

    /// The member of a record that filters read as JSON, if there is such a one.
    fn payload_member(&self) -> Option<&'static str>;

    /// What filters look at of an event's record.
    fn filtered(&self, event: &Value) -> Value;

    /// What the record of a failure calls its description of the batch.
    fn batch_info(&self) -> &'static str;

    /// The time of a record's arrival, as such a record has it.
    fn shown(&self, time: Timestamp) -> String;
}

/// Where a record is from.
pub(crate) struct Origin<'a> {
    pub stream_arn: &'a str,
    pub shard: &'a str,
    pub region: &'a str,
    /// The ARN of the function's role.
    pub role: &'a str,
}

/// A record of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StreamRecord {
    /// As it stands in the function's event.
    pub event: Value,
    pub sequence_number: String,
    pub arrived: Timestamp,
    /// Records of the same key are worked off in order.
    pub key: String,
}

/// A shard, as its stream lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShardFacts {
    pub id: String,
    pub parents: Vec<String>,
    pub closed: bool,
}

impl ShardFacts {
    /// Reads the shape `Shard`, which the services have in common.
    pub(crate) fn read(shard: &Value) -> Self {
        let parents = ["ParentShardId", "AdjacentParentShardId"].into_iter().filter_map(|name| shard.text(name));
        Self {
            id: shard.required("ShardId").to_owned(),
            parents: parents.map(str::to_owned).collect(),
            closed: shard.pointer("/SequenceNumberRange/EndingSequenceNumber").is_some_and(Value::is_string),
        }
    }
}

/// The input of `GetShardIterator` for where a shard is to be read from. A shard without a checkpoint is read from its beginning.
pub(crate) fn iterator_input(
    source: &dyn StreamSource,
    stream_arn: &str,
    shard: &str,
    checkpoint: Option<&Checkpoint>,
    start: StartingPosition,
) -> Value {
    let mut input = source.iterator(stream_arn, shard);
    let kind = match checkpoint {
        Some(Checkpoint::After(number)) => {
            input[source.sequence_number_member()] = number.as_str().into();
            "AFTER_SEQUENCE_NUMBER"
        }
        Some(Checkpoint::Since(time)) => {
            input["Timestamp"] = time.to_string().into();
            "AT_TIMESTAMP"
        }
        Some(Checkpoint::Start) => {
            if let StartingPosition::AtTimestamp(time) = start {
                input["Timestamp"] = time.to_string().into();
            }
            start.name()
        }
        Some(Checkpoint::Done) | None => "TRIM_HORIZON",
    };
    input["ShardIteratorType"] = kind.into();
    input
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kinesis::Kinesis;
    use super::*;

    #[test]
    fn a_shard_is_read_from_where_it_was_left_or_from_where_the_mapping_begins() {
        let time: Timestamp = "2026-11-30T18:00:00Z".parse().unwrap();
        let input = |checkpoint: Option<Checkpoint>, start| iterator_input(&Kinesis, "arn", "s", checkpoint.as_ref(), start);
        assert_eq!(
            input(Some(Checkpoint::After("7".to_owned())), StartingPosition::Latest),
            json!({"StreamARN": "arn", "ShardId": "s", "ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": "7"})
        );
        let at = input(Some(Checkpoint::Start), StartingPosition::AtTimestamp(time));
        assert_eq!((&at["ShardIteratorType"], &at["Timestamp"]), (&json!("AT_TIMESTAMP"), &json!("2026-11-30T18:00:00Z")));
        assert_eq!(input(Some(Checkpoint::Start), StartingPosition::Latest)["ShardIteratorType"], "LATEST");
        assert_eq!(input(Some(Checkpoint::Since(time)), StartingPosition::Latest), at);
        // One that was opened after the mapping began.
        assert_eq!(input(None, StartingPosition::Latest)["ShardIteratorType"], "TRIM_HORIZON");
    }
}
