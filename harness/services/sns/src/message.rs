//! What is published, and the form in which it comes to an endpoint.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>

use nightproof_core::Region;
use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Map, Value, json};

use super::invalid;
use super::subscription::{Protocol, Subscription};

/// Bytes of a message with its attributes.
const LONGEST: usize = 256 * 1024;

/// A message to a topic.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) subject: Option<String>,
    /// For everybody, or each protocol's own by its name.
    text: Text,
    attributes: Map<String, Value>,
}

#[derive(Debug)]
enum Text {
    One(String),
    /// With one for `default`.
    Each(Map<String, Value>),
}

impl Message {
    /// What `Publish` was given.
    /// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
    pub(super) fn read(input: &Value) -> Result<Self, AwsError> {
        let text = input.required("Message");
        if text.is_empty() {
            return Err(invalid("Empty message"));
        }
        let attributes = input.get("MessageAttributes").and_then(Value::as_object).cloned().unwrap_or_default();
        for attribute in attributes.values() {
            check_attribute(attribute)?;
        }
        let of_attributes: usize = attributes.iter().map(|(name, value)| name.len() + value.to_string().len()).sum();
        if text.len() + if attributes.is_empty() { 0 } else { of_attributes } > LONGEST {
            return Err(invalid("Message too long"));
        }
        let subject = input.text("Subject");
        if let Some(subject) = subject {
            let good = |letter: char| letter.is_ascii_graphic() || letter == ' ';
            if subject.is_empty() || subject.len() > 100 || subject.starts_with(' ') || !subject.chars().all(good) {
                return Err(invalid("Subject"));
            }
        }
        let text = match input.text("MessageStructure") {
            None => Text::One(text.to_owned()),
            Some("json") => match serde_json::from_str(text) {
                Ok(Value::Object(each)) if each.get("default").is_some_and(Value::is_string) => Text::Each(each),
                Ok(_) => return Err(invalid("Message Structure - No default entry in JSON message body")),
                Err(_) => return Err(invalid("Message Structure - JSON message body failed to parse")),
            },
            Some(_) => return Err(invalid("MessageStructure")),
        };
        Ok(Self { id: uuid::Uuid::new_v4().to_string(), subject: subject.map(str::to_owned), text, attributes })
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
        let (region_name, account, queue) = place(&subscription.endpoint);
        let url = format!("https://sqs.{region_name}.amazonaws.com/{account}/{queue}");
        if subscription.is_raw() {
            let mut message = json!({ "QueueUrl": url, "MessageBody": text });
            if let (false, Some(members)) = (self.attributes.is_empty(), message.as_object_mut()) {
                members.insert("MessageAttributes".to_owned(), self.attributes.clone().into());
            }
            return message;
        }
        let mut body = Map::new();
        let mut say = |name: &str, value: Value| body.insert(name.to_owned(), value);
        say("Type", "Notification".into());
        say("MessageId", self.id.as_str().into());
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
            let told = |(name, value): (&String, &Value)| {
                let is = value.text("StringValue").or_else(|| value.text("BinaryValue")).unwrap_or_default();
                (name.clone(), json!({ "Type": value.required("DataType"), "Value": is }))
            };
            say("MessageAttributes", Value::Object(self.attributes.iter().map(told).collect()));
        }
        json!({ "QueueUrl": url, "MessageBody": Value::Object(body).to_string() })
    }

    /// In a few words, for who reads what a drill did: the subject, or what an event says that it is.
    pub(super) fn told(&self) -> String {
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

/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>
fn check_attribute(attribute: &Value) -> Result<(), AwsError> {
    let kind = attribute.required("DataType");
    let base = kind.split('.').next().unwrap_or_default();
    let has = |name: &str| attribute.text(name).is_some_and(|value| !value.is_empty());
    match base {
        "String" | "Number" if has("StringValue") => Ok(()),
        "Binary" if has("BinaryValue") => Ok(()),
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

/// Region, account and name in a queue's ARN.
fn place(arn: &str) -> (&str, &str, &str) {
    let mut parts = arn.split(':').skip(3);
    let mut next = || parts.next().unwrap_or_default();
    (next(), next(), next())
}
