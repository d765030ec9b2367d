//! Published messages, and the form in which an endpoint receives them.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>

use std::collections::BTreeMap;

use nightproof_core::document::Members as _;
use nightproof_core::queue_url;
use nightproof_core::service::AwsError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::error::invalid;
use crate::fifo::Sequence;

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

fn wrong_attribute(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValueException", 400, message.into())
}

/// Refuses a name that no attribute may have.
fn check_name(name: &str) -> Result<(), AwsError> {
    let bad = name.chars().find(|letter| !(letter.is_ascii_alphanumeric() || "_-.".contains(*letter)));
    let message = match bad {
        _ if name.len() > 256 => "Length of message attribute name must be less than 256 bytes.".to_owned(),
        _ if name.starts_with('.') => "Invalid message attribute name starting with character '.' was found.".to_owned(),
        _ if name.ends_with('.') => "Invalid message attribute name ending with character '.' was found.".to_owned(),
        Some(letter) => format!(
            "Invalid non-alphanumeric character '#x{:X}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, \
             underscores, or dots.",
            u32::from(letter)
        ),
        None if name.contains("..") => "Message attribute name can not have successive '.' character.".to_owned(),
        None => return Ok(()),
    };
    Err(wrong_attribute(message))
}

/// Refuses attributes by their names and values.
pub(super) fn check_attributes(attributes: &BTreeMap<String, MessageAttributeValue>) -> Result<(), AwsError> {
    attributes.iter().try_for_each(|(name, value)| check_name(name).and_then(|()| value.check(name)))
}

impl Text {
    fn read(text: String, structure: Option<&str>) -> Result<Self, AwsError> {
        match structure {
            None => Ok(Self::One(text)),
            Some("json") => match serde_json::from_str(&text) {
                // What is no text for its protocol is left out, as AWS does.
                Ok(Value::Object(mut each)) if each.get("default").is_some_and(Value::is_string) => {
                    each.retain(|_, text| text.is_string());
                    Ok(Self::Each(each))
                }
                Ok(_) => Err(invalid("Message Structure - No default entry in JSON message body")),
                Err(_) => Err(invalid("Message Structure - JSON message body failed to parse")),
            },
            Some(_) => Err(invalid("MessageStructure")),
        }
    }
}

/// Refuses what a message of a structure may not be.
pub(super) fn check_structure(text: &str, structure: Option<&str>) -> Result<(), AwsError> {
    Text::read(text.to_owned(), structure).map(drop)
}

impl MessageAttributeValue {
    /// Refuses an attribute of an unknown type, without a value, or with one in another type's field.
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>
    fn check(&self, name: &str) -> Result<(), AwsError> {
        let kind = &self.data_type;
        let refused = |reason: &str| Err(wrong_attribute(format!("The message attribute '{name}' {reason}")));
        let (base, custom) = kind.split_once('.').map_or((kind.as_str(), None), |(base, custom)| (base, Some(custom)));
        if !["String", "Number", "Binary"].contains(&base) || custom.is_some_and(str::is_empty) {
            return refused(
                "has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
            );
        }
        let (value, other, field) = match base {
            "Binary" => (&self.binary_value, &self.string_value, "Binary"),
            _ => (&self.string_value, &self.binary_value, "String"),
        };
        match (value, other) {
            (Some(value), _) if !value.is_empty() => Ok(()),
            (None, Some(_)) => refused(&format!("with type '{kind}' must use field '{field}'.")),
            _ => refused(&format!("must contain non-empty message attribute value for message attribute type '{kind}'.")),
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
        check_attributes(&attributes)?;
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
        let text = Text::read(text, structure)?;
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

    /// The attributes in the envelope of a notification.
    pub(super) fn described(&self) -> Map<String, Value> {
        self.attributes.iter().map(|(name, value)| (name.clone(), value.describe())).collect()
    }

    /// Input of `SendMessage` to a queue, with this body. The attributes of a raw message are those of the queue's message.
    pub(super) fn for_queue(&self, queue: &str, body: &str, raw: bool) -> Value {
        let mut message = json!({ "QueueUrl": queue_url(queue), "MessageBody": body });
        let Some(members) = message.as_object_mut() else { return message };
        if raw && !self.attributes.is_empty() {
            members.insert("MessageAttributes".to_owned(), json!(self.attributes));
        }
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
