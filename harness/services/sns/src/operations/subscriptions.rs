//! Subscriptions: the endpoints that receive a topic's messages.

use std::collections::BTreeMap;
use std::sync::Arc;

use nightproof_core::Principal;
use nightproof_core::credentials::random_string;
use nightproof_core::service::{AwsError, Call, arn};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::address::address;
use crate::delivery::Sender;
use crate::envelope::Question;
use crate::error::invalid;
use crate::operations::subscription_attributes as attributes;
use crate::page::page;
use crate::protocol::Protocol;
use crate::records::{Sns, Subscription, Topic, dead_letter_queue};

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

/// As long as AWS's.
fn new_token() -> String {
    random_string(b"0123456789abcdef", 288)
}

/// Refuses an endpoint that a topic of its kind cannot have.
fn check_fifo(topic: &Topic, protocol: Protocol, endpoint: &str, attributes: &BTreeMap<String, String>) -> Result<(), AwsError> {
    let to_fifo = protocol == Protocol::Sqs && endpoint.ends_with(".fifo");
    if topic.fifo.is_none() && to_fifo {
        let reason = "Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics";
        return Err(invalid(&format!("Invalid parameter: {reason}")));
    }
    if topic.fifo.is_some() && protocol != Protocol::Sqs {
        return Err(invalid(&format!("Invalid protocol type: {}", protocol.name())));
    }
    attributes::check_dead_letter_queue(topic.fifo.is_some() && to_fifo, dead_letter_queue(attributes).as_deref())
}

impl Sns {
    /// Queues and functions of the account, telephones and mobile applications are confirmed at once; the others are asked.
    pub(crate) fn subscribe(&self, call: &Call, input: Subscribe) -> Result<Value, AwsError> {
        let (topic_arn, endpoint) = (input.topic_arn.as_str(), input.endpoint.as_str());
        let protocol = Protocol::read(&input.protocol)?;
        protocol.check(endpoint)?;
        let filter = attributes::read(protocol, &input.attributes)?;
        let attributes = attributes::kept(input.attributes);
        if !protocol.asks() && protocol != Protocol::Sms && arn::account_of(endpoint) != call.account() {
            return Err(AwsError::not_implemented("sns", "a subscription of another account's resource"));
        }
        let (subscription, sender) = self.topic(topic_arn, |topic| {
            check_fifo(topic, protocol, endpoint, &attributes)?;
            let same = |one: &&Subscription| one.protocol == protocol && one.endpoint == endpoint;
            if let Some(existing) = topic.subscriptions.iter().find(same) {
                if !attributes::agree(&existing.attributes, &attributes) {
                    return Err(invalid("Attributes Reason: Subscription already exists with different attributes"));
                }
                return Ok((existing.clone(), None));
            }
            let subscription = Subscription {
                arn: format!("{topic_arn}:{}", uuid::Uuid::new_v4()),
                owner: call.account().to_owned(),
                protocol,
                endpoint: endpoint.to_owned(),
                token: protocol.asks().then(new_token),
                confirmed: !protocol.asks(),
                authenticated: !protocol.asks(),
                guarded: false,
                address: address(call),
                attributes,
                principal: call.caller.arn(),
                filter,
            };
            topic.subscriptions.push(subscription.clone());
            Ok((subscription, protocol.asks().then(|| self.sender(call, topic))))
        })?;
        let shown = subscription.confirmed || input.return_subscription_arn;
        let answer = json!({ "SubscriptionArn": if shown { subscription.arn.as_str() } else { "pending confirmation" } });
        if let Some(sender) = sender {
            sender.ask(Question::Subscribe, subscription);
        }
        Ok(answer)
    }

    /// What a topic sends with.
    fn sender(&self, call: &Call, topic: &Topic) -> Sender {
        Sender::new(call, &topic.arn, Arc::clone(&self.signer), topic.signature_version(), topic.attributes.clone())
    }

    /// A token is good as often as it is shown. One that an endpoint was sent with the end of its subscription brings that back.
    pub(crate) fn confirm_subscription(&self, call: &Call, input: ConfirmSubscription) -> Result<Value, AwsError> {
        let ConfirmSubscription { topic_arn, token, authenticate_on_unsubscribe } = input;
        let elements: Vec<&str> = topic_arn.split(':').collect();
        if !matches!(elements.as_slice(), ["arn", _, "sns", region, _, _] if *region == call.region.name()) {
            return Err(invalid("Topic"));
        }
        if !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(AwsError::new("InvalidParameterException", 400, "Invalid token"));
        }
        let signed = call.caller.principal != Principal::Anonymous;
        let guarded = signed && authenticate_on_unsubscribe.is_some_and(|value| value == "true");
        let confirmed = self.topic(&topic_arn, |topic| {
            let has_token = |one: &Subscription| one.token.as_ref() == Some(&token);
            if let Some(ended) = topic.ended.iter().position(has_token) {
                let back = topic.ended.remove(ended);
                topic.subscriptions.push(back);
            }
            let found = topic.subscriptions.iter_mut().find(|one| has_token(one));
            let subscription = found.ok_or_else(|| invalid("Token"))?;
            if !subscription.confirmed {
                subscription.authenticated = signed;
            }
            subscription.confirmed = true;
            subscription.guarded |= guarded;
            Ok(json!({ "SubscriptionArn": subscription.arn }))
        });
        // A token of no topic is no token.
        confirmed.map_err(|error| if error.code == "NotFoundException" { invalid("Token") } else { error })
    }

    /// Runs `act` on the topic of the subscription with this ARN, and the subscription's index in it.
    pub(crate) fn subscription<T>(
        &self,
        arn: &str,
        act: impl FnOnce(&mut Topic, usize) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let elements = arn.split(':').count();
        let reason = match elements {
            _ if arn.is_empty() => "SubscriptionArn Reason: no value for required parameter".to_owned(),
            elements if elements < 6 => format!("SubscriptionArn Reason: An ARN must have at least 6 elements, not {elements}"),
            6 => "SubscriptionId".to_owned(),
            _ => String::new(),
        };
        let Some((topic, _)) = arn.rsplit_once(':').filter(|_| reason.is_empty()) else { return Err(invalid(&reason)) };
        let found = self.topic(topic, |topic| {
            let index = topic.subscriptions.iter().position(|one| one.arn == arn);
            Ok(index.map(|index| act(topic, index)))
        });
        found.ok().flatten().unwrap_or_else(|| Err(AwsError::new("NotFoundException", 404, "Subscription does not exist")))
    }

    /// An unknown subscription is no error. An HTTP endpoint whose subscription is ended without a signature learns of it, and may have it back.
    pub(crate) fn unsubscribe(&self, call: &Call, input: Unsubscribe) -> Result<Value, AwsError> {
        let signed = call.caller.principal != Principal::Anonymous;
        let removed = self.subscription(&input.subscription_arn, |topic, index| {
            if !signed && topic.subscriptions.get(index).is_some_and(|one| one.guarded) {
                return Err(AwsError::new(
                    "AuthorizationErrorException",
                    403,
                    "The subscription is ended by signed requests alone.",
                ));
            }
            let mut subscription = topic.subscriptions.remove(index);
            topic.deleted += u64::from(subscription.confirmed);
            if signed || !subscription.confirmed || !subscription.protocol.is_http() {
                return Ok(None);
            }
            subscription.token = Some(new_token());
            topic.ended.push(subscription.clone());
            Ok(Some((self.sender(call, topic), subscription)))
        });
        match removed {
            Err(error) if error.code != "NotFoundException" => return Err(error),
            Ok(Some((sender, subscription))) => sender.ask(Question::Unsubscribed, subscription),
            _ => {}
        }
        Ok(json!({}))
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
