//! Lifecycle hooks, and the actions of instances that wait by them.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::settings::nothing;
use crate::autoscaling::AutoScaling;
use crate::error::validation;
use crate::hook::{Hook, HookSpecification, Outcome, Transition};

const MOST: usize = 50;

/// `PutLifecycleHook`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutLifecycleHook {
    auto_scaling_group_name: String,
    lifecycle_hook_name: String,
    lifecycle_transition: Option<String>,
    notification_metadata: Option<String>,
    heartbeat_timeout: Option<i64>,
    default_result: Option<String>,
}

/// `DescribeLifecycleHooks`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeLifecycleHooks.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeLifecycleHooks {
    auto_scaling_group_name: String,
    #[serde(default)]
    lifecycle_hook_names: Vec<String>,
}

/// `DeleteLifecycleHook`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteLifecycleHook.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteLifecycleHook {
    auto_scaling_group_name: String,
    lifecycle_hook_name: String,
}

/// `DescribeLifecycleHookTypes`.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeLifecycleHookTypes.html>
#[derive(Debug, Deserialize)]
pub(crate) struct DescribeLifecycleHookTypes {}

/// `CompleteLifecycleAction`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CompleteLifecycleAction.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CompleteLifecycleAction {
    auto_scaling_group_name: String,
    lifecycle_hook_name: String,
    lifecycle_action_token: Option<String>,
    lifecycle_action_result: String,
    instance_id: Option<String>,
}

/// `RecordLifecycleActionHeartbeat`.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RecordLifecycleActionHeartbeat.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RecordLifecycleActionHeartbeat {
    auto_scaling_group_name: String,
    lifecycle_hook_name: String,
    lifecycle_action_token: Option<String>,
    instance_id: Option<String>,
}

impl AutoScaling {
    pub(crate) fn put_lifecycle_hook(&self, call: &Call, input: PutLifecycleHook) -> Result<Value, AwsError> {
        self.change(call.account(), &input.auto_scaling_group_name, |group| {
            let name = input.lifecycle_hook_name;
            let before = group.hooks.get(&name);
            if before.is_none() && group.hooks.len() >= MOST {
                let message = format!("Unable to create more than {MOST} lifecycle hooks.");
                return Err(AwsError::new("LimitExceededFault", 400, message));
            }
            let given = HookSpecification {
                lifecycle_hook_name: name.clone(),
                lifecycle_transition: input.lifecycle_transition,
                notification_metadata: input.notification_metadata,
                heartbeat_timeout: input.heartbeat_timeout,
                default_result: input.default_result,
            };
            let hook = Hook::new(given, before)?;
            group.hooks.insert(name, hook);
            Ok(nothing())
        })
    }

    pub(crate) fn describe_lifecycle_hooks(&self, call: &Call, input: DescribeLifecycleHooks) -> Result<Value, AwsError> {
        let names = &input.lifecycle_hook_names;
        self.with(call.account(), |records| {
            let group = records.group(&input.auto_scaling_group_name)?;
            let chosen = group.hooks.values().filter(|hook| names.is_empty() || names.contains(&hook.name));
            Ok(json!({ "LifecycleHooks": chosen.map(|hook| hook.describe(&group.name)).collect::<Vec<_>>() }))
        })
    }

    /// An instance that waits by the hook goes on as if it had been completed.
    pub(crate) fn delete_lifecycle_hook(&self, call: &Call, input: DeleteLifecycleHook) -> Result<Value, AwsError> {
        let name = input.lifecycle_hook_name.as_str();
        self.change(call.account(), &input.auto_scaling_group_name, |group| {
            if group.hooks.remove(name).is_none() {
                return Err(validation(format!("No Lifecycle Hook found with name {name}")));
            }
            let waiting: Vec<String> = group.instances.iter().map(|instance| instance.id.clone()).collect();
            for id in waiting {
                group.complete(&id, name, Outcome::Continue, "Lifecycle hook deleted", call.now);
            }
            Ok(nothing())
        })
    }

    pub(crate) fn describe_lifecycle_hook_types(
        &self,
        _: &Call,
        DescribeLifecycleHookTypes {}: DescribeLifecycleHookTypes,
    ) -> Result<Value, AwsError> {
        Ok(json!({ "LifecycleHookTypes": [Transition::Launching.name(), Transition::Terminating.name()] }))
    }

    pub(crate) fn complete_lifecycle_action(&self, call: &Call, input: CompleteLifecycleAction) -> Result<Value, AwsError> {
        let outcome = Outcome::read(&input.lifecycle_action_result)?;
        let hook = input.lifecycle_hook_name.as_str();
        self.change(call.account(), &input.auto_scaling_group_name, |group| {
            let id = group.waiting(hook, input.lifecycle_action_token.as_deref(), input.instance_id.as_deref())?;
            let why = format!("Lifecycle Action Completed with {} Result", outcome.name());
            group.complete(&id, hook, outcome, &why, call.now);
            Ok(nothing())
        })
    }

    pub(crate) fn record_lifecycle_action_heartbeat(
        &self,
        call: &Call,
        input: RecordLifecycleActionHeartbeat,
    ) -> Result<Value, AwsError> {
        let hook = input.lifecycle_hook_name.as_str();
        self.change(call.account(), &input.auto_scaling_group_name, |group| {
            let id = group.waiting(hook, input.lifecycle_action_token.as_deref(), input.instance_id.as_deref())?;
            let actions = group.instance_mut(&id).into_iter().flat_map(|instance| &mut instance.actions);
            actions.filter(|action| action.hook.name == hook).for_each(|action| action.heartbeat(call.now));
            Ok(nothing())
        })
    }
}
