//! Published messages, and the form in which an endpoint receives them.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>

use std::collections::BTreeMap;

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use nightproof_core::{Region, queue_url};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::error::invalid;
use crate::fifo::Sequence;
use crate::records::{Protocol, Subscription};

/// Bytes of a message with its attributes.
pub(super) const LONGEST: usize = 256 * 1024;

/// An attribute of a message.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MessageAttributeValue {
    data_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<String>,
    /// Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    binary_value: Option<String>,
}

/// A message to a topic.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) subject: Option<String>,
    /// For everybody, or each protocol's own by its name.
    text: Text,
    attributes: BTreeMap<String, MessageAttributeValue>,
    /// Of a FIFO topic.
    pub(super) sequence: Option<Sequence>,
    /// For fair queues, without a FIFO topic.
    pub(super) group: Option<String>,
    /// Bytes of the text and the attributes as they were published.
    pub(super) size: usize,
}

#[derive(Debug)]
enum Text {
    One(String),
    /// With one for `default`.
    Each(Map<String, Value>),
}

impl MessageAttributeValue {
    /// Refuses an attribute of an unknown type or without a value.
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>
    fn check(&self) -> Result<(), AwsError> {
        let kind = &self.data_type;
        let has = |value: &Option<String>| value.as_ref().is_some_and(|value| !value.is_empty());
        match kind.split('.').next().unwrap_or_default() {
            "String" | "Number" if has(&self.string_value) => Ok(()),
            "Binary" if has(&self.binary_value) => Ok(()),
            "String" | "Number" | "Binary" => {
                Err(AwsError::new("InvalidParameterValueException", 400, "The message attribute must contain a non-empty value."))
            }
            _ => Err(AwsError::new(
                "InvalidParameterValueException",
                400,
                format!(
                    "The message attribute has an invalid type: {kind}; the supported types are String, Number, Binary and String.Array."
                ),
            )),
        }
    }

    /// Bytes of type and value.
    fn size(&self) -> usize {
        let text = self.string_value.as_ref().map_or(0, String::len);
        let binary = self.binary_value.as_ref().map_or(0, |base64| base64.trim_end_matches('=').len() * 3 / 4);
        self.data_type.len() + text + binary
    }

    /// The value that filter policies look at; `None` for bytes, which they do not see.
    fn filtered(&self) -> Option<Value> {
        let text = self.string_value.as_ref()?;
        Some(match self.data_type.as_str() {
            kind if kind.starts_with("Number") => serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()),
            "String.Array" => serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()),
            _ => text.as_str().into(),
        })
    }

    /// The attribute in the envelope of a notification.
    fn describe(&self) -> Value {
        let value = self.string_value.as_ref().or(self.binary_value.as_ref()).map(String::as_str).unwrap_or_default();
        json!({ "Type": self.data_type, "Value": value })
    }
}

impl Message {
    /// A message of `Publish`, with a new id.
    pub(super) fn read(
        text: String,
        structure: Option<&str>,
        subject: Option<String>,
        attributes: BTreeMap<String, MessageAttributeValue>,
    ) -> Result<Self, AwsError> {
        if text.is_empty() {
            return Err(invalid("Empty message"));
        }
        attributes.values().try_for_each(MessageAttributeValue::check)?;
        let size = text.len() + attributes.iter().map(|(name, value)| name.len() + value.size()).sum::<usize>();
        if size > LONGEST {
            return Err(invalid("Message too long"));
        }
        if let Some(subject) = &subject {
            let good = |letter: char| letter.is_ascii_graphic() || letter == ' ';
            if subject.is_empty() || subject.len() > 100 || subject.starts_with(' ') || !subject.chars().all(good) {
                return Err(invalid("Subject"));
            }
        }
        let text = match structure {
            None => Text::One(text),
            Some("json") => match serde_json::from_str(&text) {
                // What is no text for its protocol is left out, as AWS does.
                Ok(Value::Object(mut each)) if each.get("default").is_some_and(Value::is_string) => {
                    each.retain(|_, text| text.is_string());
                    Text::Each(each)
                }
                Ok(_) => return Err(invalid("Message Structure - No default entry in JSON message body")),
                Err(_) => return Err(invalid("Message Structure - JSON message body failed to parse")),
            },
            Some(_) => return Err(invalid("MessageStructure")),
        };
        Ok(Self { id: uuid::Uuid::new_v4().to_string(), subject, text, attributes, sequence: None, group: None, size })
    }

    /// The deduplication id that a message has by its text.
    pub(super) fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.text("default").as_bytes()))
    }

    /// The attributes as filter policies look at them.
    pub(super) fn filtered(&self) -> Value {
        let values = self.attributes.iter().filter_map(|(name, value)| Some((name.clone(), value.filtered()?)));
        Value::Object(values.collect())
    }

    /// The text for a protocol.
    pub(super) fn text(&self, protocol: &str) -> &str {
        match &self.text {
            Text::One(text) => text,
            Text::Each(each) => each.get(protocol).or_else(|| each.get("default")).and_then(Value::as_str).unwrap_or_default(),
        }
    }

    /// Input of `SendMessage` to the subscription's queue. A raw message is the text alone, its attributes those of the queue's message.
    /// In the envelope stand all members of AWS's but for the signature: nobody but AWS could sign in its name.
    pub(super) fn for_queue(&self, subscription: &Subscription, topic: &str, region: &Region) -> Value {
        let text = self.text(Protocol::Sqs.name());
        let queue = subscription.endpoint.as_str();
        let url = queue_url(queue);
        let with_group = |mut message: Value| {
            let Some(members) = message.as_object_mut() else { return message };
            match &self.sequence {
                Some(sequence) if queue.ends_with(".fifo") => {
                    members.insert("MessageGroupId".to_owned(), sequence.group.as_str().into());
                    members.insert("MessageDeduplicationId".to_owned(), sequence.deduplication_id.as_str().into());
                }
                _ => {
                    if let Some(group) = &self.group {
                        members.insert("MessageGroupId".to_owned(), group.as_str().into());
                    }
                }
            }
            message
        };
        if subscription.is_raw() {
            let mut message = json!({ "QueueUrl": url, "MessageBody": text });
            if let (false, Some(members)) = (self.attributes.is_empty(), message.as_object_mut()) {
                members.insert("MessageAttributes".to_owned(), json!(self.attributes));
            }
            return with_group(message);
        }
        let mut body = Map::new();
        let mut say = |name: &str, value: Value| body.insert(name.to_owned(), value);
        say("Type", "Notification".into());
        say("MessageId", self.id.as_str().into());
        if let Some(sequence) = &self.sequence {
            say("SequenceNumber", sequence.number.as_str().into());
        }
        say("TopicArn", topic.into());
        if let Some(subject) = &self.subject {
            say("Subject", subject.as_str().into());
        }
        say("Message", text.into());
        say("Timestamp", region.clock().now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string().into());
        let unsubscribe =
            format!("https://sns.{}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={}", region.name(), subscription.arn);
        say("UnsubscribeURL", unsubscribe.into());
        if !self.attributes.is_empty() {
            let described = |(name, value): (&String, &MessageAttributeValue)| (name.clone(), value.describe());
            say("MessageAttributes", Value::Object(self.attributes.iter().map(described).collect()));
        }
        with_group(json!({ "QueueUrl": url, "MessageBody": Value::Object(body).to_string() }))
    }

    /// In a few words, for who reads what a drill did: the subject, or what an event says that it is.
    pub(super) fn summary(&self) -> String {
        if let Some(subject) = &self.subject {
            return subject.clone();
        }
        let text = self.text("default");
        let event = serde_json::from_str::<Value>(text).unwrap_or_default();
        match event.text("detail-type") {
            Some(kind) => {
                let detail = event.get("detail").unwrap_or(&Value::Null);
                let said = ["status", "instance-id"].iter().filter_map(|name| detail.text(name)).collect::<Vec<_>>().join(" ");
                format!("\"{kind}\" {said}").trim_end().to_owned()
            }
            None => format!("a message of {} bytes without a subject", text.len()),
        }
    }
}
