//! Attributes of subscriptions.
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html>

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::invalid;
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

/// Reads `Attributes`, refusing what is unknown or not done here.
pub(crate) fn read(protocol: Protocol, given: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, AwsError> {
    given.iter().try_for_each(|(name, value)| check(protocol, name, value))?;
    Ok(given)
}

fn check(protocol: Protocol, name: &str, value: &str) -> Result<(), AwsError> {
    match (name, value) {
        ("RawMessageDelivery", "true") if protocol == Protocol::Email => {
            Err(invalid("Attributes Reason: Delivery protocol [email] does not support raw message delivery."))
        }
        ("RawMessageDelivery", "true" | "false") => Ok(()),
        ("RawMessageDelivery", _) => Err(invalid("Attributes Reason: RawMessageDelivery: Invalid value. Must be true or false.")),
        (
            "DeliveryPolicy" | "FilterPolicy" | "FilterPolicyScope" | "RedrivePolicy" | "ReplayPolicy" | "SubscriptionRoleArn",
            _,
        ) => Err(AwsError::not_implemented("sns", &format!("the subscription attribute {name}"))),
        _ => Err(invalid("AttributeName")),
    }
}

impl Sns {
    pub(crate) fn get_subscription_attributes(&self, _call: &Call, input: GetSubscriptionAttributes) -> Result<Value, AwsError> {
        self.subscription(&input.subscription_arn, |topic, index| {
            let Some(one) = topic.subscriptions.get(index) else { return Err(invalid("SubscriptionArn")) };
            let mut all = one.attributes.clone();
            for (name, value) in [
                ("SubscriptionArn", one.arn.as_str()),
                ("TopicArn", topic.arn.as_str()),
                ("Owner", one.owner.as_str()),
                ("Protocol", one.protocol.name()),
                ("Endpoint", one.endpoint.as_str()),
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
            check(one.protocol, &name, &value)?;
            one.attributes.insert(name, value);
            Ok(json!({}))
        })
    }
}
