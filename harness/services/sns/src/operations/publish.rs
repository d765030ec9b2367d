//! Publish and PublishBatch.

use std::collections::{BTreeMap, BTreeSet};

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::delivery;
use crate::error::invalid;
use crate::message::{LONGEST, Message, MessageAttributeValue};
use crate::records::Sns;

/// `Publish`. <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Publish {
    topic_arn: Option<String>,
    target_arn: Option<String>,
    message: String,
    subject: Option<String>,
    message_structure: Option<String>,
    #[serde(default)]
    message_attributes: BTreeMap<String, MessageAttributeValue>,
}

/// `PublishBatch`. <https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PublishBatch {
    topic_arn: String,
    publish_batch_request_entries: Vec<BatchEntry>,
}

/// One message of a batch.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchEntry {
    id: String,
    message: String,
    subject: Option<String>,
    message_structure: Option<String>,
    #[serde(default)]
    message_attributes: BTreeMap<String, MessageAttributeValue>,
}

/// Messages that a batch may have.
const MOST: usize = 10;

impl PublishBatch {
    /// Refuses the whole batch.
    fn check(&self) -> Result<(), AwsError> {
        let refused = |code: &str, message: &str| Err(AwsError::new(code, 400, message));
        let ids: BTreeSet<&str> = self.publish_batch_request_entries.iter().map(|entry| entry.id.as_str()).collect();
        let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        match self.publish_batch_request_entries.len() {
            0 => return refused("EmptyBatchRequestException", "The batch request doesn't contain any entries."),
            entries if entries > MOST => {
                let message = "The batch request contains more entries than permissible (more than 10).";
                return refused("TooManyEntriesInBatchRequestException", message);
            }
            entries if entries > ids.len() => {
                let message = "Two or more batch entries in the request have the same Id.";
                return refused("BatchEntryIdsNotDistinctException", message);
            }
            _ => {}
        }
        if ids.iter().any(|id| id.is_empty() || id.len() > 80 || !id.bytes().all(good)) {
            let message = "The Id of a batch entry in a batch request doesn't abide by the specification.";
            return refused("InvalidBatchEntryIdException", message);
        }
        Ok(())
    }
}

impl Sns {
    /// Returns after every endpoint was tried, AWS before; the output shows neither.
    pub(crate) async fn publish(&self, call: &Call, input: Publish) -> Result<Value, AwsError> {
        let arn = match (input.topic_arn, input.target_arn) {
            (Some(arn), None) | (None, Some(arn)) => arn,
            _ => return Err(invalid("TopicArn or TargetArn Reason: no value for required parameter")),
        };
        let structure = input.message_structure.as_deref();
        let message = Message::read(input.message, structure, input.subject, input.message_attributes)?;
        let subscriptions = self.topic(&arn, |topic| Ok(topic.subscriptions.clone()))?;
        delivery::deliver(call, &arn, &message, &subscriptions).await;
        Ok(json!({ "MessageId": message.id }))
    }

    /// A message that is refused is listed as failed, and the others are delivered.
    pub(crate) async fn publish_batch(&self, call: &Call, input: PublishBatch) -> Result<Value, AwsError> {
        input.check()?;
        let subscriptions = self.topic(&input.topic_arn, |topic| Ok(topic.subscriptions.clone()))?;
        let (mut sent, mut failed, mut size) = (Vec::new(), Vec::new(), 0);
        for BatchEntry { id, message, subject, message_structure, message_attributes } in input.publish_batch_request_entries {
            match Message::read(message, message_structure.as_deref(), subject, message_attributes) {
                Ok(message) => {
                    size += message.size;
                    sent.push((id, message));
                }
                Err(error) => {
                    failed.push(json!({ "Id": id, "Code": "InvalidParameter", "Message": error.message, "SenderFault": true }));
                }
            }
        }
        if size > LONGEST {
            let message = "The length of all the batch messages put together is more than the limit.";
            return Err(AwsError::new("BatchRequestTooLongException", 400, message));
        }
        let mut successful = Vec::new();
        for (id, message) in sent {
            delivery::deliver(call, &input.topic_arn, &message, &subscriptions).await;
            successful.push(json!({ "Id": id, "MessageId": message.id }));
        }
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }
}
