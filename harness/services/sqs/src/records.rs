//! The records: queues with their messages.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use jiff::{SignedDuration, Timestamp};
use nightproof_core::AccountStore;
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::AwsError;
use nightproof_core::tags::Tags;
use tokio::sync::Notify;

use crate::address::address;
use crate::error::no_queue;
use crate::fifo::Fifo;
use crate::message_attributes::MessageAttributes;
use crate::move_task::MoveTask;
use crate::queue_attributes::{Attributes, Redrive, default_of, effective, redrive};
use crate::redrive_allow::RedriveAllow;

/// The queues of one account.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    pub(crate) by_name: BTreeMap<String, Queue>,
    /// When queues were deleted: a name is free again after a minute.
    pub(crate) deleted: HashMap<String, Timestamp>,
    /// Tasks that move messages, in the order in which they were started.
    pub(crate) moves: Vec<MoveTask>,
}

/// The service `sqs`.
#[derive(Debug, Default)]
pub struct Sqs {
    pub(crate) accounts: AccountStore<Queues>,
    /// Notified whenever a message may have become receivable.
    pub(crate) arrived: Notify,
    pub(crate) this: Weak<Self>,
}

impl Sqs {
    /// A service without queues.
    pub fn new() -> Arc<Self> {
        Arc::new_cyclic(|this| Self { this: this.clone(), ..Self::default() })
    }

    pub(crate) fn with<T>(&self, account: &str, act: impl FnOnce(&mut Queues) -> T) -> T {
        self.accounts.with(account, act)
    }

    /// Runs `act` on the queue of this URL.
    pub(crate) fn queue<T>(&self, url: &str, act: impl FnOnce(&mut Queue) -> Result<T, AwsError>) -> Result<T, AwsError> {
        let (account, name) = address(url)?;
        self.with(account, |queues| queues.by_name.get_mut(name).ok_or_else(no_queue).and_then(act))
    }
}

/// A queue's record.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    pub(crate) attributes: Attributes,
    /// The attribute `Policy`.
    pub(crate) policy: Option<PolicyDocument>,
    pub(crate) tags: Tags,
    pub(crate) messages: Vec<Message>,
    pub(crate) purged: Option<Timestamp>,
    /// What a FIFO queue has beside.
    pub(crate) fifo: Option<Fifo>,
}

pub(crate) fn policy(attributes: &Attributes) -> Option<PolicyDocument> {
    attributes.get("Policy").filter(|policy| !policy.is_empty()).map(|policy| PolicyDocument::of_resource(policy.as_str()))
}

impl Queue {
    /// A numeric attribute, or its default.
    pub(crate) fn setting(&self, name: &str) -> i64 {
        let value = self.attributes.get(name).map(String::as_str).or_else(|| default_of(name));
        value.and_then(|value| value.parse().ok()).unwrap_or_default()
    }

    pub(crate) fn redrive(&self) -> Option<Redrive> {
        self.attributes.get("RedrivePolicy").and_then(|policy| redrive(policy))
    }

    /// Which queues may have this one as their dead-letter queue; all, where it does not say.
    pub(crate) fn redrive_allow(&self) -> Option<RedriveAllow> {
        self.attributes.get("RedriveAllowPolicy").and_then(|policy| RedriveAllow::parse(policy).ok())
    }

    /// The customer's key, if the queue is encrypted by one.
    pub(crate) fn kms_key(&self) -> Option<String> {
        self.attributes.get("KmsMasterKeyId").filter(|key| !key.is_empty() && *key != "alias/aws/sqs").cloned()
    }

    /// The text of an attribute that was set.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.attributes.get(name).is_some_and(|set| set == value)
    }

    /// Forgets messages older than `MessageRetentionPeriod`.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        let keep = SignedDuration::from_secs(self.setting("MessageRetentionPeriod"));
        self.messages.retain(|message| now.duration_since(message.sent) < keep);
    }

    pub(crate) fn describe(&mut self, now: Timestamp) -> Attributes {
        self.expire(now);
        let mut all = effective(&self.attributes);
        let count = |wanted: fn(&Message, Timestamp) -> bool| {
            self.messages.iter().filter(|message| wanted(message, now)).count().to_string()
        };
        for (name, value) in [
            ("ApproximateNumberOfMessages", count(Message::visible)),
            ("ApproximateNumberOfMessagesNotVisible", count(Message::in_flight)),
            ("ApproximateNumberOfMessagesDelayed", count(Message::delayed)),
            ("CreatedTimestamp", self.created.as_second().to_string()),
            ("LastModifiedTimestamp", self.modified.as_second().to_string()),
            ("QueueArn", self.arn.clone()),
        ] {
            all.insert(name.to_owned(), value);
        }
        all
    }
}

/// A message's record.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: String,
    pub(crate) attributes: MessageAttributes,
    pub(crate) trace_header: Option<String>,
    pub(crate) group: Option<String>,
    /// Of a FIFO queue.
    pub(crate) deduplication_id: Option<String>,
    pub(crate) sequence_number: Option<String>,
    pub(crate) sender: String,
    pub(crate) sent: Timestamp,
    /// Cannot be received before.
    pub(crate) visible_at: Timestamp,
    pub(crate) receives: u64,
    pub(crate) first_received: Option<Timestamp>,
    /// The handle of the last receive.
    pub(crate) receipt: Option<String>,
    pub(crate) dead_letter_source: Option<String>,
    /// The data key that protects it, under the queue's KMS key.
    pub(crate) data_key: Option<String>,
}

impl Message {
    pub(crate) fn visible(&self, now: Timestamp) -> bool {
        self.visible_at <= now
    }

    pub(crate) fn in_flight(&self, now: Timestamp) -> bool {
        self.visible_at > now && self.receives > 0 && self.receipt.is_some()
    }

    pub(crate) fn delayed(&self, now: Timestamp) -> bool {
        self.visible_at > now && !self.in_flight(now)
    }
}
