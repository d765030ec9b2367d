//! Attributes of subscriptions.
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html>

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call, arn};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::delivery_policy;
use crate::error::invalid;
use crate::filter_policy::{FilterPolicy, Refusal, Scope};
use crate::protocol::Protocol;
use crate::records::{Sns, dead_letter_queue};

/// `GetSubscriptionAttributes`. <https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetSubscriptionAttributes {
    subscription_arn: String,
}

/// `SetSubscriptionAttributes`. <https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetSubscriptionAttributes {
    subscription_arn: String,
    attribute_name: String,
    #[serde(default)]
    attribute_value: String,
}

/// Checks `Attributes` of `Subscribe`, refusing what is unknown or not done here, and returns the filter policy among them.
pub(crate) fn read(protocol: Protocol, given: &BTreeMap<String, String>) -> Result<Option<FilterPolicy>, AwsError> {
    const WHERE: &str = "Attributes Reason: ";
    given.iter().try_for_each(|(name, value)| check(protocol, name, value, WHERE))?;
    filter(given, WHERE)
}

/// `prefix` stands before a reason where the attribute is one of several.
fn check(protocol: Protocol, name: &str, value: &str, prefix: &str) -> Result<(), AwsError> {
    match name {
        "RawMessageDelivery" if value.eq_ignore_ascii_case("true") && !protocol.has_raw_messages() => {
            let name = protocol.name();
            Err(invalid(&format!("{prefix}Delivery protocol [{name}] does not support raw message delivery.")))
        }
        "RawMessageDelivery" if ["true", "false"].iter().any(|one| value.eq_ignore_ascii_case(one)) => Ok(()),
        "RawMessageDelivery" => {
            Err(invalid(&format!("{prefix}RawMessageDelivery: Invalid value [{value}]. Must be true or false.")))
        }
        "FilterPolicy" => Ok(()),
        "FilterPolicyScope" if Scope::read(value).is_some() => Ok(()),
        "FilterPolicyScope" => Err(invalid(&format!(
            "{prefix}FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or MessageAttributes"
        ))),
        "RedrivePolicy" if value.is_empty() => Ok(()),
        "RedrivePolicy" => match serde_json::from_str::<Value>(value) {
            Ok(policy) if policy.get("deadLetterTargetArn").and_then(Value::as_str).is_some_and(is_queue) => Ok(()),
            Ok(_) => Err(invalid(&format!("{prefix}RedrivePolicy: deadLetterTargetArn is an invalid arn"))),
            Err(error) => Err(invalid(&format!("{prefix}RedrivePolicy: failed to parse JSON. {error}"))),
        },
        "DeliveryPolicy" => match delivery_policy::read_of_subscription(value) {
            Ok(_) => Ok(()),
            Err(reason) => Err(invalid(&format!("{prefix}DeliveryPolicy: {reason}"))),
        },
        "ReplayPolicy" | "SubscriptionRoleArn" => {
            Err(AwsError::not_implemented("sns", &format!("the subscription attribute {name}")))
        }
        _ => Err(invalid("AttributeName")),
    }
}

/// The attributes of a request as they are kept: truth values are taken in any case, a delivery policy is shown whole, and what is empty
/// is absent.
pub(crate) fn kept(given: BTreeMap<String, String>) -> BTreeMap<String, String> {
    given.into_iter().filter_map(|(name, value)| Some((name.clone(), kept_value(&name, value)?))).collect()
}

fn kept_value(name: &str, value: String) -> Option<String> {
    match name {
        "RawMessageDelivery" => Some(value.to_ascii_lowercase()),
        "DeliveryPolicy" => delivery_policy::read_of_subscription(&value).ok().flatten(),
        _ => Some(value).filter(|value| !value.is_empty()),
    }
}

/// Whether a subscription that exists is what a second request asks for: attributes that it does not give do not count, and defaults are as
/// good as given.
pub(crate) fn agree(existing: &BTreeMap<String, String>, given: &BTreeMap<String, String>) -> bool {
    let default = |name: &str| match name {
        "RawMessageDelivery" => Some("false"),
        "FilterPolicyScope" => Some("MessageAttributes"),
        _ => None,
    };
    given.iter().all(|(name, value)| existing.get(name).map(String::as_str).or_else(|| default(name)) == Some(value))
}

/// A FIFO queue that is subscribed to a FIFO topic has a dead-letter queue of its kind.
pub(crate) fn check_dead_letter_queue(fifo: bool, queue: Option<&str>) -> Result<(), AwsError> {
    match queue {
        Some(queue) if fifo && !queue.ends_with(".fifo") => {
            Err(invalid("RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic."))
        }
        _ => Ok(()),
    }
}

fn is_queue(arn: &str) -> bool {
    arn::service_of(arn) == "sqs" && !arn::resource_of(arn).is_empty()
}

/// The filter policy that these attributes are.
fn filter(attributes: &BTreeMap<String, String>, prefix: &str) -> Result<Option<FilterPolicy>, AwsError> {
    let scope = attributes.get("FilterPolicyScope").and_then(|scope| Scope::read(scope)).unwrap_or(Scope::Attributes);
    // An empty policy filters nothing.
    let Some(policy) = attributes.get("FilterPolicy").filter(|policy| !["", "{}"].contains(&policy.as_str())) else {
        return Ok(None);
    };
    FilterPolicy::parse(policy, scope).map(Some).map_err(|refusal| match refusal {
        Refusal::Policy(reason) => invalid(&format!("{prefix}FilterPolicy: {reason}")),
        Refusal::Scope(reason) => invalid(reason),
    })
}

impl Sns {
    pub(crate) fn get_subscription_attributes(&self, _call: &Call, input: GetSubscriptionAttributes) -> Result<Value, AwsError> {
        self.subscription(&input.subscription_arn, |topic, index| {
            let Some(one) = topic.subscriptions.get(index) else { return Err(invalid("SubscriptionArn")) };
            let mut all = one.attributes.clone();
            // A scope is one of a policy.
            if one.filter.is_some() {
                all.entry("FilterPolicyScope".to_owned()).or_insert_with(|| "MessageAttributes".to_owned());
            } else {
                all.remove("FilterPolicyScope");
            }
            for (name, value) in [
                ("SubscriptionArn", one.arn.as_str()),
                ("TopicArn", topic.arn.as_str()),
                ("Owner", one.owner.as_str()),
                ("Protocol", one.protocol.name()),
                ("Endpoint", one.endpoint.as_str()),
                ("SubscriptionPrincipal", one.principal.as_str()),
                ("PendingConfirmation", if one.confirmed { "false" } else { "true" }),
                ("ConfirmationWasAuthenticated", if one.authenticated { "true" } else { "false" }),
            ] {
                all.insert(name.to_owned(), value.to_owned());
            }
            all.entry("RawMessageDelivery".to_owned()).or_insert_with(|| "false".to_owned());
            if one.protocol.is_http() {
                let of_topic = delivery_policy::effective_of_topic(topic.attributes.get("DeliveryPolicy"));
                let effective = delivery_policy::effective_of_subscription(one.attributes.get("DeliveryPolicy"), &of_topic);
                all.insert("EffectiveDeliveryPolicy".to_owned(), effective.to_string());
            }
            Ok(json!({ "Attributes": all }))
        })
    }

    pub(crate) fn set_subscription_attributes(&self, _call: &Call, input: SetSubscriptionAttributes) -> Result<Value, AwsError> {
        let SetSubscriptionAttributes { subscription_arn, attribute_name: name, attribute_value: value } = input;
        self.subscription(&subscription_arn, |topic, index| {
            let is_fifo = topic.fifo.is_some();
            let Some(one) = topic.subscriptions.get_mut(index) else { return Err(invalid("SubscriptionArn")) };
            check(one.protocol, &name, &value, "")?;
            let mut attributes = one.attributes.clone();
            match kept_value(&name, value) {
                Some(value) => attributes.insert(name, value),
                None => attributes.remove(&name),
            };
            check_dead_letter_queue(is_fifo && one.endpoint.ends_with(".fifo"), dead_letter_queue(&attributes).as_deref())?;
            one.filter = filter(&attributes, "")?;
            one.attributes = attributes;
            Ok(json!({}))
        })
    }
}
