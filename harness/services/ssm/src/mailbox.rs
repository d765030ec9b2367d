//! Messages on their way to an agent: invisible for a while once handed out, and back again until acknowledged.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::stamp::stamp;

/// One message.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// `aws.ssm.<command>.<instance>`; the agent reads the command's id out of it.
    pub(crate) id: String,
    /// `aws.ssm.sendCommand…` or `aws.ssm.cancelCommand…`.
    pub(crate) topic: &'static str,
    /// A JSON document as a string.
    pub(crate) payload: String,
    /// Region time at which it was put here.
    pub(crate) created: Timestamp,
    /// Handed out, and not to be handed out again before this moment. The agent measures its own work by the machine's
    /// clock, so this is real time.
    hidden_until: Option<Instant>,
}

impl Message {
    pub(crate) fn new(id: String, topic: &'static str, payload: &Value, created: Timestamp) -> Self {
        Self { id, topic, payload: payload.to_string(), created, hidden_until: None }
    }

    /// The message as `GetMessages` answers it.
    pub(crate) fn document(&self, destination: &str) -> Value {
        use sha2::Digest as _;
        json!({
            "MessageId": self.id,
            "Destination": destination,
            "Topic": self.topic,
            "CreatedDate": stamp(self.created),
            "Payload": self.payload,
            "PayloadDigest": hex::encode(sha2::Sha256::digest(self.payload.as_bytes())),
        })
    }
}

/// An instance's messages, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    messages: Vec<Message>,
}

impl Mailbox {
    pub(crate) fn put(&mut self, message: Message) {
        self.messages.push(message);
    }

    /// Takes every visible message, which stays invisible for `visibility` unless acknowledged.
    pub(crate) fn take(&mut self, now: Instant, visibility: Duration) -> Vec<Message> {
        let mut taken = Vec::new();
        for message in &mut self.messages {
            if message.hidden_until.is_none_or(|until| until <= now) {
                message.hidden_until = Some(now + visibility);
                taken.push(message.clone());
            }
        }
        taken
    }

    /// When the next hidden message becomes visible again.
    pub(crate) fn next_visible(&self) -> Option<Instant> {
        self.messages.iter().filter_map(|message| message.hidden_until).min()
    }

    /// Drops a message. Returns whether it was there.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let before = self.messages.len();
        self.messages.retain(|message| message.id != id);
        self.messages.len() != before
    }

    /// Whether the message waits here and was never handed out.
    pub(crate) fn untouched(&self, id: &str) -> bool {
        self.messages.iter().any(|message| message.id == id && message.hidden_until.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str) -> Message {
        Message::new(id.to_owned(), "aws.ssm.sendCommand", &json!({}), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_message_comes_back_after_its_visibility_timeout_until_it_is_removed() {
        let mut mailbox = Mailbox::default();
        mailbox.put(message("a"));
        let now = Instant::now();
        let ten = Duration::from_secs(10);
        assert_eq!(mailbox.take(now, ten).len(), 1);
        assert_eq!(mailbox.take(now + Duration::from_secs(9), ten).len(), 0);
        assert_eq!(mailbox.take(now + Duration::from_secs(10), ten).len(), 1);
        assert!(mailbox.remove("a"));
        assert_eq!(mailbox.take(now + Duration::from_secs(60), ten).len(), 0);
    }
}
