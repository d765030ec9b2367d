//! Attributes of subscriptions.
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html>

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call, arn};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::invalid;
use crate::filter_policy::{FilterPolicy, Refusal, Scope};
use crate::records::{Protocol, Sns};

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
        "RawMessageDelivery" if value.eq_ignore_ascii_case("true") && protocol == Protocol::Email => {
            Err(invalid("Attributes Reason: Delivery protocol [email] does not support raw message delivery."))
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
        "DeliveryPolicy" | "ReplayPolicy" | "SubscriptionRoleArn" => {
            Err(AwsError::not_implemented("sns", &format!("the subscription attribute {name}")))
        }
        _ => Err(invalid("AttributeName")),
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
            all.retain(|_, value| !value.is_empty());
            // Truth values are taken in any case, and shown in lower.
            if let Some(raw) = all.get_mut("RawMessageDelivery") {
                raw.make_ascii_lowercase();
            }
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
                ("PendingConfirmation", if one.confirmed() { "false" } else { "true" }),
                ("ConfirmationWasAuthenticated", if one.protocol == Protocol::Sqs { "true" } else { "false" }),
            ] {
                all.insert(name.to_owned(), value.to_owned());
            }
            all.entry("RawMessageDelivery".to_owned()).or_insert_with(|| "false".to_owned());
            Ok(json!({ "Attributes": all }))
        })
    }

    pub(crate) fn set_subscription_attributes(&self, _call: &Call, input: SetSubscriptionAttributes) -> Result<Value, AwsError> {
        let SetSubscriptionAttributes { subscription_arn, attribute_name: name, attribute_value: value } = input;
        self.subscription(&subscription_arn, |topic, index| {
            let Some(one) = topic.subscriptions.get_mut(index) else { return Err(invalid("SubscriptionArn")) };
            check(one.protocol, &name, &value, "")?;
            let mut attributes = one.attributes.clone();
            attributes.insert(name, value);
            one.filter = filter(&attributes, "")?;
            one.attributes = attributes;
            Ok(json!({}))
        })
    }
}
