//! Targets of maintenance windows: registering, changing, describing and deregistering them.

use nightproof_core::service::{AwsError, Call};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::filter::{Filter, filtered, no_target, too_many};
use crate::command::Target;
use crate::maintenance_windows::overlay::overlaid;
use crate::maintenance_windows::target::WindowTarget;
use crate::page::page;
use crate::records::Ssm;
use crate::targets::{GROUP_NAME, GROUP_TYPES};

/// Targets of a window. <https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm>
const MOST: usize = 100;

/// `RegisterTargetWithMaintenanceWindow`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterTargetWithMaintenanceWindow.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RegisterTargetWithMaintenanceWindow {
    window_id: String,
    resource_type: String,
    targets: Vec<Target>,
    owner_information: Option<String>,
    name: Option<String>,
    description: Option<String>,
    #[expect(dead_code, reason = "SDKs make up a token for each call, and repeat one only if they got no answer")]
    client_token: Option<String>,
}

/// `UpdateMaintenanceWindowTarget`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateMaintenanceWindowTarget.html>
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateMaintenanceWindowTarget {
    #[serde(skip_serializing)]
    window_id: String,
    #[serde(skip_serializing)]
    window_target_id: String,
    #[serde(skip_serializing)]
    #[serde(default)]
    replace: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<Target>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_information: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// That of the record, which no update changes.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    resource_type: Option<String>,
}

/// `DeregisterTargetFromMaintenanceWindow`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeregisterTargetFromMaintenanceWindow.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeregisterTargetFromMaintenanceWindow {
    window_id: String,
    window_target_id: String,
    #[serde(default)]
    safe: bool,
}

/// `DescribeMaintenanceWindowTargets`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeMaintenanceWindowTargets.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeMaintenanceWindowTargets {
    window_id: String,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// A resource group is named, alone or with types of its members; nodes are named by their ids, or found by tags.
fn check(resource_type: &str, targets: &[Target]) -> Result<(), AwsError> {
    if targets.is_empty() {
        return Err(AwsError::validation("Targets must be specified."));
    }
    let is_group = resource_type == "RESOURCE_GROUP";
    for target in targets {
        let key = target.key.as_deref().unwrap_or_default();
        let is_right = match is_group {
            true => key == GROUP_NAME || key == GROUP_TYPES,
            false => key == "InstanceIds" || key == "tag-key" || key.starts_with("tag:"),
        };
        if !is_right {
            return Err(AwsError::validation(format!("Invalid target key: {key}")));
        }
    }
    let named = targets.iter().filter(|target| target.key.as_deref() == Some(GROUP_NAME));
    if is_group && named.map(|target| target.values.len()).sum::<usize>() != 1 {
        return Err(AwsError::validation("Exactly one resource group must be specified by resource-groups:Name."));
    }
    Ok(())
}

impl Ssm {
    pub(crate) fn register_target_with_maintenance_window(
        &self,
        call: &Call,
        input: RegisterTargetWithMaintenanceWindow,
    ) -> Result<Value, AwsError> {
        check(&input.resource_type, &input.targets)?;
        let target = WindowTarget {
            resource_type: input.resource_type,
            targets: input.targets,
            owner_information: input.owner_information,
            name: input.name,
            description: input.description,
        };
        self.with_window(call, &input.window_id, |window| {
            if window.targets.len() >= MOST {
                return Err(too_many("targets of a maintenance window"));
            }
            let id = uuid::Uuid::new_v4().to_string();
            window.targets.insert(id.clone(), target);
            Ok(json!({ "WindowTargetId": id }))
        })
    }

    pub(crate) fn update_maintenance_window_target(
        &self,
        call: &Call,
        mut input: UpdateMaintenanceWindowTarget,
    ) -> Result<Value, AwsError> {
        let (window_id, id) = (input.window_id.clone(), input.window_target_id.clone());
        self.with_window(call, &window_id, |window| {
            let target = window.targets.get_mut(&id).ok_or_else(|| no_target(&id))?;
            input.resource_type = Some(target.resource_type.clone());
            let changed: WindowTarget = overlaid(target, &input, input.replace)?;
            check(&changed.resource_type, &changed.targets)?;
            *target = changed;
            let mut shown = target.describe(&window_id, &id);
            if let Some(members) = shown.as_object_mut() {
                members.remove("ResourceType");
            }
            Ok(shown)
        })
    }

    /// Safely, a target is kept that a task is for.
    pub(crate) fn deregister_target_from_maintenance_window(
        &self,
        call: &Call,
        input: DeregisterTargetFromMaintenanceWindow,
    ) -> Result<Value, AwsError> {
        let id = input.window_target_id;
        self.with_window(call, &input.window_id, |window| {
            let is_used = window.tasks.values().any(|task| task.window_targets().any(|used| used == id));
            if input.safe && is_used {
                let message = "You specified the Safe option for the DeregisterTargetFromMaintenanceWindow operation, but the target is still referenced in a task.";
                return Err(AwsError::new("TargetInUseException", 400, message));
            }
            window.targets.remove(&id).ok_or_else(|| no_target(&id))?;
            Ok(json!({ "WindowId": window.id, "WindowTargetId": id }))
        })
    }

    pub(crate) fn describe_maintenance_window_targets(
        &self,
        call: &Call,
        input: DescribeMaintenanceWindowTargets,
    ) -> Result<Value, AwsError> {
        let all = self.with_window(call, &input.window_id, |window| {
            Ok(window.targets.iter().map(|(id, target)| target.describe(&window.id, id)).collect())
        })?;
        let keys = [("Type", "ResourceType"), ("WindowTargetId", "WindowTargetId"), ("OwnerInformation", "OwnerInformation")];
        let found = filtered(all, &input.filters, &keys)?;
        page("Targets", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }
}
