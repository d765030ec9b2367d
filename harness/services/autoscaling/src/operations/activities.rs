//! Scaling activities.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::Value;

use super::filter::Pages;
use crate::autoscaling::AutoScaling;

/// `DescribeScalingActivities`.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeScalingActivities {
    #[serde(default)]
    activity_ids: Vec<String>,
    auto_scaling_group_name: Option<String>,
    #[serde(default)]
    include_deleted_groups: bool,
    #[expect(dead_code, reason = "no group of the region is managed by another service")]
    include_managed_resources: Option<bool>,
    max_records: Option<i64>,
    next_token: Option<String>,
}

impl AutoScaling {
    pub(crate) fn describe_scaling_activities(&self, call: &Call, input: DescribeScalingActivities) -> Result<Value, AwsError> {
        let name = input.auto_scaling_group_name.as_ref();
        let described = self.with(call.account(), |records| {
            if let Some(name) = name.filter(|name| !input.include_deleted_groups && !records.groups.contains_key(*name)) {
                return Err(crate::error::no_group(name));
            }
            let present = records.groups.values().flat_map(|group| {
                group.activities.iter().map(move |activity| (group.name.as_str(), group.arn.as_str(), activity))
            });
            let past = records.past.iter().filter(|_| input.include_deleted_groups);
            let past = past.map(|(group, arn, activity)| (group.as_str(), arn.as_str(), activity));
            let ids = &input.activity_ids;
            let chosen = present
                .chain(past)
                .filter(|(group, ..)| name.is_none_or(|name| name == group))
                .filter(|(.., activity)| ids.is_empty() || ids.contains(&activity.id));
            Ok(chosen.map(|(group, arn, activity)| activity.describe(group, arn)).collect())
        })?;
        Pages { token: input.next_token.as_deref(), records: Some(input.max_records.unwrap_or(100)) }.of("Activities", described)
    }
}
