//! The instances of all groups.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::Value;

use super::filter::Pages;
use crate::autoscaling::AutoScaling;

/// `DescribeAutoScalingInstances`.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingInstances.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeAutoScalingInstances {
    #[serde(default)]
    instance_ids: Vec<String>,
    #[expect(dead_code, reason = "no group of the region is managed by another service")]
    include_managed_resources: Option<bool>,
    max_records: Option<i64>,
    next_token: Option<String>,
}

impl AutoScaling {
    pub(crate) fn describe_auto_scaling_instances(
        &self,
        call: &Call,
        input: DescribeAutoScalingInstances,
    ) -> Result<Value, AwsError> {
        let wanted = &input.instance_ids;
        let described = self.with(call.account(), |records| {
            let all = records.groups.values().flat_map(|group| group.instances.iter().map(move |one| (group, one)));
            let chosen = all.filter(|(_, instance)| wanted.is_empty() || wanted.contains(&instance.id));
            chosen.map(|(group, instance)| instance.describe_with(&group.name)).collect()
        });
        Pages { token: input.next_token.as_deref(), records: input.max_records }.of("AutoScalingInstances", described)
    }
}
