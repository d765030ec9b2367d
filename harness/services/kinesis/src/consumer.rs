//! Consumers with enhanced fan-out, as they are kept. None can subscribe to a shard here.
//! <https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html>

use jiff::Timestamp;
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::document::whole_seconds;
use nightproof_core::tags::Tags;
use serde_json::{Value, json};

use crate::change::CHANGE;

/// A registered consumer of a stream.
#[derive(Debug)]
pub(crate) struct Consumer {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) created: Timestamp,
    /// When it was deregistered.
    pub(crate) deregistered: Option<Timestamp>,
    pub(crate) tags: Tags,
    pub(crate) policy: Option<PolicyDocument>,
}

impl Consumer {
    pub(crate) fn new(name: String, stream_arn: &str, tags: Tags, now: Timestamp) -> Self {
        let arn = format!("{stream_arn}/consumer/{name}:{}", now.as_second());
        Self { name, arn, created: now, deregistered: None, tags, policy: None }
    }

    fn status(&self, now: Timestamp) -> &'static str {
        match self.deregistered {
            Some(_) => "DELETING",
            None if now < self.created + CHANGE => "CREATING",
            None => "ACTIVE",
        }
    }

    /// Whether it is deregistered to the end.
    pub(crate) fn is_gone(&self, now: Timestamp) -> bool {
        self.deregistered.is_some_and(|since| now >= since + CHANGE)
    }

    /// The shape `Consumer`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Consumer.html>
    pub(crate) fn describe(&self, now: Timestamp) -> Value {
        json!({
            "ConsumerName": self.name, "ConsumerARN": self.arn, "ConsumerStatus": self.status(now),
            "ConsumerCreationTimestamp": whole_seconds(self.created).to_string(),
        })
    }
}
