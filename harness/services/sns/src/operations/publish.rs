//! Publish and PublishBatch.

use std::collections::{BTreeMap, BTreeSet};

use nightproof_core::service::{AwsError, Call};
use nightproof_journal::{Event, Recipient};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::delivery::Sender;
use crate::error::invalid;
use crate::fifo::Sequence;
use crate::message::{LONGEST, Message, MessageAttributeValue, check_attributes, check_structure};
use crate::mobile::is_endpoint;
use crate::phone_number;
use crate::protocol::Protocol;
use crate::records::{Sns, Subscription, Topic};

/// `Publish`. <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Publish {
    topic_arn: Option<String>,
    target_arn: Option<String>,
    phone_number: Option<String>,
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
        let refused = |reason: &str, id: &str| {
            refused("InvalidBatchEntryIdException", &format!("The Id of a batch entry in the batch request {reason}: {id}"))
        };
        for entry in &self.publish_batch_request_entries {
            match entry.id.as_str() {
                id if id.len() > 80 => return refused("is too long", id),
                id if id.is_empty() || !id.bytes().all(good) => return refused("contains an impermissible character", id),
                _ => {}
            }
            check_attributes(&entry.message_attributes)?;
            check_structure(&entry.message, entry.message_structure.as_deref())?;
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

/// What a message that was taken is sent with, and the subscriptions that it is for: none if it was published before.
struct Admitted {
    sender: Sender,
    subscriptions: Vec<Subscription>,
}

impl Sns {
    /// Takes a message.
    fn admit(
        &self,
        call: &Call,
        arn: &str,
        message: &mut Message,
        group: Option<String>,
        id: Option<String>,
    ) -> Result<Admitted, AwsError> {
        self.topic(arn, |topic| {
            check_fifo(topic, group.as_deref(), id.as_deref())?;
            if topic.data_protection.is_some() {
                return Err(AwsError::not_implemented("sns", "a message to a topic with a data protection policy"));
            }
            let (version, attributes) = (topic.signature_version(), topic.attributes.clone());
            let sender = Sender::new(call, arn, std::sync::Arc::clone(&self.signer), version, attributes);
            let subscriptions = sequence(topic, call, message, group, id);
            Ok(Admitted { sender, subscriptions })
        })
    }
}

/// Gives a message of a FIFO topic its number, and returns the subscriptions that it is for.
fn sequence(
    topic: &mut Topic,
    call: &Call,
    message: &mut Message,
    group: Option<String>,
    id: Option<String>,
) -> Vec<Subscription> {
    let by_group = topic.has("FifoThroughputScope", "MessageGroup");
    let Some(fifo) = &mut topic.fifo else {
        message.group = group;
        return topic.subscriptions.clone();
    };
    let (group, deduplication_id) = (group.unwrap_or_default(), id.unwrap_or_else(|| message.digest()));
    let (number, repeated) = fifo.publish(&message.id, &deduplication_id, &group, by_group, call.now);
    message.sequence = Some(Sequence { group, deduplication_id, number });
    match repeated {
        Some(id) => {
            message.id = id;
            Vec::new()
        }
        None => topic.subscriptions.clone(),
    }
}

impl Sns {
    /// Returns after every endpoint was tried, AWS before; the output shows neither.
    pub(crate) async fn publish(&self, call: &Call, input: Publish) -> Result<Value, AwsError> {
        let structure = input.message_structure.as_deref();
        let arn = match (input.topic_arn, input.target_arn, input.phone_number) {
            (Some(arn), None, None) | (None, Some(arn), None) => arn,
            (None, None, Some(number)) => {
                phone_number::check_recipient(&number)?;
                let message = Message::read(input.message, structure, input.subject, input.message_attributes)?;
                return Ok(self.publish_to(call, Protocol::Sms, &number, &message));
            }
            _ => return Err(invalid("TopicArn or TargetArn Reason: no value for required parameter")),
        };
        let mut message = Message::read(input.message, structure, input.subject, input.message_attributes)?;
        if is_endpoint(&arn) {
            self.check_endpoint(&arn)?;
            return Ok(self.publish_to(call, Protocol::Application, &arn, &message));
        }
        let (group, id) = (input.message_group_id, input.message_deduplication_id);
        let Admitted { sender, subscriptions } = self.admit(call, &arn, &mut message, group, id)?;
        let shown = published(&message);
        sender.deliver(message, subscriptions).await;
        Ok(Value::Object(shown))
    }

    /// A message to a telephone or a mobile application: the journal has what would be sent.
    fn publish_to(&self, call: &Call, protocol: Protocol, endpoint: &str, message: &Message) -> Value {
        call.region.journal().record(Event::Notification {
            topic: endpoint.to_owned(),
            by: call.caller.arn(),
            source: call.caller.source_arn.clone(),
            what: message.summary(),
            to: vec![Recipient {
                protocol: protocol.name().to_owned(),
                endpoint: endpoint.to_owned(),
                outcome: "would be sent".to_owned(),
            }],
        });
        Value::Object(published(message))
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
            let Admitted { sender, subscriptions } = self.admit(call, topic_arn, &mut message, group, id)?;
            let mut shown = published(&message);
            sender.deliver(message, subscriptions).await;
            shown.insert("Id".to_owned(), entry.into());
            successful.push(Value::Object(shown));
        }
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }
}
