//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::operations::event_query::{FilterLogEvents, GetLogEvents};
use crate::operations::insights::{DescribeQueries, GetQueryResults, StartQuery, StopQuery};
use crate::operations::log_group::{
    AssociateKmsKey, CreateLogGroup, DeleteLogGroup, DeleteRetentionPolicy, DescribeLogGroups, DisassociateKmsKey,
    ListTagsForResource, ListTagsLogGroup, PutRetentionPolicy, TagLogGroup, TagResource, UntagLogGroup, UntagResource,
};
use crate::operations::log_stream::{CreateLogStream, DeleteLogStream, DescribeLogStreams};
use crate::operations::metric_filter::{DeleteMetricFilter, DescribeMetricFilters, PutMetricFilter, TestMetricFilter};
use crate::operations::put_log_events::PutLogEvents;
use crate::operations::resource_policy::{DeleteResourcePolicy, DescribeResourcePolicies, PutResourcePolicy};
use crate::operations::subscription_filter::{DeleteSubscriptionFilter, DescribeSubscriptionFilters, PutSubscriptionFilter};
use crate::records::{LogGroup, Logs, arn};

// A log group's ARN in a request ends in `:log-stream:` and the stream, which is why policies name `log-group:NAME:*`.
operations!("logs", Logs:
    CreateLogGroup => create_log_group.await: ["= log-group:{logGroupName}:log-stream:", "logs:TagResource log-group:{logGroupName}:log-stream: ?tags"],
    DeleteLogGroup => delete_log_group: ["= log-group:{logGroupName}:log-stream:"],
    DescribeLogGroups => describe_log_groups: ["= log-group::log-stream:"],
    PutRetentionPolicy => put_retention_policy: ["= log-group:{logGroupName}:log-stream:"],
    DeleteRetentionPolicy => delete_retention_policy: ["= log-group:{logGroupName}:log-stream:"],
    AssociateKmsKey => associate_kms_key.await: ["= log-group:{logGroupName}:log-stream:"],
    DisassociateKmsKey => disassociate_kms_key: ["= log-group:{logGroupName}:log-stream:"],
    TagResource => tag_resource: ["= {resourceArn}"],
    UntagResource => untag_resource: ["= {resourceArn}"],
    ListTagsForResource => list_tags_for_resource: ["= {resourceArn}"],
    TagLogGroup => tag_log_group: ["= log-group:{logGroupName}:log-stream:"],
    UntagLogGroup => untag_log_group: ["= log-group:{logGroupName}:log-stream:"],
    ListTagsLogGroup => list_tags_log_group: ["= log-group:{logGroupName}:log-stream:"],

    CreateLogStream => create_log_stream: ["= log-group:{logGroupName}:log-stream:{logStreamName}"],
    DeleteLogStream => delete_log_stream: ["= log-group:{logGroupName}:log-stream:{logStreamName}"],
    DescribeLogStreams => describe_log_streams: ["= @log-group"],
    PutLogEvents => put_log_events: ["= log-group:{logGroupName}:log-stream:{logStreamName}"],
    GetLogEvents => get_log_events: ["= @log-stream"],
    FilterLogEvents => filter_log_events: ["= @log-group"],

    PutMetricFilter => put_metric_filter: ["= log-group:{logGroupName}:log-stream:"],
    DescribeMetricFilters => describe_metric_filters: ["= log-group:{logGroupName}:log-stream:"],
    DeleteMetricFilter => delete_metric_filter: ["= log-group:{logGroupName}:log-stream:"],
    TestMetricFilter => test_metric_filter: ["= *"],
    PutSubscriptionFilter => put_subscription_filter.await: [
        "= log-group:{logGroupName}:log-stream:",
        "iam:PassRole {roleArn} ?roleArn iam:PassedToService='logs.amazonaws.com'"
    ],
    DescribeSubscriptionFilters => describe_subscription_filters: ["= log-group:{logGroupName}:log-stream:"],
    DeleteSubscriptionFilter => delete_subscription_filter: ["= log-group:{logGroupName}:log-stream:"],

    PutResourcePolicy => put_resource_policy: ["= *"],
    DescribeResourcePolicies => describe_resource_policies: ["= *"],
    DeleteResourcePolicy => delete_resource_policy: ["= *"],
    StartQuery => start_query: ["= @queried-groups"],
    GetQueryResults => get_query_results: ["= *"],
    DescribeQueries => describe_queries: ["= *"],
    StopQuery => stop_query: ["= *"],
);

#[async_trait]
impl Service for Logs {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    fn resource_policy(&self, account: &str, _arn: &str) -> Option<ResourcePolicyText> {
        self.policies.with(account, |policies| policies.text(account))
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        self.named_resources(call, kind, input)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        let accounts = self.accounts.lock();
        let groups = accounts.get(call.account()).into_iter().flatten();
        let tagged = |(name, group): (&String, &LogGroup)| Tagged { arn: arn(call, name), tags: group.tags.pairs() };
        groups.map(tagged).collect()
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.group_tags(account, arn)
    }
}
