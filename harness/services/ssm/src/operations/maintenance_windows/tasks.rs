//! Tasks of maintenance windows: registering, changing, describing and deregistering them.

use nightproof_core::service::{AwsError, Call};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::filter::{Filter, filtered, no_target, no_task, too_many};
use crate::command::Target;
use crate::maintenance_windows::overlay::overlaid;
use crate::maintenance_windows::task::{LoggingInfo, TaskInvocationParameters, WindowTask};
use crate::maintenance_windows::window::MaintenanceWindow;
use crate::page::page;
use crate::records::Ssm;

/// Tasks of a window. <https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm>
const MOST: usize = 20;

/// `RegisterTaskWithMaintenanceWindow`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterTaskWithMaintenanceWindow.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RegisterTaskWithMaintenanceWindow {
    window_id: String,
    #[serde(default)]
    targets: Vec<Target>,
    task_arn: String,
    service_role_arn: Option<String>,
    task_type: String,
    #[serde(default)]
    task_invocation_parameters: TaskInvocationParameters,
    priority: Option<i64>,
    max_concurrency: Option<String>,
    max_errors: Option<String>,
    logging_info: Option<LoggingInfo>,
    name: Option<String>,
    description: Option<String>,
    cutoff_behavior: Option<String>,
    #[expect(dead_code, reason = "SDKs make up a token for each call, and repeat one only if they got no answer")]
    client_token: Option<String>,
}

/// `UpdateMaintenanceWindowTask`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateMaintenanceWindowTask.html>
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateMaintenanceWindowTask {
    #[serde(skip_serializing)]
    window_id: String,
    #[serde(skip_serializing)]
    window_task_id: String,
    #[serde(skip_serializing)]
    #[serde(default)]
    replace: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<Target>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_invocation_parameters: Option<TaskInvocationParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_concurrency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_errors: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logging_info: Option<LoggingInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cutoff_behavior: Option<String>,
    /// That of the record, which no update changes.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    task_type: Option<String>,
}

/// `GetMaintenanceWindowTask`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetMaintenanceWindowTask.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetMaintenanceWindowTask {
    window_id: String,
    window_task_id: String,
}

/// `DeregisterTaskFromMaintenanceWindow`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeregisterTaskFromMaintenanceWindow.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeregisterTaskFromMaintenanceWindow {
    window_id: String,
    window_task_id: String,
}

/// `DescribeMaintenanceWindowTasks`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeMaintenanceWindowTasks.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeMaintenanceWindowTasks {
    window_id: String,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// Refuses what cannot run, and targets that its window does not have.
fn check(task: &WindowTask, window: &MaintenanceWindow) -> Result<(), AwsError> {
    task.check()?;
    match task.window_targets().find(|id| !window.targets.contains_key(*id)) {
        Some(unknown) => Err(no_target(unknown)),
        None => Ok(()),
    }
}

impl Ssm {
    pub(crate) fn register_task_with_maintenance_window(
        &self,
        call: &Call,
        input: RegisterTaskWithMaintenanceWindow,
    ) -> Result<Value, AwsError> {
        let task = WindowTask {
            targets: input.targets,
            task_arn: input.task_arn,
            service_role_arn: input.service_role_arn,
            task_type: input.task_type,
            task_invocation_parameters: input.task_invocation_parameters,
            priority: input.priority.unwrap_or(1),
            max_concurrency: input.max_concurrency,
            max_errors: input.max_errors,
            logging_info: input.logging_info,
            name: input.name,
            description: input.description,
            cutoff_behavior: input.cutoff_behavior,
        };
        self.with_window(call, &input.window_id, |window| {
            check(&task, window)?;
            if window.tasks.len() >= MOST {
                return Err(too_many("tasks of a maintenance window"));
            }
            let id = uuid::Uuid::new_v4().to_string();
            window.tasks.insert(id.clone(), task);
            Ok(json!({ "WindowTaskId": id }))
        })
    }

    pub(crate) fn update_maintenance_window_task(
        &self,
        call: &Call,
        mut input: UpdateMaintenanceWindowTask,
    ) -> Result<Value, AwsError> {
        let (window_id, id) = (input.window_id.clone(), input.window_task_id.clone());
        self.with_window(call, &window_id, |window| {
            let task = window.tasks.get(&id).ok_or_else(|| no_task(&id))?;
            input.task_type = Some(task.task_type.clone());
            let changed: WindowTask = overlaid(task, &input, input.replace)?;
            check(&changed, window)?;
            let mut shown = changed.describe(&window_id, &id);
            window.tasks.insert(id, changed);
            if let Some(members) = shown.as_object_mut() {
                members.remove("TaskType");
            }
            Ok(shown)
        })
    }

    pub(crate) fn get_maintenance_window_task(&self, call: &Call, input: GetMaintenanceWindowTask) -> Result<Value, AwsError> {
        let id = input.window_task_id;
        self.with_window(call, &input.window_id, |window| {
            window.tasks.get(&id).map(|task| task.describe(&window.id, &id)).ok_or_else(|| no_task(&id))
        })
    }

    pub(crate) fn deregister_task_from_maintenance_window(
        &self,
        call: &Call,
        input: DeregisterTaskFromMaintenanceWindow,
    ) -> Result<Value, AwsError> {
        let id = input.window_task_id;
        self.with_window(call, &input.window_id, |window| {
            window.tasks.remove(&id).ok_or_else(|| no_task(&id))?;
            Ok(json!({ "WindowId": window.id, "WindowTaskId": id }))
        })
    }

    pub(crate) fn describe_maintenance_window_tasks(
        &self,
        call: &Call,
        input: DescribeMaintenanceWindowTasks,
    ) -> Result<Value, AwsError> {
        let all = self.with_window(call, &input.window_id, |window| {
            Ok(window.tasks.iter().map(|(id, task)| task.summary(&window.id, id)).collect())
        })?;
        let keys = [("WindowTaskId", "WindowTaskId"), ("TaskArn", "TaskArn"), ("Priority", "Priority"), ("TaskType", "Type")];
        let found = filtered(all, &input.filters, &keys)?;
        page("Tasks", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }
}
