//! Subscriptions: the endpoints that receive a topic's messages.

use std::collections::BTreeMap;

use nightproof_core::credentials::random_string;
use nightproof_core::service::{AwsError, Call};
use nightproof_journal::{Event, Recipient};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::invalid;
use crate::operations::subscription_attributes as attributes;
use crate::page::page;
use crate::records::{Protocol, Sns, Subscription, Topic, dead_letter_queue};

/// `Subscribe`. <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Subscribe {
    topic_arn: String,
    protocol: String,
    #[serde(default)]
    endpoint: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    return_subscription_arn: bool,
}

/// `ConfirmSubscription`. <https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ConfirmSubscription {
    topic_arn: String,
    token: String,
    authenticate_on_unsubscribe: Option<String>,
}

/// `Unsubscribe`. <https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Unsubscribe {
    subscription_arn: String,
}

/// `ListSubscriptions`. <https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListSubscriptions {
    next_token: Option<String>,
}

/// `ListSubscriptionsByTopic`. <https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListSubscriptionsByTopic {
    topic_arn: String,
    next_token: Option<String>,
}

impl Sns {
    /// A queue of the account is confirmed at once, a mailbox by ConfirmSubscription.
    pub(crate) fn subscribe(&self, call: &Call, input: Subscribe) -> Result<Value, AwsError> {
        let (topic_arn, endpoint) = (input.topic_arn.as_str(), input.endpoint.as_str());
        let protocol = Protocol::read(&input.protocol)?;
        protocol.check(endpoint)?;
        let filter = attributes::read(protocol, &input.attributes)?;
        let attributes = input.attributes;
        let own_queue = protocol == Protocol::Sqs && nightproof_core::service::arn::account_of(endpoint) == call.account();
        if protocol == Protocol::Sqs && !own_queue {
            return Err(AwsError::not_implemented("sns", "a subscription of another account's queue"));
        }
        let token = (!own_queue).then(|| random_string(b"0123456789abcdef", 64));
        let (subscription, is_new) = self.topic(topic_arn, |topic| {
            if topic.fifo.is_none() && protocol == Protocol::Sqs && endpoint.ends_with(".fifo") {
                let reason = "Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics";
                return Err(invalid(&format!("Invalid parameter: {reason}")));
            }
            if topic.fifo.is_some()
                && endpoint.ends_with(".fifo")
                && dead_letter_queue(&attributes).is_some_and(|queue| !queue.ends_with(".fifo"))
            {
                return Err(invalid("RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic."));
            }
            let same = |one: &&Subscription| one.protocol == protocol && one.endpoint == endpoint;
            if let Some(existing) = topic.subscriptions.iter().find(same) {
                if existing.attributes != attributes {
                    return Err(invalid("Attributes Reason: Subscription already exists with different attributes"));
                }
                return Ok((existing.clone(), false));
            }
            let subscription = Subscription {
                arn: format!("{topic_arn}:{}", uuid::Uuid::new_v4()),
                owner: call.account().to_owned(),
                protocol,
                endpoint: endpoint.to_owned(),
                token,
                attributes,
                principal: call.caller.arn(),
                filter,
            };
            topic.subscriptions.push(subscription.clone());
            Ok((subscription, true))
        })?;
        if let (Some(token), true) = (&subscription.token, is_new) {
            call.region.journal().record(Event::Notification {
                topic: topic_arn.to_owned(),
                by: call.caller.arn(),
                source: None,
                what: format!("AWS Notification - Subscription Confirmation (token {token})"),
                to: vec![Recipient {
                    protocol: protocol.name().to_owned(),
                    endpoint: endpoint.to_owned(),
                    outcome: "would be sent".to_owned(),
                }],
            });
        }
        let shown = subscription.confirmed() || input.return_subscription_arn;
        Ok(json!({ "SubscriptionArn": if shown { subscription.arn.as_str() } else { "pending confirmation" } }))
    }

    pub(crate) fn confirm_subscription(&self, _call: &Call, input: ConfirmSubscription) -> Result<Value, AwsError> {
        if input.authenticate_on_unsubscribe.is_some_and(|value| value != "false") {
            return Err(AwsError::not_implemented("sns", "ConfirmSubscription with AuthenticateOnUnsubscribe"));
        }
        self.topic(&input.topic_arn, |topic| {
            let found = topic.subscriptions.iter_mut().find(|one| one.token.as_ref() == Some(&input.token));
            let subscription = found.ok_or_else(|| invalid("Token"))?;
            subscription.token = None;
            Ok(json!({ "SubscriptionArn": subscription.arn }))
        })
    }

    /// Runs `act` on the topic of the subscription with this ARN, and the subscription's index in it.
    pub(crate) fn subscription<T>(
        &self,
        arn: &str,
        act: impl FnOnce(&mut Topic, usize) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let Some((topic, _)) = arn.rsplit_once(':').filter(|_| arn.split(':').count() == 7) else {
            return Err(invalid("SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"));
        };
        let found = self.topic(topic, |topic| {
            let index = topic.subscriptions.iter().position(|one| one.arn == arn);
            Ok(index.map(|index| act(topic, index)))
        });
        found.ok().flatten().unwrap_or_else(|| Err(AwsError::new("NotFoundException", 404, "Subscription does not exist")))
    }

    /// An unknown subscription is no error.
    pub(crate) fn unsubscribe(&self, _call: &Call, input: Unsubscribe) -> Result<Value, AwsError> {
        let removed = self.subscription(&input.subscription_arn, |topic, index| {
            topic.deleted += u64::from(topic.subscriptions.remove(index).confirmed());
            Ok(())
        });
        match removed {
            Err(error) if error.code != "NotFoundException" => Err(error),
            _ => Ok(json!({})),
        }
    }

    pub(crate) fn list_subscriptions(&self, call: &Call, input: ListSubscriptions) -> Result<Value, AwsError> {
        let all = self.with(call.account(), |topics| {
            let each = topics.values().flat_map(|topic| topic.subscriptions.iter().map(|one| one.listed(&topic.arn)));
            each.collect()
        });
        page("Subscriptions", all, input.next_token.as_deref())
    }

    pub(crate) fn list_subscriptions_by_topic(&self, _call: &Call, input: ListSubscriptionsByTopic) -> Result<Value, AwsError> {
        let arn = input.topic_arn.as_str();
        let all = self.topic(arn, |topic| Ok(topic.subscriptions.iter().map(|one| one.listed(arn)).collect()))?;
        page("Subscriptions", all, input.next_token.as_deref())
    }
}
