//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::operation::read;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::records::{LogGroup, Logs, arn};

#[async_trait]
impl Service for Logs {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    fn resource_policy(&self, account: &str, _arn: &str) -> Option<ResourcePolicyText> {
        self.policies.with(account, |policies| policies.text(account))
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let output = match operation {
            "CreateLogGroup" => self.create_log_group(call, &input).await,
            "DeleteLogGroup" => self.delete_log_group(call, &input),
            "DescribeLogGroups" => self.describe_log_groups(call, &input),
            "PutRetentionPolicy" => self.put_retention_policy(call, &input),
            "DeleteRetentionPolicy" => self.delete_retention_policy(call, &input),
            "AssociateKmsKey" => self.associate_kms_key(call, &input).await,
            "DisassociateKmsKey" => self.disassociate_kms_key(call, &input),
            "TagResource" | "TagLogGroup" => self.tag(call, &input),
            "UntagResource" | "UntagLogGroup" => self.untag(call, &input),
            "ListTagsForResource" | "ListTagsLogGroup" => self.list_tags(call, &input),
            "CreateLogStream" => self.create_log_stream(call, &input),
            "DeleteLogStream" => self.delete_log_stream(call, &input),
            "DescribeLogStreams" => self.describe_log_streams(call, &input),
            "PutLogEvents" => self.put_log_events(call, &input),
            "GetLogEvents" => self.get_log_events(call, &input),
            "FilterLogEvents" => self.filter_log_events(call, &input),
            "PutMetricFilter" => self.put_metric_filter(call, read("logs", operation, input)?),
            "DescribeMetricFilters" => self.describe_metric_filters(call, read("logs", operation, input)?),
            "DeleteMetricFilter" => self.delete_metric_filter(call, read("logs", operation, input)?),
            "TestMetricFilter" => self.test_metric_filter(call, read("logs", operation, input)?),
            "PutSubscriptionFilter" => self.put_subscription_filter(call, read("logs", operation, input)?).await,
            "DescribeSubscriptionFilters" => self.describe_subscription_filters(call, read("logs", operation, input)?),
            "DeleteSubscriptionFilter" => self.delete_subscription_filter(call, read("logs", operation, input)?),
            "PutResourcePolicy" => self.put_resource_policy(call, read("logs", operation, input)?),
            "DescribeResourcePolicies" => self.describe_resource_policies(call, read("logs", operation, input)?),
            "DeleteResourcePolicy" => self.delete_resource_policy(call, read("logs", operation, input)?),
            "StartQuery" => self.start_query(call, read("logs", operation, input)?),
            "GetQueryResults" => self.get_query_results(call, read("logs", operation, input)?),
            "DescribeQueries" => self.describe_queries(call, read("logs", operation, input)?),
            "StopQuery" => self.stop_query(call, read("logs", operation, input)?),
            other => Err(AwsError::not_implemented("logs", other)),
        }?;
        Ok(output.into())
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
