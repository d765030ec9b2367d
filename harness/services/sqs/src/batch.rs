//! Batches: each entry succeeds or fails by itself, the batch only for what concerns it as a whole.

use std::collections::BTreeSet;

use nightproof_core::service::{AwsError, Call};
use serde_json::{Map, Value, json};

use super::{Sqs, text};

const LARGEST: usize = 1_048_576;

fn entries(input: &Value) -> Result<Vec<Value>, AwsError> {
    let entries = input.get("Entries").and_then(Value::as_array).cloned().unwrap_or_default();
    if entries.is_empty() {
        return Err(AwsError::new("EmptyBatchRequest", 400, "There should be at least one entry in the request."));
    }
    if entries.len() > 10 {
        return Err(AwsError::new(
            "TooManyEntriesInBatchRequest",
            400,
            format!("Maximum number of entries per request are 10. You have sent {}.", entries.len()),
        ));
    }
    let mut seen = BTreeSet::new();
    for id in entries.iter().map(|entry| text(entry, "Id").unwrap_or_default()) {
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
    Ok(entries)
}

/// Sorts results into `Successful` and `Failed`.
fn outcome(results: Vec<(Value, Result<Value, AwsError>)>) -> Value {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (entry, result) in results {
        let id = json!(text(&entry, "Id").unwrap_or_default());
        match result {
            Ok(output) => {
                let mut output: Map<String, Value> = output.as_object().cloned().unwrap_or_default();
                output.insert("Id".to_owned(), id);
                successful.push(Value::Object(output));
            }
            Err(error) => failed.push(json!({
                "Id": id, "SenderFault": error.status < 500, "Code": error.code, "Message": error.message,
            })),
        }
    }
    json!({"Successful": successful, "Failed": failed})
}

/// The entry as the input of its single operation.
fn single(input: &Value, entry: &Value) -> Value {
    let mut single = entry.clone();
    if let (Some(single), Some(url)) = (single.as_object_mut(), input.get("QueueUrl")) {
        single.insert("QueueUrl".to_owned(), url.clone());
    }
    single
}

impl Sqs {
    pub(super) async fn send_message_batch(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.queue(input, |_| Ok(()))?;
        let entries = entries(input)?;
        let bytes: usize = entries.iter().map(|entry| text(entry, "MessageBody").unwrap_or_default().len()).sum();
        if bytes > LARGEST {
            return Err(AwsError::new(
                "BatchRequestTooLong",
                400,
                format!("Batch requests cannot be longer than {LARGEST} bytes. You have sent {bytes} bytes."),
            ));
        }
        let data_key = self.data_key(call, input).await?;
        let send = |entry: Value| {
            let result = self.enqueue(call, input, &entry, data_key.clone());
            (entry, result)
        };
        Ok(outcome(entries.into_iter().map(send).collect()))
    }

    pub(super) fn delete_message_batch(&self, input: &Value) -> Result<Value, AwsError> {
        self.queue(input, |_| Ok(()))?;
        let delete = |entry: Value| {
            let result = self.delete_message(&single(input, &entry));
            (entry, result)
        };
        Ok(outcome(entries(input)?.into_iter().map(delete).collect()))
    }

    pub(super) fn change_message_visibility_batch(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.queue(input, |_| Ok(()))?;
        let change = |entry: Value| {
            let result = self.change_message_visibility(call, &single(input, &entry));
            (entry, result)
        };
        Ok(outcome(entries(input)?.into_iter().map(change).collect()))
    }
}
