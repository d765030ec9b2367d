//! Publish and PublishBatch.

use std::collections::{BTreeMap, BTreeSet};

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::delivery;
use crate::error::invalid;
use crate::fifo::Sequence;
use crate::message::{LONGEST, Message, MessageAttributeValue};
use crate::records::{Sns, Subscription, Topic};

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
    message_deduplication_id: Option<String>,
    message_group_id: Option<String>,
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
    message_deduplication_id: Option<String>,
    message_group_id: Option<String>,
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
                let message = "The batch request contains more entries than permissible.";
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

/// What `Publish` returns of a message.
fn published(message: &Message) -> Map<String, Value> {
    let number = message.sequence.as_ref().map(|sequence| Value::from(sequence.number.as_str()));
    let members = [("MessageId", Some(Value::from(message.id.as_str()))), ("SequenceNumber", number)];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// Refuses a message that lacks what its topic asks for, or has what the topic does not know.
fn check_fifo(topic: &Topic, group: Option<&str>, id: Option<&str>) -> Result<(), AwsError> {
    if topic.fifo.is_none() {
        return match id {
            Some(_) => Err(invalid(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
            )),
            None => Ok(()),
        };
    }
    if group.is_none() {
        return Err(invalid("The MessageGroupId parameter is required for FIFO topics"));
    }
    if id.is_none() && !topic.has("ContentBasedDeduplication", "true") {
        let reason =
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
        return Err(invalid(reason));
    }
    Ok(())
}

/// Takes a message, and returns the subscriptions that it is for: none if it was published before.
fn admit(
    topic: &mut Topic,
    call: &Call,
    message: &mut Message,
    group: Option<String>,
    id: Option<String>,
) -> Result<Vec<Subscription>, AwsError> {
    check_fifo(topic, group.as_deref(), id.as_deref())?;
    let by_group = topic.has("FifoThroughputScope", "MessageGroup");
    let Some(fifo) = &mut topic.fifo else {
        message.group = group;
        return Ok(topic.subscriptions.clone());
    };
    let (group, deduplication_id) = (group.unwrap_or_default(), id.unwrap_or_else(|| message.digest()));
    let (number, repeated) = fifo.publish(&message.id, &deduplication_id, &group, by_group, call.now);
    message.sequence = Some(Sequence { group, deduplication_id, number });
    match repeated {
        Some(id) => {
            message.id = id;
            Ok(Vec::new())
        }
        None => Ok(topic.subscriptions.clone()),
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
        let mut message = Message::read(input.message, structure, input.subject, input.message_attributes)?;
        let (group, id) = (input.message_group_id, input.message_deduplication_id);
        let subscriptions = self.topic(&arn, |topic| admit(topic, call, &mut message, group, id))?;
        delivery::deliver(call, &arn, &message, &subscriptions).await;
        Ok(Value::Object(published(&message)))
    }

    /// A message that is refused is listed as failed, and the others are delivered.
    pub(crate) async fn publish_batch(&self, call: &Call, input: PublishBatch) -> Result<Value, AwsError> {
        input.check()?;
        let topic_arn = input.topic_arn.as_str();
        self.topic(topic_arn, |topic| {
            let mut entries = input.publish_batch_request_entries.iter();
            entries.try_for_each(|entry| {
                let given = (entry.message_group_id.as_deref(), entry.message_deduplication_id.as_deref());
                check_fifo(topic, given.0, given.1)
            })
        })?;
        let (mut sent, mut failed, mut size) = (Vec::new(), Vec::new(), 0);
        for entry in input.publish_batch_request_entries {
            match Message::read(entry.message, entry.message_structure.as_deref(), entry.subject, entry.message_attributes) {
                Ok(message) => {
                    size += message.size;
                    sent.push((entry.id, message, entry.message_group_id, entry.message_deduplication_id));
                }
                Err(error) => failed.push(json!({
                    "Id": entry.id, "Code": "InvalidParameter", "Message": error.message, "SenderFault": true,
                })),
            }
        }
        if size > LONGEST {
            let message = "The length of all the messages put together is more than the limit.";
            return Err(AwsError::new("BatchRequestTooLongException", 400, message));
        }
        let mut successful = Vec::new();
        for (entry, mut message, group, id) in sent {
            let subscriptions = self.topic(topic_arn, |topic| admit(topic, call, &mut message, group, id))?;
            delivery::deliver(call, topic_arn, &message, &subscriptions).await;
            let mut shown = published(&message);
            shown.insert("Id".to_owned(), entry.into());
            successful.push(Value::Object(shown));
        }
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }
}
