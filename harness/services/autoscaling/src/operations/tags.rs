//! Tags of groups.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::Value;

use super::filter::{Filter, Pages};
use super::settings::nothing;
use crate::autoscaling::AutoScaling;
use crate::error::validation;
use crate::tag::{self, TagRequest};

/// `CreateOrUpdateTags` <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateOrUpdateTags.html> and `DeleteTags`
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteTags.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ChangeTags {
    tags: Vec<TagRequest>,
}

/// `DescribeTags`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeTags.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeTags {
    #[serde(default)]
    filters: Vec<Filter>,
    #[expect(dead_code, reason = "no group of the region is managed by another service")]
    include_managed_resources: Option<bool>,
    next_token: Option<String>,
    max_records: Option<i64>,
}

impl AutoScaling {
    /// Sets or removes tags, which each name their group. None is changed if one of them cannot be.
    pub(crate) fn change_tags(&self, call: &Call, input: ChangeTags, sets: bool) -> Result<Value, AwsError> {
        let mut changes = Vec::new();
        for given in input.tags {
            let group = given.resource_id.clone().ok_or_else(|| validation("Tag resourceId must be specified."))?;
            let value = given.value.clone();
            changes.push((group, given.tag(call)?, value));
        }
        self.with(call.account(), |records| {
            for (group, ..) in &changes {
                records.group(group)?;
            }
            for (group, tag, value) in changes {
                let tags = &mut records.group_mut(&group)?.tags;
                match sets {
                    true => tag::set(tags, tag),
                    // One that is named with another value stays.
                    false => tags.retain(|one| one.key != tag.key || value.as_ref().is_some_and(|value| *value != one.value)),
                }
            }
            Ok(nothing())
        })
    }

    pub(crate) fn describe_tags(&self, call: &Call, input: DescribeTags) -> Result<Value, AwsError> {
        let described = self.with(call.account(), |records| {
            let mut described = Vec::new();
            for group in records.groups.values() {
                for tag in &group.tags {
                    if passes(&group.name, tag, &input.filters)? {
                        described.push(tag.describe(&group.name));
                    }
                }
            }
            Ok::<_, AwsError>(described)
        })?;
        Pages { token: input.next_token.as_deref(), records: input.max_records }.of("Tags", described)
    }
}

fn passes(group: &str, tag: &tag::Tag, filters: &[Filter]) -> Result<bool, AwsError> {
    for filter in filters {
        let value = match filter.name.as_str() {
            "auto-scaling-group" => group,
            "key" => &tag.key,
            "value" => &tag.value,
            "propagate-at-launch" if tag.propagates => "true",
            "propagate-at-launch" => "false",
            _ => return Err(filter.unknown("auto-scaling-group, key, value, propagate-at-launch")),
        };
        if !filter.has([value]) {
            return Ok(false);
        }
    }
    Ok(true)
}
