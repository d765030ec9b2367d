//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use bytes::Bytes;
use http::Response;
use nightproof_core::Region;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::operations;
use nightproof_core::request_tags::{ListTagsForResource, TagResource, UntagResource};
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::address::is_link;
use crate::operations::data_protection::{GetDataProtectionPolicy, PutDataProtectionPolicy};
use crate::operations::permissions::{AddPermission, RemovePermission};
use crate::operations::platform_applications::{
    CreatePlatformApplication, DeletePlatformApplication, GetPlatformApplicationAttributes, ListPlatformApplications,
    SetPlatformApplicationAttributes,
};
use crate::operations::platform_endpoints::{
    CreatePlatformEndpoint, DeleteEndpoint, GetEndpointAttributes, ListEndpointsByPlatformApplication, SetEndpointAttributes,
};
use crate::operations::publish::{Publish, PublishBatch};
use crate::operations::subscription_attributes::{GetSubscriptionAttributes, SetSubscriptionAttributes};
use crate::operations::subscriptions::{
    ConfirmSubscription, ListSubscriptions, ListSubscriptionsByTopic, Subscribe, Unsubscribe,
};
use crate::operations::text_messages::{
    CheckIfPhoneNumberIsOptedOut, GetSMSAttributes, ListPhoneNumbersOptedOut, OptInPhoneNumber, SetSMSAttributes,
};
use crate::operations::topics::{CreateTopic, DeleteTopic, GetTopicAttributes, ListTopics, SetTopicAttributes};
use crate::records::{Sns, Topic};
use crate::signing::is_certificate;

// Operations on a subscription are authorized on no resource:
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html>
operations!("sns", Sns:
    AddPermission => add_permission: ["= {TopicArn}"],
    CheckIfPhoneNumberIsOptedOut => check_if_phone_number_is_opted_out: ["= *"],
    ConfirmSubscription => confirm_subscription: ["= {TopicArn}"],
    CreatePlatformApplication => create_platform_application: ["= *"],
    CreatePlatformEndpoint => create_platform_endpoint: ["= *"],
    CreateTopic => create_topic: ["= {Name}", "sns:TagResource {Name} ?Tags"],
    DeleteEndpoint => delete_endpoint: ["= *"],
    DeletePlatformApplication => delete_platform_application: ["= *"],
    DeleteTopic => delete_topic: ["= {TopicArn}"],
    GetDataProtectionPolicy => get_data_protection_policy: ["= {ResourceArn}"],
    GetEndpointAttributes => get_endpoint_attributes: ["= *"],
    GetPlatformApplicationAttributes => get_platform_application_attributes: ["= *"],
    GetSMSAttributes => get_sms_attributes: ["= *"],
    GetSubscriptionAttributes => get_subscription_attributes: ["= *"],
    GetTopicAttributes => get_topic_attributes: ["= {TopicArn}"],
    ListEndpointsByPlatformApplication => list_endpoints_by_platform_application: ["= *"],
    ListPhoneNumbersOptedOut => list_phone_numbers_opted_out: ["= *"],
    ListPlatformApplications => list_platform_applications: ["= *"],
    ListSubscriptions => list_subscriptions: ["= *"],
    ListSubscriptionsByTopic => list_subscriptions_by_topic: ["= {TopicArn}"],
    ListTagsForResource => list_tags_for_resource: ["= {ResourceArn}"],
    ListTopics => list_topics: ["= *"],
    OptInPhoneNumber => opt_in_phone_number: ["= *"],
    Publish => publish.await: ["= {TopicArn} ?TopicArn", "= {TargetArn} ?TargetArn", "= * ?PhoneNumber"],
    PublishBatch => publish_batch.await: ["sns:Publish {TopicArn}"],
    PutDataProtectionPolicy => put_data_protection_policy: ["= {ResourceArn}"],
    RemovePermission => remove_permission: ["= {TopicArn}"],
    SetEndpointAttributes => set_endpoint_attributes: ["= *"],
    SetPlatformApplicationAttributes => set_platform_application_attributes: ["= *"],
    SetSMSAttributes => set_sms_attributes: ["= *"],
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

    fn allows_by_itself(&self, call: &Call, operation: &str, _input: &Value) -> bool {
        is_link(call, operation)
    }

    fn serves(&self, _region: &Region, _host: &str, path: &str) -> bool {
        is_certificate(path)
    }

    async fn serve(&self, call: &Call, _body: Bytes) -> Response<Body> {
        self.serve_certificate(call)
    }

    fn resource_tags(&self, _account: &str, arn: &str) -> Vec<(String, String)> {
        self.topic_tags(arn)
    }
}
