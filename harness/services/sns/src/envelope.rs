//! The forms in which endpoints receive messages.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>

use jiff::Timestamp;
use nightproof_core::service::AwsError;
use serde_json::{Map, Value, json};

use crate::message::Message;
use crate::records::Subscription;
use crate::signing::{SignatureVersion, Signer};

/// Who signs an envelope, how and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seal<'a> {
    pub(crate) signer: &'a Signer,
    pub(crate) version: SignatureVersion,
    pub(crate) now: Timestamp,
}

/// What an endpoint is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// Whether it wants messages.
    Subscribe,
    /// Whether it wants them again, as somebody has ended its subscription.
    Unsubscribed,
}

impl Question {
    /// The value of `Type`, and of the header that says it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "SubscriptionConfirmation",
            Self::Unsubscribed => "UnsubscribeConfirmation",
        }
    }
}

fn put(envelope: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    envelope.insert(name.to_owned(), value.into());
}

impl Seal<'_> {
    fn time(&self) -> String {
        self.now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    }

    fn sign(&self, envelope: &mut Map<String, Value>, address: &str) -> Result<(), AwsError> {
        let signature = self.signer.sign(self.version, envelope)?;
        put(envelope, "SignatureVersion", self.version.name());
        put(envelope, "Signature", signature);
        put(envelope, "SigningCertURL", self.signer.url(address));
        Ok(())
    }

    /// The envelope of a message for queues and HTTP endpoints. Messages of FIFO topics are not signed.
    pub(crate) fn notification(
        &self,
        message: &Message,
        subscription: &Subscription,
        topic: &str,
    ) -> Result<Map<String, Value>, AwsError> {
        let mut envelope = Map::new();
        put(&mut envelope, "Type", "Notification");
        put(&mut envelope, "MessageId", message.id.as_str());
        if let Some(sequence) = &message.sequence {
            put(&mut envelope, "SequenceNumber", sequence.number.as_str());
        }
        put(&mut envelope, "TopicArn", topic);
        if let Some(subject) = &message.subject {
            put(&mut envelope, "Subject", subject.as_str());
        }
        put(&mut envelope, "Message", message.text(subscription.protocol.name()));
        put(&mut envelope, "Timestamp", self.time());
        if message.sequence.is_none() {
            self.sign(&mut envelope, &subscription.address)?;
        }
        let unsubscribe = format!("{}/?Action=Unsubscribe&SubscriptionArn={}", subscription.address, subscription.arn);
        put(&mut envelope, "UnsubscribeURL", unsubscribe);
        let attributes = message.described();
        if !attributes.is_empty() {
            put(&mut envelope, "MessageAttributes", attributes);
        }
        Ok(envelope)
    }

    /// The event of a function. It says that its signature is of the first version whatever it is, as AWS's does.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>
    pub(crate) fn event(&self, message: &Message, subscription: &Subscription, topic: &str) -> Result<Value, AwsError> {
        let mut envelope = self.notification(message, subscription, topic)?;
        envelope.entry("Subject").or_insert(Value::Null);
        envelope.entry("MessageAttributes").or_insert_with(|| json!({}));
        put(&mut envelope, "SignatureVersion", SignatureVersion::One.name());
        for (name, in_event) in [("SigningCertURL", "SigningCertUrl"), ("UnsubscribeURL", "UnsubscribeUrl")] {
            let url = envelope.shift_remove(name).unwrap_or_default();
            put(&mut envelope, in_event, url);
        }
        Ok(json!({ "Records": [{
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription.arn,
            "Sns": envelope,
        }] }))
    }

    /// What an endpoint is sent before its first message, or after its last one; it is always signed in the first version.
    pub(crate) fn question(
        &self,
        question: Question,
        id: &str,
        subscription: &Subscription,
        topic: &str,
    ) -> Result<String, AwsError> {
        let token = subscription.token.as_deref().unwrap_or_default();
        let message = match question {
            Question::Subscribe => format!(
                "You have chosen to subscribe to the topic {topic}.\nTo confirm the subscription, visit the SubscribeURL included in this message."
            ),
            Question::Unsubscribed => format!(
                "You have chosen to deactivate subscription {}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in \
                 this message.",
                subscription.arn
            ),
        };
        let mut envelope = Map::new();
        put(&mut envelope, "Type", question.name());
        put(&mut envelope, "MessageId", id);
        put(&mut envelope, "Token", token);
        put(&mut envelope, "TopicArn", topic);
        put(&mut envelope, "Message", message);
        let url = format!("{}/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}", subscription.address);
        put(&mut envelope, "SubscribeURL", url);
        put(&mut envelope, "Timestamp", self.time());
        Seal { version: SignatureVersion::One, ..*self }.sign(&mut envelope, &subscription.address)?;
        Ok(pretty(&envelope))
    }
}

/// JSON with a member on a line, as AWS writes what HTTP endpoints receive.
pub(crate) fn pretty(envelope: &Map<String, Value>) -> String {
    serde_json::to_string_pretty(envelope).unwrap_or_default()
}
