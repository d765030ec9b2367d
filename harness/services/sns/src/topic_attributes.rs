//! Attributes of topics.
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>

use nightproof_core::service::AwsError;
use nightproof_iam_policy::{Policy, PolicyKind};

use crate::attributes::Attributes;
use crate::delivery_policy;
use crate::error::invalid;
use crate::records::Topic;
use crate::signing::SignatureVersion;

/// Reads `Attributes`, refusing what is unknown or not done here.
pub(super) fn read(given: Attributes) -> Result<Attributes, AwsError> {
    given.iter().try_for_each(|(name, value)| check(name, value))?;
    let mut given: Attributes = given.into_iter().filter_map(|(name, value)| Some((name.clone(), kept(&name, value)?))).collect();
    // `false` is not kept: a standard topic does not show it.
    if given.get("FifoTopic").is_some_and(|value| value == "false") {
        given.remove("FifoTopic");
    }
    let is_fifo = given.contains_key("FifoTopic");
    if !is_fifo && ["ContentBasedDeduplication", "FifoThroughputScope"].iter().any(|name| given.contains_key(*name)) {
        return Err(invalid("Attributes Reason: Content-based deduplication can only be set for FIFO topics"));
    }
    if is_fifo {
        given.entry("ContentBasedDeduplication".to_owned()).or_insert_with(|| "false".to_owned());
    }
    Ok(given)
}

/// The value of an attribute as it is kept; `None` if there is nothing in it.
pub(super) fn kept(name: &str, value: String) -> Option<String> {
    if name == "DeliveryPolicy" { delivery_policy::read_of_topic(&value).ok().flatten() } else { Some(value) }
}

pub(super) fn check(name: &str, value: &str) -> Result<(), AwsError> {
    match name {
        "DisplayName" if value.chars().count() <= 100 => Ok(()),
        "DisplayName" => Err(invalid("DisplayName Reason: must be at most 100 characters long")),
        "Policy" => match Policy::parse(value, PolicyKind::Resource) {
            Ok(_) => Ok(()),
            Err(error) => Err(invalid(&format!("Policy Error: {error}"))),
        },
        "FifoTopic" | "ContentBasedDeduplication" if ["true", "false"].contains(&value) => Ok(()),
        "FifoThroughputScope" if ["Topic", "MessageGroup"].contains(&value) => Ok(()),
        "FifoTopic" | "ContentBasedDeduplication" | "FifoThroughputScope" => Err(invalid("Attributes")),
        "SignatureVersion" if SignatureVersion::read(value).is_some() => Ok(()),
        "SignatureVersion" => Err(invalid("SignatureVersion")),
        "DeliveryPolicy" => match delivery_policy::read_of_topic(value) {
            Ok(_) => Ok(()),
            Err(reason) => Err(invalid(&format!("DeliveryPolicy: {reason}"))),
        },
        "TracingConfig" if value == "PassThrough" => Ok(()),
        "ArchivePolicy" | "KmsMasterKeyId" | "TracingConfig" => {
            Err(AwsError::not_implemented("sns", &format!("the topic attribute {name}")))
        }
        other if other.contains("FeedbackRoleArn") || other.contains("FeedbackSampleRate") => {
            Err(AwsError::not_implemented("sns", &format!("the topic attribute {name}")))
        }
        _ => Err(invalid("AttributeName")),
    }
}

/// The names and values that GetTopicAttributes returns.
pub(super) fn described(topic: &Topic) -> Attributes {
    let confirmed = topic.subscriptions.iter().filter(|one| one.confirmed).count();
    let mut all = topic.attributes.clone();
    for (name, value) in [
        ("TopicArn", topic.arn.clone()),
        ("Owner", topic.owner.clone()),
        ("Policy", topic.policy.to_string()),
        ("EffectiveDeliveryPolicy", delivery_policy::effective_of_topic(topic.attributes.get("DeliveryPolicy")).to_string()),
        ("SubscriptionsConfirmed", confirmed.to_string()),
        ("SubscriptionsPending", (topic.subscriptions.len() - confirmed).to_string()),
        ("SubscriptionsDeleted", topic.deleted.to_string()),
    ] {
        all.insert(name.to_owned(), value);
    }
    all.entry("DisplayName".to_owned()).or_default();
    all
}
