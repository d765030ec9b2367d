//! Batches: each entry succeeds or fails by itself, the batch only for what concerns it as a whole.

use std::collections::BTreeSet;

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::operations::messages::{ChangeMessageVisibility, DeleteMessage};
use crate::operations::send::SendMessageBatchEntry;
use crate::records::Sqs;

const LARGEST: usize = 1_048_576;

/// `SendMessageBatch`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SendMessageBatch {
    queue_url: String,
    entries: Vec<SendMessageBatchEntry>,
}

/// `DeleteMessageBatch`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteMessageBatch {
    queue_url: String,
    entries: Vec<DeleteMessageBatchEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteMessageBatchEntry {
    id: String,
    receipt_handle: String,
}

/// `ChangeMessageVisibilityBatch`.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ChangeMessageVisibilityBatch {
    queue_url: String,
    entries: Vec<ChangeMessageVisibilityBatchEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChangeMessageVisibilityBatchEntry {
    id: String,
    receipt_handle: String,
    #[serde(default)]
    visibility_timeout: i64,
}

/// Checks a batch as a whole: how many entries it has, and their ids.
fn check<'a>(ids: impl ExactSizeIterator<Item = &'a str>) -> Result<(), AwsError> {
    if ids.len() == 0 {
        return Err(AwsError::new("EmptyBatchRequest", 400, "There should be at least one entry in the request."));
    }
    if ids.len() > 10 {
        return Err(AwsError::new(
            "TooManyEntriesInBatchRequest",
            400,
            format!("Maximum number of entries per request are 10. You have sent {}.", ids.len()),
        ));
    }
    let mut seen = BTreeSet::new();
    for id in ids {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if id.is_empty() || id.len() > 80 || !id.bytes().all(good) {
            return Err(AwsError::new(
                "InvalidBatchEntryId",
                400,
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
            ));
        }
        if !seen.insert(id) {
            return Err(AwsError::new("BatchEntryIdsNotDistinct", 400, format!("Id {id} repeated.")));
        }
    }
    Ok(())
}

/// Sorts results, each with its entry's id, into `Successful` and `Failed`.
fn outcome(results: impl Iterator<Item = (String, Result<Value, AwsError>)>) -> Value {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (id, result) in results {
        match result {
            Ok(output) => {
                let mut output: Map<String, Value> = output.as_object().cloned().unwrap_or_default();
                output.insert("Id".to_owned(), json!(id));
                successful.push(Value::Object(output));
            }
            Err(error) => failed.push(json!({
                "Id": id, "SenderFault": error.status < 500, "Code": error.code, "Message": error.message,
            })),
        }
    }
    // Lists of nothing are left out, as AWS leaves them out.
    let lists = [("Successful", successful), ("Failed", failed)].into_iter().filter(|(_, list)| !list.is_empty());
    lists.map(|(name, list)| (name.to_owned(), Value::Array(list))).collect::<Map<_, _>>().into()
}

impl Sqs {
    pub(crate) async fn send_message_batch(&self, call: &Call, input: SendMessageBatch) -> Result<Value, AwsError> {
        let SendMessageBatch { queue_url, entries } = input;
        self.queue(&queue_url, |_| Ok(()))?;
        check(entries.iter().map(|entry| entry.id.as_str()))?;
        let bytes: usize = entries.iter().map(|entry| entry.message_body.len()).sum();
        if bytes > LARGEST {
            return Err(AwsError::new(
                "BatchRequestTooLong",
                400,
                format!("Batch requests cannot be longer than {LARGEST} bytes. You have sent {bytes} bytes."),
            ));
        }
        self.queue(&queue_url, |queue| {
            let by_body = queue.has("ContentBasedDeduplication", "true");
            if queue.fifo.is_some() { entries.iter().try_for_each(|entry| entry.check_fifo(by_body)) } else { Ok(()) }
        })?;
        let data_key = self.data_key(call, &queue_url).await?;
        let send = |entry: SendMessageBatchEntry| {
            let id = entry.id.clone();
            (id, self.enqueue(call, &queue_url, entry, data_key.clone()))
        };
        Ok(outcome(entries.into_iter().map(send)))
    }

    pub(crate) fn delete_message_batch(&self, call: &Call, input: DeleteMessageBatch) -> Result<Value, AwsError> {
        let DeleteMessageBatch { queue_url, entries } = input;
        self.queue(&queue_url, |_| Ok(()))?;
        check(entries.iter().map(|entry| entry.id.as_str()))?;
        let delete = |entry: DeleteMessageBatchEntry| {
            let single = DeleteMessage { queue_url: queue_url.clone(), receipt_handle: entry.receipt_handle };
            (entry.id, self.delete_message(call, single))
        };
        Ok(outcome(entries.into_iter().map(delete)))
    }

    pub(crate) fn change_message_visibility_batch(
        &self,
        call: &Call,
        input: ChangeMessageVisibilityBatch,
    ) -> Result<Value, AwsError> {
        let ChangeMessageVisibilityBatch { queue_url, entries } = input;
        self.queue(&queue_url, |_| Ok(()))?;
        check(entries.iter().map(|entry| entry.id.as_str()))?;
        let change = |entry: ChangeMessageVisibilityBatchEntry| {
            let single = ChangeMessageVisibility {
                queue_url: queue_url.clone(),
                receipt_handle: entry.receipt_handle,
                visibility_timeout: entry.visibility_timeout,
            };
            (entry.id, self.change_message_visibility(call, single))
        };
        Ok(outcome(entries.into_iter().map(change)))
    }
}
