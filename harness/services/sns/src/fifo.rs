//! FIFO topics: sequence numbers, and messages that are published twice.
//! <https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html>

use jiff::{SignedDuration, Timestamp};

/// How long a second message with the same deduplication id is taken and not delivered.
const INTERVAL: SignedDuration = SignedDuration::from_mins(5);

/// AWS's numbers have 20 digits.
const FIRST_NUMBER: u128 = 10_000_000_000_000_000_000;

/// What a FIFO topic knows of its messages.
#[derive(Debug, Default)]
pub(crate) struct Fifo {
    published: Vec<Published>,
    count: u128,
}

#[derive(Debug)]
struct Published {
    deduplication_id: String,
    /// `None`: no message of any group may have the id again.
    group: Option<String>,
    at: Timestamp,
    number: String,
    message: String,
}

impl Fifo {
    /// The number of a message; and the id of the one that it repeats, which is not delivered again. `by_group` if other groups may have
    /// its deduplication id.
    pub(crate) fn publish(
        &mut self,
        message: &str,
        id: &str,
        group: &str,
        by_group: bool,
        now: Timestamp,
    ) -> (String, Option<String>) {
        self.published.retain(|before| now.duration_since(before.at) < INTERVAL);
        let same = |one: &&Published| one.deduplication_id == id && one.group.as_deref().is_none_or(|other| other == group);
        if let Some(before) = self.published.iter().find(same) {
            return (before.number.clone(), Some(before.message.clone()));
        }
        let number = (FIRST_NUMBER + self.count).to_string();
        self.count += 1;
        self.published.push(Published {
            deduplication_id: id.to_owned(),
            group: by_group.then(|| group.to_owned()),
            at: now,
            number: number.clone(),
            message: message.to_owned(),
        });
        (number, None)
    }
}

/// The place of a message in a FIFO topic.
#[derive(Debug, Clone)]
pub(crate) struct Sequence {
    pub(crate) group: String,
    pub(crate) deduplication_id: String,
    pub(crate) number: String,
}
