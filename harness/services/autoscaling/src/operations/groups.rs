//! Making, describing, changing and deleting groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Notify;

use super::filter::{Filter, Pages};
use super::settings::{self, LaunchTemplate, nothing, reason};
use crate::activity::Activities;
use crate::autoscaling::AutoScaling;
use crate::capacity;
use crate::error::{already_exists, in_use, no_configuration, validation};
use crate::group::{Group, Settings};
use crate::hook::{Hook, HookSpecification};
use crate::instance::State;
use crate::launch::Blueprint;
use crate::launch_source::LaunchSource;
use crate::role;
use crate::size::Size;
use crate::tag::{self, Tag, TagRequest};

const MOST_TAGS: usize = 50;

/// `CreateAutoScalingGroup`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateAutoScalingGroup {
    auto_scaling_group_name: String,
    launch_configuration_name: Option<String>,
    launch_template: Option<LaunchTemplate>,
    min_size: i64,
    max_size: i64,
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
    #[serde(default)]
    lifecycle_hook_specification_list: Vec<HookSpecification>,
    deletion_protection: Option<String>,
    #[serde(default)]
    tags: Vec<TagRequest>,
    #[serde(rename = "ServiceLinkedRoleARN")]
    service_linked_role_arn: Option<String>,
    default_instance_warmup: Option<i64>,
}

/// `DeleteAutoScalingGroup`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteAutoScalingGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteAutoScalingGroup {
    auto_scaling_group_name: String,
    #[serde(default)]
    force_delete: bool,
}

/// `DescribeAutoScalingGroups`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeAutoScalingGroups {
    #[serde(default)]
    auto_scaling_group_names: Vec<String>,
    include_instances: Option<bool>,
    #[expect(dead_code, reason = "no group of the region is managed by another service")]
    include_managed_resources: Option<bool>,
    next_token: Option<String>,
    max_records: Option<i64>,
    #[serde(default)]
    filters: Vec<Filter>,
}

impl AutoScaling {
    pub(crate) async fn create_auto_scaling_group(&self, call: &Call, input: CreateAutoScalingGroup) -> Result<Value, AwsError> {
        let (region, account, name) = (&call.region, call.account(), input.auto_scaling_group_name.as_str());
        self.check_new(account, name)?;
        let health_check = settings::health_check(input.health_check_type.as_ref())?;
        capacity::check_policies(&input.termination_policies)?;
        let desired = input.desired_capacity.unwrap_or(input.min_size);
        let size = Size { min: input.min_size, max: input.max_size, desired }.checked()?;
        let hooks = hooks(input.lifecycle_hook_specification_list)?;
        let mut tags: Vec<Tag> = Vec::new();
        for given in input.tags {
            tag::set(&mut tags, given.tag(call)?);
        }
        if tags.len() > MOST_TAGS {
            return Err(AwsError::new("LimitExceededFault", 400, format!("The maximum number of tags is {MOST_TAGS}")));
        }
        let zones = input.availability_zones;
        let listed = input.vpc_zone_identifier.unwrap_or_default();
        if zones.is_empty() && listed.is_empty() {
            return Err(validation("At least one Availability Zone or VPC Subnet is required."));
        }
        let role = role::for_group(call, input.service_linked_role_arn.as_deref()).await?;
        let session = role::session(region, account, &role).await?;
        let source =
            settings::source(region, &session, input.launch_template.as_ref(), input.launch_configuration_name.as_ref()).await?;
        let source = source.ok_or_else(|| {
            validation(
                "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.",
            )
        })?;
        let subnets = settings::subnets(region, &session, &listed).await?;
        settings::check_zones(region, &session, &zones).await?;
        let settings = Settings {
            source,
            size,
            cooldown: input.default_cooldown.unwrap_or(300),
            subnets,
            zones,
            health_check: health_check.unwrap_or_else(|| "EC2".to_owned()),
            grace: input.health_check_grace_period.unwrap_or(0),
            termination_policies: or_default(input.termination_policies),
            protects_new: input.new_instances_protected_from_scale_in.unwrap_or(false),
            rebalances: input.capacity_rebalance,
            warmup: input.default_instance_warmup,
            role,
            deletion_protection: settings::deletion_protection(input.deletion_protection.as_ref())?
                .unwrap_or_else(|| "none".to_owned()),
        };
        let arn = format!("autoScalingGroup:{}:autoScalingGroupName/{name}", uuid::Uuid::new_v4());
        let group = Group {
            name: name.to_owned(),
            arn: call.arn("autoscaling", arn),
            created: call.now,
            settings,
            tags,
            hooks,
            scheduled: BTreeMap::new(),
            refreshes: Vec::new(),
            instances: Vec::new(),
            activities: Activities::default(),
            suspended: BTreeMap::new(),
            is_deleted: false,
            reason: reason(call, &format!("created an AutoScalingGroup changing the desired capacity from 0 to {desired}")),
            failures: 0,
            retry: None,
            outbox: Vec::new(),
            wake: Arc::new(Notify::new()),
        };
        self.check_launch(call, &group).await?;
        self.with(account, |records| match records.groups.contains_key(name) {
            true => Err(taken(name)),
            false => {
                records.groups.insert(name.to_owned(), group);
                Ok(())
            }
        })?;
        self.control(region, account, name);
        Ok(nothing())
    }

    fn check_new(&self, account: &str, name: &str) -> Result<(), AwsError> {
        if name.contains(':') {
            return Err(validation("AutoScalingGroup name cannot contain colons"));
        }
        self.with(account, |records| if records.groups.contains_key(name) { Err(taken(name)) } else { Ok(()) })
    }

    /// Whether the caller may launch what a group launches.
    pub(super) async fn check_launch(&self, call: &Call, group: &Group) -> Result<(), AwsError> {
        let (region, account) = (&call.region, call.account());
        let source = &group.settings.source;
        if let LaunchSource::Configuration(name) = source {
            let exists = self.with(account, |records| records.configurations.contains_key(name));
            return if exists { Ok(()) } else { Err(no_configuration(name)) };
        }
        let session = role::session(region, account, &group.settings.role).await?;
        let place = capacity::place(group);
        let blueprint = Blueprint::read(region, &session, source, None, &place).await;
        let blueprint = blueprint
            .map_err(|error| validation(format!("You must use a valid fully-formed launch template. {}", error.message)))?;
        blueprint.check(region, &call.caller.clone().via(role::PRINCIPAL)).await
    }

    pub(crate) fn delete_auto_scaling_group(&self, call: &Call, input: DeleteAutoScalingGroup) -> Result<Value, AwsError> {
        let forced = input.force_delete;
        self.change(call.account(), &input.auto_scaling_group_name, |group| {
            let protection = group.settings.deletion_protection.as_str();
            if protection == "prevent-all-deletion" || (forced && protection == "prevent-force-deletion") {
                return Err(validation(format!(
                    "The AutoScalingGroup {} has deletion protection {protection} and cannot be deleted.",
                    group.name
                )));
            }
            let is_scaling = group.activities.is_in_progress() || group.settings.size.desired > 0;
            if !forced && is_scaling && group.instances.is_empty() {
                return Err(AwsError::new(
                    "ScalingActivityInProgressFault",
                    400,
                    "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.",
                ));
            }
            if !forced && !group.instances.is_empty() {
                return Err(in_use(
                    "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.",
                ));
            }
            group.is_deleted = true;
            // Whatever waits by a hook waits no longer.
            for instance in &mut group.instances {
                if instance.state == State::TerminatingWait {
                    instance.actions.clear();
                    instance.state = State::TerminatingProceed;
                }
            }
            Ok(nothing())
        })
    }

    pub(crate) fn describe_auto_scaling_groups(&self, call: &Call, input: DescribeAutoScalingGroups) -> Result<Value, AwsError> {
        let names = &input.auto_scaling_group_names;
        let described = self.with(call.account(), |records| {
            let mut described = Vec::new();
            for group in records.groups.values().filter(|group| names.is_empty() || names.contains(&group.name)) {
                if passes(group, &input.filters)? {
                    described.push(group.describe(input.include_instances.unwrap_or(true)));
                }
            }
            Ok::<_, AwsError>(described)
        })?;
        Pages { token: input.next_token.as_deref(), records: input.max_records }.of("AutoScalingGroups", described)
    }
}

fn passes(group: &Group, filters: &[Filter]) -> Result<bool, AwsError> {
    for filter in filters {
        let tags = group.tags.iter();
        let passes = match filter.name.as_str() {
            "tag-key" => filter.has(tags.map(|tag| tag.key.as_str())),
            "tag-value" => filter.has(tags.map(|tag| tag.value.as_str())),
            name => match name.strip_prefix("tag:") {
                Some(key) => filter.has(tags.filter(|tag| tag.key == key).map(|tag| tag.value.as_str())),
                None => return Err(filter.unknown("tag-key, tag-value, tag:<key>")),
            },
        };
        if !passes {
            return Ok(false);
        }
    }
    Ok(true)
}

fn hooks(given: Vec<HookSpecification>) -> Result<BTreeMap<String, Hook>, AwsError> {
    let mut hooks = BTreeMap::new();
    for one in given {
        let hook = Hook::new(one, None)?;
        hooks.insert(hook.name.clone(), hook);
    }
    Ok(hooks)
}

fn or_default(policies: Vec<String>) -> Vec<String> {
    if policies.is_empty() { vec!["Default".to_owned()] } else { policies }
}

fn taken(name: &str) -> AwsError {
    already_exists(format!("AutoScalingGroup by this name already exists - A group with the name {name} already exists"))
}
