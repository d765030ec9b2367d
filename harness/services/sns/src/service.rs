//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::operations;
use nightproof_core::request_tags::{ListTagsForResource, TagResource, UntagResource};
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::operations::permissions::{AddPermission, RemovePermission};
use crate::operations::publish::{Publish, PublishBatch};
use crate::operations::subscription_attributes::{GetSubscriptionAttributes, SetSubscriptionAttributes};
use crate::operations::subscriptions::{
    ConfirmSubscription, ListSubscriptions, ListSubscriptionsByTopic, Subscribe, Unsubscribe,
};
use crate::operations::topics::{CreateTopic, DeleteTopic, GetTopicAttributes, ListTopics, SetTopicAttributes};
use crate::records::{Sns, Topic};

// Operations on a subscription are authorized on no resource:
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html>
operations!("sns", Sns:
    AddPermission => add_permission: ["= {TopicArn}"],
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
    PublishBatch => publish_batch.await: ["sns:Publish {TopicArn}"],
    RemovePermission => remove_permission: ["= {TopicArn}"],
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
        let tagged = |topic: &Topic| Tagged { arn: topic.arn.clone(), tags: topic.tags.pairs() };
        self.with(call.account(), |topics| topics.values().map(tagged).collect())
    }

    fn resource_tags(&self, _account: &str, arn: &str) -> Vec<(String, String)> {
        self.topic_tags(arn)
    }
}
