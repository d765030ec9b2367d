//! What runs in a maintenance window.

use nightproof_core::service::AwsError;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::command::{CloudWatchOutputConfig, Target};
use crate::command_parameters::Given;

/// The key of a task's target that names targets of its window.
pub(crate) const WINDOW_TARGETS: &str = "WindowTargetIds";

/// A task that is registered with a window.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterTaskWithMaintenanceWindow.html>
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WindowTask {
    #[serde(default)]
    pub(crate) targets: Vec<Target>,
    pub(crate) task_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_role_arn: Option<String>,
    pub(crate) task_type: String,
    #[serde(default)]
    pub(crate) task_invocation_parameters: TaskInvocationParameters,
    /// The lower the number, the earlier it runs.
    #[serde(default = "first")]
    pub(crate) priority: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_concurrency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_errors: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) logging_info: Option<LoggingInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cutoff_behavior: Option<String>,
}

fn first() -> i64 {
    1
}

/// Where the output of commands goes; older than the parameters of a Run Command task, which win over it.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_LoggingInfo.html>
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LoggingInfo {
    #[serde(rename = "S3BucketName")]
    pub(crate) bucket: String,
    #[serde(rename = "S3KeyPrefix", skip_serializing_if = "Option::is_none")]
    pub(crate) prefix: Option<String>,
    #[serde(rename = "S3Region")]
    region: String,
}

/// Parameters of a task, of which those of its own type are used.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_MaintenanceWindowTaskInvocationParameters.html>
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TaskInvocationParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run_command: Option<RunCommandParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) automation: Option<AutomationParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lambda: Option<LambdaParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) step_functions: Option<StepFunctionsParameters>,
}

/// Members of `SendCommand`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_MaintenanceWindowRunCommandParameters.html>
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RunCommandParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_watch_output_config: Option<CloudWatchOutputConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_version: Option<String>,
    #[serde(rename = "OutputS3BucketName", skip_serializing_if = "Option::is_none")]
    output_bucket: Option<String>,
    #[serde(rename = "OutputS3KeyPrefix", skip_serializing_if = "Option::is_none")]
    output_prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Given>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_seconds: Option<i64>,
}

/// Members of `StartAutomationExecution`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_MaintenanceWindowAutomationParameters.html>
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AutomationParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    document_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Given>,
}

/// Members of `Invoke`. The payload is base64, as all bytes of documents are.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_MaintenanceWindowLambdaParameters.html>
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LambdaParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    client_context: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qualifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payload: Option<String>,
}

/// Members of `StartExecution`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_MaintenanceWindowStepFunctionsParameters.html>
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StepFunctionsParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    /// The name of the execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl WindowTask {
    /// # Errors
    /// `ValidationException` for what AWS refuses; not implemented for what AWS has and this region has not.
    pub(crate) fn check(&self) -> Result<(), AwsError> {
        match self.task_type.as_str() {
            "RUN_COMMAND" if self.targets.is_empty() => {
                return Err(AwsError::validation("Targets must be specified for a task of type RUN_COMMAND."));
            }
            "AUTOMATION" | "LAMBDA" | "RUN_COMMAND" | "STEP_FUNCTIONS" => {}
            other => return Err(AwsError::not_implemented("ssm", &format!("a maintenance window task of type {other}"))),
        }
        let known = |target: &Target| matches!(target.key.as_deref(), Some(WINDOW_TARGETS | "InstanceIds"));
        if let Some(unknown) = self.targets.iter().find(|target| !known(target)) {
            let key = unknown.key.as_deref().unwrap_or_default();
            return Err(AwsError::validation(format!("Invalid target key: {key}. Use InstanceIds or WindowTargetIds.")));
        }
        Ok(())
    }

    /// Ids of the window's targets that it is for.
    pub(crate) fn window_targets(&self) -> impl Iterator<Item = &str> {
        let named = self.targets.iter().filter(|target| target.key.as_deref() == Some(WINDOW_TARGETS));
        named.flat_map(|target| &target.values).map(String::as_str)
    }

    /// Nodes that it names itself.
    pub(crate) fn named_nodes(&self) -> Vec<Target> {
        self.targets.iter().filter(|target| target.key.as_deref() != Some(WINDOW_TARGETS)).cloned().collect()
    }

    /// `MaxConcurrency` and `MaxErrors`, which are 1 for a task without targets.
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/maintenance-windows-targetless-tasks.html>
    pub(crate) fn rate(&self) -> (&str, &str) {
        (self.max_concurrency.as_deref().unwrap_or("1"), self.max_errors.as_deref().unwrap_or("1"))
    }

    /// Whether what runs is ended when no more tasks begin.
    pub(crate) fn is_cancelled_at_cutoff(&self) -> bool {
        self.cutoff_behavior.as_deref() == Some("CANCEL_TASK")
    }

    /// The output of `GetMaintenanceWindowTask`.
    pub(crate) fn describe(&self, window: &str, id: &str) -> Value {
        let (concurrency, errors) = self.rate();
        let mut shown = json!(self);
        if let Some(members) = shown.as_object_mut() {
            for (name, value) in
                [("WindowId", window), ("WindowTaskId", id), ("MaxConcurrency", concurrency), ("MaxErrors", errors)]
            {
                members.insert(name.to_owned(), value.into());
            }
        }
        shown
    }

    /// An item of `DescribeMaintenanceWindowTasks`, which has less and calls the type by another name.
    pub(crate) fn summary(&self, window: &str, id: &str) -> Value {
        let mut shown = self.describe(window, id);
        if let Some(members) = shown.as_object_mut() {
            members.remove("TaskInvocationParameters");
            if let Some(kind) = members.remove("TaskType") {
                members.insert("Type".to_owned(), kind);
            }
        }
        shown
    }
}
