//! Attributes of topics.
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>

use nightproof_core::service::AwsError;
use nightproof_iam_policy::{Policy, PolicyKind};

use crate::error::invalid;
use crate::records::{Attributes, Topic};

/// The delivery policy of a topic that has none of its own; for HTTP endpoints only.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>
const DELIVERY: &str = r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}"#;

/// Reads `Attributes`, refusing what is unknown or not done here.
pub(super) fn read(mut given: Attributes) -> Result<Attributes, AwsError> {
    given.iter().try_for_each(|(name, value)| check(name, value))?;
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
        "ArchivePolicy" | "DeliveryPolicy" | "KmsMasterKeyId" | "SignatureVersion" | "TracingConfig" => {
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
    let confirmed = topic.subscriptions.iter().filter(|one| one.confirmed()).count();
    let mut all = topic.attributes.clone();
    for (name, value) in [
        ("TopicArn", topic.arn.clone()),
        ("Owner", topic.owner.clone()),
        ("Policy", topic.policy.to_string()),
        ("EffectiveDeliveryPolicy", DELIVERY.to_owned()),
        ("SubscriptionsConfirmed", confirmed.to_string()),
        ("SubscriptionsPending", (topic.subscriptions.len() - confirmed).to_string()),
        ("SubscriptionsDeleted", topic.deleted.to_string()),
    ] {
        all.insert(name.to_owned(), value);
    }
    all.entry("DisplayName".to_owned()).or_default();
    all
}
