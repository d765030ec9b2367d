//! The records: topics with their subscriptions.

use std::collections::BTreeMap;
use std::sync::Arc;

use nightproof_core::AccountStore;
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::AwsError;
use nightproof_core::tags::Tags;
use serde_json::{Value, json};

use crate::attributes::Attributes;
use crate::error::{invalid, no_topic};
use crate::fifo::Fifo;
use crate::filter_policy::FilterPolicy;
use crate::mobile::Mobile;
use crate::protocol::Protocol;
use crate::signing::{SharedSigner, SignatureVersion};

/// The service `sns`.
#[derive(Debug, Default)]
pub struct Sns {
    /// Topics by account and ARN.
    pub(crate) accounts: AccountStore<BTreeMap<String, Topic>>,
    /// Applications of mobile push, and settings of text messages.
    pub(crate) mobile: AccountStore<Mobile>,
    /// Signs what is sent.
    pub(crate) signer: SharedSigner,
}

impl Sns {
    /// A service without topics.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    pub(crate) fn with<T>(&self, account: &str, act: impl FnOnce(&mut BTreeMap<String, Topic>) -> T) -> T {
        self.accounts.with(account, act)
    }

    /// Runs `act` on the topic with this ARN, whoever owns it.
    pub(crate) fn topic<T>(&self, arn: &str, act: impl FnOnce(&mut Topic) -> Result<T, AwsError>) -> Result<T, AwsError> {
        let mut parts = arn.split(':');
        let (service, account) = (parts.nth(2), parts.nth(1));
        let (Some("sns"), Some(account), Some(_), None) = (service, account, parts.next(), parts.next()) else {
            let elements = arn.split(':').count();
            let reason = format!("TopicArn Reason: An ARN must have at least 6 elements, not {elements}");
            return Err(invalid(if elements < 6 { &reason } else { "TopicArn" }));
        };
        self.with(account, |topics| topics.get_mut(arn).ok_or_else(no_topic).and_then(act))
    }
}

/// A topic's record.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) arn: String,
    pub(crate) owner: String,
    pub(crate) attributes: Attributes,
    /// The policy in force: the attribute, or the one that a topic is made with.
    pub(crate) policy: PolicyDocument,
    pub(crate) tags: Tags,
    /// Oldest first.
    pub(crate) subscriptions: Vec<Subscription>,
    /// Subscriptions that were confirmed and are no more.
    pub(crate) deleted: u64,
    /// What a FIFO topic has beside.
    pub(crate) fifo: Option<Fifo>,
    /// Subscriptions that somebody ended without a signature: their endpoints were told how to have them back.
    pub(crate) ended: Vec<Subscription>,
    /// What the messages may not hold, as a record.
    pub(crate) data_protection: Option<String>,
}

impl Topic {
    /// Whether an attribute was set to this.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.attributes.get(name).is_some_and(|set| set == value)
    }

    pub(crate) fn signature_version(&self) -> SignatureVersion {
        self.attributes.get("SignatureVersion").and_then(|value| SignatureVersion::read(value)).unwrap_or(SignatureVersion::One)
    }
}

/// Listed instead of the ARN of a subscription that is not confirmed.
pub(crate) const PENDING: &str = "PendingConfirmation";

/// A subscription's record.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub(crate) arn: String,
    pub(crate) owner: String,
    pub(crate) protocol: Protocol,
    pub(crate) endpoint: String,
    /// The token that the endpoint was sent.
    pub(crate) token: Option<String>,
    pub(crate) confirmed: bool,
    /// Whether who confirmed the subscription signed the request, or nobody had to confirm it.
    pub(crate) authenticated: bool,
    /// Whether only a signed request ends it.
    pub(crate) guarded: bool,
    /// The address of the service by which it was made: that of the links in its messages.
    pub(crate) address: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// The ARN of who subscribed.
    pub(crate) principal: String,
    /// The attribute `FilterPolicy` in its scope.
    pub(crate) filter: Option<FilterPolicy>,
}

impl Subscription {
    pub(crate) fn is_raw(&self) -> bool {
        self.attributes.get("RawMessageDelivery").is_some_and(|raw| raw.eq_ignore_ascii_case("true"))
    }

    /// The queue of the messages that could not be delivered.
    pub(crate) fn dead_letter_queue(&self) -> Option<String> {
        dead_letter_queue(&self.attributes)
    }

    pub(crate) fn listed(&self, topic: &str) -> Value {
        let arn = if self.confirmed { &self.arn } else { PENDING };
        json!({ "SubscriptionArn": arn, "Owner": self.owner, "Protocol": self.protocol.name(), "Endpoint": self.endpoint, "TopicArn": topic })
    }
}

/// The queue that a `RedrivePolicy` names.
pub(crate) fn dead_letter_queue(attributes: &Attributes) -> Option<String> {
    let policy: Value = serde_json::from_str(attributes.get("RedrivePolicy")?).ok()?;
    policy.get("deadLetterTargetArn")?.as_str().map(str::to_owned)
}
