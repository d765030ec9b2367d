//! FIFO queues: the order of message groups, and messages that are sent twice.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fifo-queues.html>

use jiff::{SignedDuration, Timestamp};
use nightproof_core::service::AwsError;
use sha2::{Digest as _, Sha256};

use crate::error::bad_value;

/// How long a second message with the same deduplication id is taken and not put into the queue.
const INTERVAL: SignedDuration = SignedDuration::from_mins(5);

/// The numbers begin where AWS's have 20 digits.
const FIRST_NUMBER: u128 = 18_849_496_460_467_696_128;

/// What a FIFO queue knows beside its messages.
#[derive(Debug, Default)]
pub(crate) struct Fifo {
    /// The groups that have messages, in the order in which they are received: one that was received from comes last.
    groups: Vec<String>,
    sent: Vec<Sent>,
    count: u128,
}

/// A message that was sent, whether or not it is still there.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    deduplication_id: String,
    /// `None`: no message of any group may have the id again.
    group: Option<String>,
    at: Timestamp,
    pub(crate) message_id: String,
    pub(crate) number: String,
}

impl Fifo {
    /// The message that was sent before with this id.
    pub(crate) fn duplicate(&mut self, id: &str, group: &str, now: Timestamp) -> Option<Sent> {
        self.sent.retain(|sent| now.duration_since(sent.at) < INTERVAL);
        let same = |sent: &&Sent| sent.deduplication_id == id && sent.group.as_deref().is_none_or(|other| other == group);
        self.sent.iter().find(same).cloned()
    }

    /// Remembers a message that is sent; `by_group` if others of other groups may have its id. Returns its sequence number.
    pub(crate) fn send(&mut self, message_id: &str, id: &str, group: &str, by_group: bool, now: Timestamp) -> String {
        self.count += 1;
        let number = (FIRST_NUMBER + self.count * 256).to_string();
        self.sent.push(Sent {
            deduplication_id: id.to_owned(),
            group: by_group.then(|| group.to_owned()),
            at: now,
            message_id: message_id.to_owned(),
            number: number.clone(),
        });
        self.add_group(group);
        number
    }

    /// Has the group received from, after all that are waiting.
    pub(crate) fn add_group(&mut self, group: &str) {
        if !self.groups.iter().any(|known| known == group) {
            self.groups.push(group.to_owned());
        }
    }

    /// Returns the groups in their order.
    pub(crate) fn groups(&self) -> &[String] {
        &self.groups
    }

    /// Puts a group that was received from behind the others.
    pub(crate) fn received_from(&mut self, group: &str) {
        self.groups.retain(|other| other != group);
        self.groups.push(group.to_owned());
    }

    /// Forgets the groups without messages.
    pub(crate) fn keep_groups(&mut self, has_messages: impl Fn(&str) -> bool) {
        self.groups.retain(|group| has_messages(group));
    }

    /// Forgets what was sent: the queue is purged.
    pub(crate) fn purge(&mut self) {
        self.groups.clear();
        self.sent.clear();
    }
}

/// The deduplication id that a message has by its body.
pub(crate) fn id_of_body(body: &str) -> String {
    hex::encode(Sha256::digest(body.as_bytes()))
}

/// Checks `MessageGroupId` or `MessageDeduplicationId`.
pub(crate) fn check_id(parameter: &str, value: Option<&str>) -> Result<(), AwsError> {
    let Some(value) = value else { return Ok(()) };
    if (1..=128).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(bad_value(format!(
        "Value {value} for parameter {parameter} is invalid. Reason: {parameter} can only include alphanumeric and punctuation \
         characters. 1 to 128 in length."
    )))
}

/// A parameter that this kind of queue does not have.
pub(crate) fn not_for_this_queue(parameter: &str, value: &str) -> AwsError {
    bad_value(format!(
        "Value {value} for parameter {parameter} is invalid. Reason: The request include parameter that is not valid for this queue type."
    ))
}
