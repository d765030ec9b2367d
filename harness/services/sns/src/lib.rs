//! The service `sns`: standard topics, their policies, and delivery to queues. A message to anybody else goes nowhere: that it would have
//! been sent is told in the journal.
//! <https://docs.aws.amazon.com/sns/latest/api/welcome.html>

mod attributes;
mod authorization;
mod delivery;
mod message;
mod publish;
mod resources;
mod subscription;
mod subscription_attributes;
mod tags;
#[cfg(test)]
mod tests;
mod topic;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use parking_lot::Mutex;
use serde_json::Value;

use publish::Publish;
pub use resources::resource_types;
use subscription::{ConfirmSubscription, ListSubscriptions, ListSubscriptionsByTopic, Subscribe, Unsubscribe};
use subscription_attributes::{GetSubscriptionAttributes, SetSubscriptionAttributes};
use tags::{ListTagsForResource, TagResource, UntagResource};
use topic::{CreateTopic, DeleteTopic, GetTopicAttributes, ListTopics, SetTopicAttributes, Topic};

/// The service `sns`.
#[derive(Debug, Default)]
pub struct Sns {
    /// Topics by account and ARN.
    accounts: Mutex<HashMap<String, BTreeMap<String, Topic>>>,
}

impl Sns {
    /// A service without topics.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    fn with<T>(&self, account: &str, act: impl FnOnce(&mut BTreeMap<String, Topic>) -> T) -> T {
        let mut accounts = self.accounts.lock();
        act(accounts.entry(account.to_owned()).or_default())
    }

    /// Runs `act` on the topic with this ARN, whoever owns it.
    fn topic<T>(&self, arn: &str, act: impl FnOnce(&mut Topic) -> Result<T, AwsError>) -> Result<T, AwsError> {
        let mut parts = arn.split(':');
        let (service, account) = (parts.nth(2), parts.nth(1));
        let (Some("sns"), Some(account), Some(_), None) = (service, account, parts.next(), parts.next()) else {
            return Err(invalid("TopicArn"));
        };
        self.with(account, |topics| topics.get_mut(arn).ok_or_else(no_topic).and_then(act))
    }
}

/// `reason` is the name of a parameter, and what is wrong with it.
fn invalid(reason: &str) -> AwsError {
    AwsError::new("InvalidParameterException", 400, format!("Invalid parameter: {reason}"))
}

fn no_topic() -> AwsError {
    AwsError::new("NotFoundException", 404, "Topic does not exist")
}

/// A page of 100, as all lists of this service have.
fn page(member: &str, items: Vec<Value>, token: Option<&str>) -> Result<Value, AwsError> {
    nightproof_core::page::page(member, items, token, 100, || invalid("NextToken"))
}

// Operations on a subscription are authorized on no resource:
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html>
operations!("sns", Sns:
    ConfirmSubscription => confirm_subscription: ["= {TopicArn}"],
    CreateTopic => create_topic: ["= {Name}", "sns:TagResource {Name} ?Tags"],
    DeleteTopic => delete_topic: ["= {TopicArn}"],
    GetSubscriptionAttributes => get_subscription_attributes: ["= *"],
    GetTopicAttributes => get_topic_attributes: ["= {TopicArn}"],
    ListSubscriptions => list_subscriptions: ["= *"],
    ListSubscriptionsByTopic => list_subscriptions_by_topic: ["= {TopicArn}"],
    ListTagsForResource => list_tags_for_resource: ["= {ResourceArn}"],
    ListTopics => list_topics: ["= *"],
    Publish => publish.await: ["= {TopicArn} ?TopicArn", "= {TargetArn} ?TargetArn", "= * ?PhoneNumber"],
    SetSubscriptionAttributes => set_subscription_attributes: ["= *"],
    SetTopicAttributes => set_topic_attributes: ["= {TopicArn}"],
    Subscribe => subscribe: ["= {TopicArn} sns:Endpoint=Endpoint sns:Protocol=Protocol"],
    TagResource => tag_resource: ["= {ResourceArn}"],
    Unsubscribe => unsubscribe: ["= *"],
    UntagResource => untag_resource: ["= {ResourceArn}"],
);

#[async_trait]
impl Service for Sns {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.topic_policy(arn)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        let tagged = |topic: &Topic| Tagged { arn: topic.arn.clone(), tags: topic.tags.clone().into_iter().collect() };
        self.with(call.account(), |topics| topics.values().map(tagged).collect())
    }

    fn resource_tags(&self, _account: &str, arn: &str) -> Vec<(String, String)> {
        self.tags_of(arn)
    }
}
