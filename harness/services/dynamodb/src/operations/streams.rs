//! Streams: listing, describing and reading them.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use nightproof_core::service::{AwsError, Call, arn};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::validation;
use crate::records::DynamoDbStreams;
use crate::stream::{Stream, sequence_number};
use crate::table_name::TableName;

/// How long an iterator can be used.
const ITERATOR: SignedDuration = SignedDuration::from_mins(15);
/// Records of a read, and streams of a page.
const MOST_RECORDS: usize = 1000;
const PAGE: usize = 100;

/// `ListStreams`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_ListStreams.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListStreams {
    table_name: Option<String>,
    limit: Option<usize>,
    exclusive_start_stream_arn: Option<String>,
}

/// `DescribeStream`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeStream {
    stream_arn: String,
    #[expect(dead_code, reason = "there is one shard")]
    limit: Option<usize>,
    exclusive_start_shard_id: Option<String>,
    shard_filter: Option<ShardFilter>,
}

/// `ShardFilter`: the children of a shard, of which there are none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ShardFilter {
    #[expect(dead_code, reason = "it has one value")]
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[expect(dead_code, reason = "no shard has children")]
    shard_id: Option<String>,
}

/// `GetShardIterator`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetShardIterator {
    stream_arn: String,
    shard_id: String,
    shard_iterator_type: String,
    sequence_number: Option<String>,
}

/// `GetRecords`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetRecords {
    shard_iterator: String,
    limit: Option<usize>,
}

/// A place in a stream, which a client carries from read to read.
#[derive(Debug, PartialEq, Eq)]
struct Iterator {
    stream: String,
    next: u64,
    issued: Timestamp,
}

impl Iterator {
    fn show(&self) -> String {
        let place = STANDARD.encode(format!("{}/{}", self.next, self.issued.as_millisecond()));
        format!("{}|1|{place}", self.stream)
    }

    fn read(text: &str) -> Result<Self, AwsError> {
        let parsed = || {
            let (stream, place) = text.split_once("|1|")?;
            let place = String::from_utf8(STANDARD.decode(place).ok()?).ok()?;
            let (next, issued) = place.split_once('/')?;
            let issued = Timestamp::from_millisecond(issued.parse().ok()?).ok()?;
            Some(Self { stream: stream.to_owned(), next: next.parse().ok()?, issued })
        };
        parsed().ok_or_else(|| validation("Invalid ShardIterator"))
    }
}

/// The stream that an iterator is of.
pub(crate) fn stream_of_iterator(text: &str) -> Option<String> {
    Iterator::read(text).ok().map(|iterator| iterator.stream)
}

impl DynamoDbStreams {
    fn stream<T>(&self, call: &Call, stream: &str, act: impl FnOnce(&Stream) -> Result<T, AwsError>) -> Result<T, AwsError> {
        self.tables.with(call, arn::account_of(stream), |records| match records.streams.get(stream) {
            Some(found) => act(found),
            None => {
                let message = format!("Requested resource not found: Stream: {stream} not found");
                Err(AwsError::new("ResourceNotFoundException", 400, message))
            }
        })
    }

    pub(crate) fn list_streams(&self, call: &Call, input: ListStreams) -> Result<Value, AwsError> {
        let of_table = input.table_name.map(|given| TableName::read(call, &given).name);
        self.tables.with(call, call.account(), |records| {
            let wanted = |stream: &&Stream| of_table.as_ref().is_none_or(|table| stream.table == *table);
            let rest = records
                .streams
                .values()
                .filter(wanted)
                .filter(|stream| input.exclusive_start_stream_arn.as_ref().is_none_or(|marker| stream.arn > *marker));
            let found: Vec<&Stream> = rest.collect();
            let size = input.limit.unwrap_or(PAGE);
            let shown: Vec<Value> = found
                .iter()
                .take(size)
                .map(|stream| json!({ "StreamArn": stream.arn, "StreamLabel": stream.label, "TableName": stream.table }))
                .collect();
            let mut output = Map::new();
            output.insert("Streams".to_owned(), shown.into());
            if let Some(last) = found.get(size.saturating_sub(1)).filter(|_| found.len() > size) {
                output.insert("LastEvaluatedStreamArn".to_owned(), last.arn.as_str().into());
            }
            Ok(output.into())
        })
    }

    pub(crate) fn describe_stream(&self, call: &Call, input: DescribeStream) -> Result<Value, AwsError> {
        self.stream(call, &input.stream_arn, |stream| {
            let shown = input.shard_filter.is_none() && input.exclusive_start_shard_id.is_none_or(|after| stream.shard > after);
            Ok(json!({ "StreamDescription": stream.describe(shown) }))
        })
    }

    pub(crate) fn get_shard_iterator(&self, call: &Call, input: GetShardIterator) -> Result<Value, AwsError> {
        let kinds = ["AFTER_SEQUENCE_NUMBER", "AT_SEQUENCE_NUMBER", "LATEST", "TRIM_HORIZON"];
        AwsError::check_enumerated("shardIteratorType", &input.shard_iterator_type, &kinds)?;
        self.stream(call, &input.stream_arn, |stream| {
            if stream.shard != input.shard_id {
                let message = "Requested resource not found: Shard does not exist";
                return Err(AwsError::new("ResourceNotFoundException", 400, message));
            }
            let next = match (input.shard_iterator_type.as_str(), input.sequence_number.as_deref()) {
                ("TRIM_HORIZON", None) => stream.oldest(),
                ("LATEST", None) => stream.next,
                ("TRIM_HORIZON" | "LATEST", Some(_)) => {
                    let message = format!("SequenceNumber should not be given for ShardIteratorType {}", input.shard_iterator_type);
                    return Err(validation(message));
                }
                (kind, None) => return Err(validation(format!("SequenceNumber is required for ShardIteratorType {kind}"))),
                (kind, Some(given)) => {
                    // The first record that comes at or after the number.
                    let at = (0..stream.next).find(|number| sequence_number(*number).as_str() >= given).unwrap_or(stream.next);
                    let is_it = sequence_number(at) == given;
                    if at < stream.oldest() {
                        let message =
                            "The operation attempted to read past the oldest stream record in a shard: the record has been trimmed";
                        return Err(AwsError::new("TrimmedDataAccessException", 400, message));
                    }
                    at + u64::from(kind == "AFTER_SEQUENCE_NUMBER" && is_it && at < stream.next)
                }
            };
            let iterator = Iterator { stream: stream.arn.clone(), next, issued: call.now };
            Ok(json!({ "ShardIterator": iterator.show() }))
        })
    }

    pub(crate) fn get_records(&self, call: &Call, input: GetRecords) -> Result<Value, AwsError> {
        let iterator = Iterator::read(&input.shard_iterator)?;
        if call.now.duration_since(iterator.issued) > ITERATOR {
            let message = format!(
                "Iterator expired. The iterator was created at time {} while right now it is {} which is further in the future than the tolerated delay of {} milliseconds",
                iterator.issued,
                call.now,
                ITERATOR.as_millis()
            );
            return Err(AwsError::new("ExpiredIteratorException", 400, message));
        }
        self.stream(call, &iterator.stream, |stream| {
            if iterator.next < stream.oldest() {
                let message =
                    "The operation attempted to read past the oldest stream record in a shard: the record has been trimmed";
                return Err(AwsError::new("TrimmedDataAccessException", 400, message));
            }
            let (records, next) = stream.read(iterator.next, input.limit.unwrap_or(MOST_RECORDS).min(MOST_RECORDS));
            let mut output = Map::new();
            output.insert("Records".to_owned(), records.into());
            // A shard that is closed and read to its end has no next place.
            if stream.disabled.is_none() || next < stream.next {
                let following = Iterator { stream: stream.arn.clone(), next, issued: call.now };
                output.insert("NextShardIterator".to_owned(), following.show().into());
            }
            Ok(output.into())
        })
    }
}
