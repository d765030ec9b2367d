//! Putting records into a stream.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::data_record::{NewRecord, size};
use crate::encryption::new_data_key;
use crate::error::invalid_argument;
use crate::hash_key;
use crate::metrics::count_written;
use crate::records::Kinesis;
use crate::stream::{DataKey, Stream};
use crate::stream_name::StreamName;

/// Bytes of all records of a call, with their partition keys.
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>
const LARGEST_CALL: usize = 10 << 20;

/// `PutRecord`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutRecord {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    data: String,
    partition_key: Option<String>,
    explicit_hash_key: Option<String>,
    #[expect(dead_code, reason = "the records of a shard are always in the order of the calls")]
    sequence_number_for_ordering: Option<String>,
}

/// `PutRecords`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutRecords {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    records: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Entry {
    data: String,
    partition_key: Option<String>,
    explicit_hash_key: Option<String>,
}

impl Entry {
    fn hash_key(&self) -> Result<u128, AwsError> {
        // Only streams whose records Kinesis distributes by itself do without, and there are none here.
        let partition_key = self.partition_key.as_ref().ok_or_else(|| {
            AwsError::validation(
                "1 validation error detected: Value at 'partitionKey' failed to satisfy constraint: Member must not be null",
            )
        })?;
        match &self.explicit_hash_key {
            Some(key) => hash_key::explicit(key),
            None => Ok(hash_key::of_partition_key(partition_key)),
        }
    }

    /// Bytes of data and partition key.
    fn size(&self) -> usize {
        size(&self.data) + self.partition_key.as_ref().map_or(0, String::len)
    }
}

/// The records of a call in their shards.
struct Put {
    /// The shape `PutRecordsResultEntry` of each.
    results: Vec<Value>,
    throttled: usize,
    is_encrypted: bool,
}

impl Kinesis {
    pub(crate) async fn put_record(&self, call: &Call, input: PutRecord) -> Result<Value, AwsError> {
        let name = StreamName::read(call, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        let PutRecord { data, partition_key, explicit_hash_key, .. } = input;
        let put = self.put(call, &name, vec![Entry { data, partition_key, explicit_hash_key }]).await?;
        let result = put.results.into_iter().next().unwrap_or_default();
        if put.throttled > 0 {
            let message = result.get("ErrorMessage").and_then(Value::as_str).unwrap_or_default();
            return Err(AwsError::new("ProvisionedThroughputExceededException", 400, message));
        }
        Ok(with_encryption(result, put.is_encrypted))
    }

    pub(crate) async fn put_records(&self, call: &Call, input: PutRecords) -> Result<Value, AwsError> {
        let name = StreamName::read(call, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        let bytes: usize = input.records.iter().map(Entry::size).sum();
        if bytes > LARGEST_CALL {
            return Err(invalid_argument(format!("Records size exceeds {} MB limit", LARGEST_CALL >> 20)));
        }
        let put = self.put(call, &name, input.records).await?;
        let answer = json!({ "FailedRecordCount": put.throttled, "Records": put.results });
        Ok(with_encryption(answer, put.is_encrypted))
    }

    async fn put(&self, call: &Call, name: &StreamName, entries: Vec<Entry>) -> Result<Put, AwsError> {
        let keys = entries.iter().map(Entry::hash_key).collect::<Result<Vec<u128>, _>>()?;
        let (arn, key) = self.with_stream(name, call.now, |stream| {
            stream.require_data(call.now)?;
            entries.iter().try_for_each(|entry| check_size(stream, &entry.data))?;
            Ok((stream.arn.clone(), stream.key.clone()))
        })?;
        let data_key = new_data_key(call, &arn, key.as_deref()).await?;
        let bytes: Vec<usize> = entries.iter().map(Entry::size).collect();
        let (put, taken) = self.with_stream(name, call.now, |stream| {
            stream.require_data(call.now)?;
            let is_encrypted = stream.key.is_some();
            let mut put = Put { results: Vec::new(), throttled: 0, is_encrypted };
            let mut taken = 0;
            for ((entry, key), bytes) in entries.into_iter().zip(keys).zip(bytes) {
                let record = new_record(entry, data_key.clone(), is_encrypted);
                let (shard, number) =
                    stream.put(key, record, call.now).ok_or_else(|| AwsError::internal("a hash key has no shard"))?;
                put.results.push(match number {
                    Some(number) => {
                        taken += bytes;
                        json!({ "ShardId": shard, "SequenceNumber": number.to_string() })
                    }
                    None => {
                        put.throttled += 1;
                        json!({
                            "ErrorCode": "ProvisionedThroughputExceededException",
                            "ErrorMessage": format!("Rate exceeded for shard {shard} in {}.", name.place()),
                        })
                    }
                });
            }
            Ok((put, taken))
        })?;
        count_written(call, name, put.results.len() - put.throttled, taken, put.throttled);
        Ok(put)
    }
}

fn new_record(entry: Entry, data_key: DataKey, is_encrypted: bool) -> NewRecord {
    NewRecord { partition_key: entry.partition_key.unwrap_or_default(), data: entry.data, data_key, is_encrypted }
}

fn check_size(stream: &Stream, data: &str) -> Result<(), AwsError> {
    let largest = usize::try_from(stream.record_size).unwrap_or(usize::MAX).saturating_mul(1024);
    if size(data) <= largest {
        return Ok(());
    }
    Err(AwsError::validation(format!(
        "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less than or equal to {largest}"
    )))
}

fn with_encryption(mut answer: Value, is_encrypted: bool) -> Value {
    if let Some(members) = answer.as_object_mut().filter(|_| is_encrypted) {
        members.insert("EncryptionType".to_owned(), "KMS".into());
    }
    answer
}
