//! Making, listing and deleting the scheduled actions of groups.

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::filter::Pages;
use super::settings::nothing;
use crate::autoscaling::AutoScaling;
use crate::error::{already_exists, validation};
use crate::group::Group;
use crate::scheduled_action::{ActionRequest, ScheduledAction};

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html>
const MOST: usize = 125;

/// `PutScheduledUpdateGroupAction`.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScheduledUpdateGroupAction.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutScheduledUpdateGroupAction {
    auto_scaling_group_name: String,
    scheduled_action_name: String,
    /// An older name of `StartTime`.
    time: Option<Timestamp>,
    start_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
    recurrence: Option<String>,
    min_size: Option<i64>,
    max_size: Option<i64>,
    desired_capacity: Option<i64>,
    time_zone: Option<String>,
}

/// `BatchPutScheduledUpdateGroupAction`.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_BatchPutScheduledUpdateGroupAction.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchPutScheduledUpdateGroupAction {
    auto_scaling_group_name: String,
    scheduled_update_group_actions: Vec<ActionRequest>,
}

/// `DescribeScheduledActions`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScheduledActions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeScheduledActions {
    auto_scaling_group_name: Option<String>,
    #[serde(default)]
    scheduled_action_names: Vec<String>,
    start_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
    #[expect(dead_code, reason = "no group of the region is managed by another service")]
    include_managed_resources: Option<bool>,
    next_token: Option<String>,
    max_records: Option<i64>,
}

/// `DeleteScheduledAction`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteScheduledAction.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteScheduledAction {
    auto_scaling_group_name: String,
    scheduled_action_name: String,
}

/// `BatchDeleteScheduledAction`.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_BatchDeleteScheduledAction.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchDeleteScheduledAction {
    auto_scaling_group_name: String,
    scheduled_action_names: Vec<String>,
}

impl AutoScaling {
    pub(crate) fn put_scheduled_action(&self, call: &Call, input: PutScheduledUpdateGroupAction) -> Result<Value, AwsError> {
        if input.time.zip(input.start_time).is_some_and(|(time, start)| time != start) {
            return Err(validation("Time and StartTime must be equal if both are specified."));
        }
        let given = ActionRequest {
            scheduled_action_name: input.scheduled_action_name,
            start_time: input.start_time.or(input.time),
            end_time: input.end_time,
            recurrence: input.recurrence,
            min_size: input.min_size,
            max_size: input.max_size,
            desired_capacity: input.desired_capacity,
            time_zone: input.time_zone,
        };
        self.change(call.account(), &input.auto_scaling_group_name, |group| put(call, group, given))?;
        Ok(nothing())
    }

    pub(crate) fn batch_put_scheduled_actions(
        &self,
        call: &Call,
        input: BatchPutScheduledUpdateGroupAction,
    ) -> Result<Value, AwsError> {
        self.change(call.account(), &input.auto_scaling_group_name, |group| {
            let mut failed = Vec::new();
            for given in input.scheduled_update_group_actions {
                let name = given.scheduled_action_name.clone();
                failed.extend(put(call, group, given).err().map(|error| failure(&name, &error)));
            }
            Ok(json!({ "FailedScheduledUpdateGroupActions": failed }))
        })
    }

    /// Those that have not run yet, or will again, by the time at which they do.
    pub(crate) fn describe_scheduled_actions(&self, call: &Call, input: DescribeScheduledActions) -> Result<Value, AwsError> {
        let names = &input.scheduled_action_names;
        let described = self.with(call.account(), |records| {
            let groups: Vec<&Group> = match &input.auto_scaling_group_name {
                Some(name) => vec![records.group(name)?],
                None => records.groups.values().collect(),
            };
            let wanted = |name: &String, action: &ScheduledAction| match names.is_empty() {
                true => {
                    input.start_time.is_none_or(|start| action.next >= start)
                        && input.end_time.is_none_or(|end| action.next <= end)
                }
                false => names.contains(name),
            };
            let of_group = |group: &Group| {
                let chosen = group.scheduled.iter().filter(|(name, action)| wanted(name, action));
                chosen.map(|(_, action)| (action.next, action.describe(&group.name))).collect::<Vec<_>>()
            };
            let mut found: Vec<(Timestamp, Value)> = groups.into_iter().flat_map(of_group).collect();
            found.sort_by_key(|(next, _)| *next);
            Ok::<_, AwsError>(found.into_iter().map(|(_, described)| described).collect())
        })?;
        let pages = Pages { token: input.next_token.as_deref(), records: input.max_records };
        pages.of("ScheduledUpdateGroupActions", described)
    }

    pub(crate) fn delete_scheduled_action(&self, call: &Call, input: DeleteScheduledAction) -> Result<Value, AwsError> {
        self.change(call.account(), &input.auto_scaling_group_name, |group| delete(group, &input.scheduled_action_name))?;
        Ok(nothing())
    }

    pub(crate) fn batch_delete_scheduled_actions(
        &self,
        call: &Call,
        input: BatchDeleteScheduledAction,
    ) -> Result<Value, AwsError> {
        self.change(call.account(), &input.auto_scaling_group_name, |group| {
            let names = input.scheduled_action_names.iter();
            let failed = names.filter_map(|name| delete(group, name).err().map(|error| failure(name, &error)));
            Ok(json!({ "FailedScheduledActions": failed.collect::<Vec<_>>() }))
        })
    }
}

/// No two actions of a group have the same time.
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html#scheduled-scaling-considerations>
fn put(call: &Call, group: &mut Group, given: ActionRequest) -> Result<(), AwsError> {
    let name = given.scheduled_action_name.clone();
    let before = group.scheduled.get(&name);
    if before.is_none() && group.scheduled.len() >= MOST {
        let message = format!("Scheduled action limit exceeded: a group may have {MOST}.");
        return Err(AwsError::new("LimitExceededFault", 400, message));
    }
    let arn = before.map_or_else(|| arn(call, &group.name, &name), |before| before.arn.clone());
    let action = ScheduledAction::new(given, arn, call.now)?;
    if group.scheduled.iter().any(|(other, planned)| *other != name && planned.next == action.next) {
        return Err(already_exists("Scheduled action with this start time already exists"));
    }
    group.scheduled.insert(name, action);
    Ok(())
}

fn arn(call: &Call, group: &str, name: &str) -> String {
    let id = uuid::Uuid::new_v4();
    let resource = format!("scheduledUpdateGroupAction:{id}:autoScalingGroupName/{group}:scheduledActionName/{name}");
    call.arn("autoscaling", resource)
}

fn delete(group: &mut Group, name: &str) -> Result<(), AwsError> {
    match group.scheduled.remove(name) {
        Some(_) => Ok(()),
        None => Err(validation(format!("Scheduled action name not found - Scheduled action {name} not found"))),
    }
}

/// Codes are without what their shapes end with.
fn failure(name: &str, error: &AwsError) -> Value {
    json!({ "ScheduledActionName": name, "ErrorCode": error.code.trim_end_matches("Fault"), "ErrorMessage": error.message })
}
