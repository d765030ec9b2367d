//! Reading records of a shard.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call, arn};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::encryption::open_data_key;
use crate::error::invalid_argument;
use crate::metrics::count_read;
use crate::records::Kinesis;
use crate::sequence_number::SequenceNumber;
use crate::shard::{Position, Shard};
use crate::shard_iterator::ShardIterator;
use crate::stream::Stream;
use crate::stream_name::StreamName;

/// Records and bytes of data that a call gets at most.
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html>
const MOST_RECORDS: usize = 10_000;
const MOST_BYTES: usize = 10 << 20;

/// `GetShardIterator`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetShardIterator {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    shard_id: String,
    shard_iterator_type: String,
    starting_sequence_number: Option<String>,
    timestamp: Option<Timestamp>,
}

/// `GetRecords`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetRecords {
    shard_iterator: String,
    limit: Option<usize>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
}

/// What a call gets.
struct Batch {
    records: Vec<Value>,
    bytes: usize,
    /// The data keys that it is under.
    data_keys: BTreeSet<Arc<str>>,
    /// Where it ends.
    position: Position,
    /// Milliseconds.
    behind: i64,
    /// The shards to go on with, if this one is closed and read to its end.
    children: Option<Vec<Value>>,
}

impl GetShardIterator {
    /// Where the reader begins.
    fn position(&self, stream: &Stream, shard: &Shard, now: Timestamp) -> Result<Position, AwsError> {
        let kind = self.shard_iterator_type.as_str();
        match (kind, &self.starting_sequence_number) {
            ("AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER", Some(text)) => {
                let sequence_number = SequenceNumber::given(text);
                if !shard.may_have(&sequence_number) {
                    return Err(invalid_argument(format!(
                        "StartingSequenceNumber {text} used in GetShardIterator on shard {} in {} is invalid because it did not come from \
                         this stream.",
                        shard.id(),
                        stream.name.place()
                    )));
                }
                Ok(Position { sequence_number, inclusive: kind == "AT_SEQUENCE_NUMBER" })
            }
            ("AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER", None) => Err(mismatch(kind, "no StartingSequenceNumber")),
            ("TRIM_HORIZON" | "LATEST", Some(_)) => Err(mismatch(kind, "also a StartingSequenceNumber")),
            ("TRIM_HORIZON", None) => Ok(shard.horizon()),
            ("LATEST", None) => Ok(shard.tip()),
            _ => {
                let time = self.timestamp.ok_or_else(|| {
                    invalid_argument(
                        "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp \
                         parameter.",
                    )
                })?;
                if time > now {
                    return Err(invalid_argument(format!(
                        "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: {}, \
                         currentTimestampInMillis: {}",
                        time.as_millisecond(),
                        now.as_millisecond()
                    )));
                }
                Ok(shard.at(time))
            }
        }
    }
}

fn mismatch(kind: &str, given: &str) -> AwsError {
    invalid_argument(format!(
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and \
         no StartingSequenceNumber. Request specified {kind} and {given}."
    ))
}

/// The records of a shard from a position on, and where they end.
fn batch(stream: &Stream, shard: &Shard, from: &Position, limit: usize, now: Timestamp) -> Batch {
    let mut batch =
        Batch { records: Vec::new(), bytes: 0, data_keys: BTreeSet::new(), position: from.clone(), behind: 0, children: None };
    let mut rest = shard.records_from(from).peekable();
    let mut newest = None;
    while batch.records.len() < limit
        && let Some(record) =
            rest.next_if(|record| batch.records.is_empty() || batch.bytes + record.content.data_size() <= MOST_BYTES)
    {
        batch.records.push(record.describe());
        batch.bytes += record.content.data_size();
        batch.data_keys.extend(record.content.data_key.clone());
        batch.position = Position { sequence_number: record.sequence_number.clone(), inclusive: false };
        newest = Some(record.arrived);
    }
    match rest.peek() {
        Some(next) => {
            let reached = newest.unwrap_or(next.arrived);
            batch.behind = now.as_millisecond().saturating_sub(reached.as_millisecond()).max(0);
        }
        None if shard.closed.is_some() => batch.children = Some(stream.children(&shard.id())),
        None => {}
    }
    batch
}

impl Kinesis {
    pub(crate) fn get_shard_iterator(&self, call: &Call, input: GetShardIterator) -> Result<Value, AwsError> {
        let name = StreamName::read(call, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        let position = self.with_stream(&name, call.now, |stream| {
            stream.require_data(call.now)?;
            input.position(stream, stream.shard(&input.shard_id)?, call.now)
        })?;
        let iterator = ShardIterator { stream: name, shard: input.shard_id, position, made: call.now };
        Ok(json!({ "ShardIterator": self.seal.close(&iterator)? }))
    }

    pub(crate) async fn get_records(&self, call: &Call, input: GetRecords) -> Result<Value, AwsError> {
        let iterator = self.seal.open(&input.shard_iterator)?;
        iterator.check_age(call.now)?;
        if let Some(given) = &input.stream_arn
            && StreamName::from_arn(call, given)? != iterator.stream
        {
            return Err(invalid_argument(format!("The ShardIterator is not of the stream {}.", arn::resource_of(given))));
        }
        let limit = input.limit.unwrap_or(MOST_RECORDS).min(MOST_RECORDS);
        let (batch, stream_arn) = self.with_stream(&iterator.stream, call.now, |stream| {
            stream.require_data(call.now)?;
            Ok((batch(stream, stream.shard(&iterator.shard)?, &iterator.position, limit, call.now), stream.arn.clone()))
        })?;
        for data_key in &batch.data_keys {
            open_data_key(call, &stream_arn, data_key).await?;
        }
        count_read(call, &iterator.stream, batch.records.len(), batch.bytes, batch.behind);
        let mut answer = json!({ "Records": batch.records, "MillisBehindLatest": batch.behind });
        if let Some(members) = answer.as_object_mut() {
            match batch.children {
                Some(children) => members.insert("ChildShards".to_owned(), children.into()),
                None => {
                    let next = ShardIterator { position: batch.position, made: call.now, ..iterator };
                    members.insert("NextShardIterator".to_owned(), self.seal.close(&next)?.into())
                }
            };
        }
        Ok(answer)
    }
}
