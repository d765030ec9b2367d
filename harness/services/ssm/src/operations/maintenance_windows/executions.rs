//! What maintenance windows did: openings, their tasks and the invocations of these.

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::filter::{Filter, filtered, no_invocation, no_task};
use crate::page::page;
use crate::records::Ssm;

/// `DescribeMaintenanceWindowExecutions`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeMaintenanceWindowExecutions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeMaintenanceWindowExecutions {
    window_id: String,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `DescribeMaintenanceWindowExecutionTasks`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeMaintenanceWindowExecutionTasks.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeMaintenanceWindowExecutionTasks {
    window_execution_id: String,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `DescribeMaintenanceWindowExecutionTaskInvocations`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeMaintenanceWindowExecutionTaskInvocations.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeMaintenanceWindowExecutionTaskInvocations {
    window_execution_id: String,
    task_id: String,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `GetMaintenanceWindowExecution`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetMaintenanceWindowExecution.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetMaintenanceWindowExecution {
    window_execution_id: String,
}

/// `GetMaintenanceWindowExecutionTask`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetMaintenanceWindowExecutionTask.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetMaintenanceWindowExecutionTask {
    window_execution_id: String,
    task_id: String,
}

/// `GetMaintenanceWindowExecutionTaskInvocation`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetMaintenanceWindowExecutionTaskInvocation.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetMaintenanceWindowExecutionTaskInvocation {
    window_execution_id: String,
    task_id: String,
    invocation_id: String,
}

/// `CancelMaintenanceWindowExecution`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CancelMaintenanceWindowExecution.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CancelMaintenanceWindowExecution {
    window_execution_id: String,
}

/// Openings that began in the time that the filters say.
fn is_within(started: Timestamp, filters: &[Filter]) -> Result<bool, AwsError> {
    for filter in filters {
        let limit = filter.values.first().and_then(|value| value.parse::<Timestamp>().ok());
        let limit = limit.ok_or_else(|| AwsError::validation(format!("The value of the filter {} isn't valid.", filter.key)))?;
        let good = match filter.key.as_str() {
            "ExecutedBefore" => started < limit,
            "ExecutedAfter" => started > limit,
            _ => return Err(filter.unknown_key()),
        };
        if !good {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Ssm {
    /// The latest opening comes first.
    pub(crate) fn describe_maintenance_window_executions(
        &self,
        call: &Call,
        input: DescribeMaintenanceWindowExecutions,
    ) -> Result<Value, AwsError> {
        let found = self.with(call.account(), |records| {
            let mut found = Vec::new();
            for execution in records.window_executions.iter().rev().filter(|execution| execution.window == input.window_id) {
                if is_within(execution.progress.started, &input.filters)? {
                    found.push(execution.summary());
                }
            }
            Ok::<_, AwsError>(found)
        })?;
        page("WindowExecutions", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }

    pub(crate) fn describe_maintenance_window_execution_tasks(
        &self,
        call: &Call,
        input: DescribeMaintenanceWindowExecutionTasks,
    ) -> Result<Value, AwsError> {
        let all = self.with_execution(call, &input.window_execution_id, |execution| {
            Ok(execution.tasks.iter().map(|task| task.summary(&execution.id)).collect())
        })?;
        let found = filtered(all, &input.filters, &[("STATUS", "Status")])?;
        page("WindowExecutionTaskIdentities", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }

    pub(crate) fn describe_maintenance_window_execution_task_invocations(
        &self,
        call: &Call,
        input: DescribeMaintenanceWindowExecutionTaskInvocations,
    ) -> Result<Value, AwsError> {
        let all = self.with_execution(call, &input.window_execution_id, |execution| {
            let task = execution.task(&input.task_id).ok_or_else(|| no_task(&input.task_id))?;
            Ok(task.invocations.iter().map(|invocation| invocation.describe(&execution.id, task)).collect())
        })?;
        let found = filtered(all, &input.filters, &[("STATUS", "Status")])?;
        page("WindowExecutionTaskInvocationIdentities", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }

    pub(crate) fn get_maintenance_window_execution(
        &self,
        call: &Call,
        input: GetMaintenanceWindowExecution,
    ) -> Result<Value, AwsError> {
        self.with_execution(call, &input.window_execution_id, |execution| Ok(execution.describe()))
    }

    pub(crate) fn get_maintenance_window_execution_task(
        &self,
        call: &Call,
        input: GetMaintenanceWindowExecutionTask,
    ) -> Result<Value, AwsError> {
        self.with_execution(call, &input.window_execution_id, |execution| {
            let task = execution.task(&input.task_id).ok_or_else(|| no_task(&input.task_id))?;
            Ok(task.describe(&execution.id))
        })
    }

    pub(crate) fn get_maintenance_window_execution_task_invocation(
        &self,
        call: &Call,
        input: GetMaintenanceWindowExecutionTaskInvocation,
    ) -> Result<Value, AwsError> {
        let id = input.invocation_id;
        self.with_execution(call, &input.window_execution_id, |execution| {
            let task = execution.task(&input.task_id).ok_or_else(|| no_task(&input.task_id))?;
            let invocation = task.invocations.iter().find(|invocation| invocation.id == id);
            invocation.map(|invocation| invocation.describe(&execution.id, task)).ok_or_else(|| no_invocation(&id))
        })
    }

    /// Tasks that run go on to their end.
    pub(crate) fn cancel_maintenance_window_execution(
        &self,
        call: &Call,
        input: CancelMaintenanceWindowExecution,
    ) -> Result<Value, AwsError> {
        self.with_execution(call, &input.window_execution_id, |execution| {
            execution.cancelled |= execution.progress.ended.is_none();
            Ok(json!({ "WindowExecutionId": execution.id }))
        })
    }
}
