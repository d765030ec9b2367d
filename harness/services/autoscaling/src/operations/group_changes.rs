//! Changing a group.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::Value;

use super::settings::{self, LaunchTemplate, nothing, reason};
use crate::autoscaling::AutoScaling;
use crate::capacity;
use crate::group::Settings;
use crate::role;

/// `UpdateAutoScalingGroup`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateAutoScalingGroup {
    auto_scaling_group_name: String,
    launch_configuration_name: Option<String>,
    launch_template: Option<LaunchTemplate>,
    min_size: Option<i64>,
    max_size: Option<i64>,
    desired_capacity: Option<i64>,
    default_cooldown: Option<i64>,
    #[serde(default)]
    availability_zones: Vec<String>,
    health_check_type: Option<String>,
    health_check_grace_period: Option<i64>,
    #[serde(rename = "VPCZoneIdentifier")]
    vpc_zone_identifier: Option<String>,
    #[serde(default)]
    termination_policies: Vec<String>,
    new_instances_protected_from_scale_in: Option<bool>,
    capacity_rebalance: Option<bool>,
    deletion_protection: Option<String>,
    #[serde(rename = "ServiceLinkedRoleARN")]
    service_linked_role_arn: Option<String>,
    default_instance_warmup: Option<i64>,
}

impl AutoScaling {
    pub(crate) async fn update_auto_scaling_group(&self, call: &Call, input: UpdateAutoScalingGroup) -> Result<Value, AwsError> {
        let (region, account, name) = (&call.region, call.account(), input.auto_scaling_group_name.as_str());
        let health_check = settings::health_check(input.health_check_type.as_ref())?;
        capacity::check_policies(&input.termination_policies)?;
        let mut group = self.with(account, |records| records.group(name).cloned())?;
        let before = group.settings.size;
        let mut size = before;
        size.min = input.min_size.unwrap_or(size.min);
        size.max = input.max_size.unwrap_or(size.max);
        // What is not asked for follows the bounds.
        size.desired = input.desired_capacity.unwrap_or_else(|| size.desired.clamp(size.min, size.max.max(size.min)));
        let size = size.checked()?;
        if let Some(role) = input.service_linked_role_arn {
            group.settings.role = role;
        }
        let session = role::session(region, account, &group.settings.role).await?;
        let source =
            settings::source(region, &session, input.launch_template.as_ref(), input.launch_configuration_name.as_ref()).await?;
        settings::check_zones(region, &session, &input.availability_zones).await?;
        let subnets = match &input.vpc_zone_identifier {
            Some(listed) => Some(settings::subnets(region, &session, listed).await?),
            None => None,
        };
        let protection = settings::deletion_protection(input.deletion_protection.as_ref())?;
        let launches_otherwise = source.is_some() || subnets.is_some();
        let apply = |settings: &mut Settings| {
            settings.size = size;
            settings.role.clone_from(&group.settings.role);
            settings.source = source.clone().unwrap_or_else(|| settings.source.clone());
            settings.subnets = subnets.clone().unwrap_or_else(|| settings.subnets.clone());
            if !input.availability_zones.is_empty() {
                settings.zones.clone_from(&input.availability_zones);
            }
            settings.cooldown = input.default_cooldown.unwrap_or(settings.cooldown);
            settings.health_check = health_check.clone().unwrap_or_else(|| settings.health_check.clone());
            settings.grace = input.health_check_grace_period.unwrap_or(settings.grace);
            if !input.termination_policies.is_empty() {
                settings.termination_policies.clone_from(&input.termination_policies);
            }
            settings.protects_new = input.new_instances_protected_from_scale_in.unwrap_or(settings.protects_new);
            settings.rebalances = input.capacity_rebalance.or(settings.rebalances);
            settings.warmup = input.default_instance_warmup.or(settings.warmup);
            settings.deletion_protection = protection.clone().unwrap_or_else(|| settings.deletion_protection.clone());
        };
        let mut tried = group.clone();
        apply(&mut tried.settings);
        if launches_otherwise {
            self.check_launch(call, &tried).await?;
        }
        self.change(account, name, |group| {
            apply(&mut group.settings);
            let (from, to) = (before.desired, group.settings.size.desired);
            if from != to {
                let (min, max) = (group.settings.size.min, group.settings.size.max);
                let what = format!(
                    "update of AutoScalingGroup constraints to min: {min}, max: {max}, desired: {to} changing the desired capacity from {from} to {to}"
                );
                group.reason = reason(call, &what);
            }
            // What was refused before may be launched now.
            (group.failures, group.retry) = (0, None);
            Ok(nothing())
        })
    }
}
