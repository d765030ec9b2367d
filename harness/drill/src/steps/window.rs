//! A maintenance window of Systems Manager: what runs in it, and what became of an opening.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/maintenance-windows.html>

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::Hop;
use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::{HopFailure, at};

/// For the tasks of an opening to end: a window's longest duration.
const OPENING_BOUND: Duration = Duration::from_secs(24 * 3600);

/// The status of what has ended well.
const SUCCESS: &str = "SUCCESS";

/// A window that is enabled. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetMaintenanceWindow.html>
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Window {
    pub(crate) window_id: String,
    pub(crate) name: String,
    pub(crate) schedule: String,
    #[serde(default)]
    pub(crate) schedule_timezone: String,
    #[serde(default)]
    pub(crate) enabled: bool,
}

/// A task of a window. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_MaintenanceWindowTask.html>
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Task {
    pub(crate) window_task_id: String,
    pub(crate) task_arn: String,
    #[serde(rename = "Type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) priority: i64,
}

/// An opening, a task in it, or an invocation of one: how it stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    #[serde(default)]
    window_execution_id: String,
    #[serde(default)]
    task_execution_id: String,
    #[serde(default)]
    task_arn: String,
    status: String,
    #[serde(default)]
    status_details: String,
}

impl Part {
    fn has_ended(&self) -> bool {
        !matches!(self.status.as_str(), "PENDING" | "IN_PROGRESS" | "CANCELLING")
    }
}

/// The window with this id.
pub(crate) async fn read(client: &DynamicClient, id: &str) -> Result<Window, HopFailure> {
    let window = client.read("ssm", "GetMaintenanceWindow", &json!({ "WindowId": id })).await;
    window.map_err(at(Hop::Rule, "GetMaintenanceWindow"))
}

/// The tasks of a window, in the order in which they run.
pub(crate) async fn tasks(client: &DynamicClient, id: &str) -> Result<Vec<Task>, HopFailure> {
    let mut tasks: Vec<Task> = Vec::new();
    let listed = client.pages("ssm", "DescribeMaintenanceWindowTasks", json!({ "WindowId": id }), "Tasks", &mut tasks);
    listed.await.map_err(at(Hop::Rule, "DescribeMaintenanceWindowTasks"))?;
    tasks.sort_by_key(|task| task.priority);
    Ok(tasks)
}

/// All of a task: <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetMaintenanceWindowTask.html>
pub(crate) async fn task(client: &DynamicClient, window: &str, task: &str) -> Result<Value, HopFailure> {
    let input = json!({ "WindowId": window, "WindowTaskId": task });
    let answer = client.ask("ssm", "GetMaintenanceWindowTask", &input).await;
    answer.map_err(at(Hop::Rule, "GetMaintenanceWindowTask"))
}

/// Ids of the openings that there have been.
pub(crate) async fn openings(client: &DynamicClient, id: &str) -> Result<BTreeSet<String>, HopFailure> {
    Ok(executions(client, id).await?.into_iter().map(|one| one.window_execution_id).collect())
}

async fn executions(client: &DynamicClient, id: &str) -> Result<Vec<Part>, HopFailure> {
    let mut found: Vec<Part> = Vec::new();
    let input = json!({ "WindowId": id });
    let listed = client.pages("ssm", "DescribeMaintenanceWindowExecutions", input, "WindowExecutions", &mut found);
    listed.await.map_err(at(Hop::Rule, "DescribeMaintenanceWindowExecutions"))?;
    Ok(found)
}

/// The opening that is not among those `before`, once it has ended.
async fn ended(client: &DynamicClient, id: &str, before: &BTreeSet<String>) -> Result<Option<Part>, HopFailure> {
    let found = executions(client, id).await?;
    Ok(found.into_iter().find(|one| !before.contains(&one.window_execution_id)).filter(Part::has_ended))
}

/// Waits until the tasks of the opening after those `before` have ended.
pub(crate) async fn closed(client: &DynamicClient, id: &str, before: &BTreeSet<String>) -> Result<(), HopFailure> {
    let seen = nightproof_poll::try_until(OPENING_BOUND, || async {
        Ok::<_, HopFailure>(ended(client, id, before).await?.map(drop).ok_or(()))
    });
    let late = |()| HopFailure::at(Hop::Rule, format!("the maintenance window {id} is open after {} s", OPENING_BOUND.as_secs()));
    seen.await?.map_err(late)
}

/// Why the opening after those `before` has ended and done nothing; nothing as long as it has not ended, and if a task succeeded.
pub(crate) async fn in_vain(
    client: &DynamicClient,
    window: &str,
    name: &str,
    before: &BTreeSet<String>,
) -> Result<Option<HopFailure>, HopFailure> {
    let Some((opening, tasks)) = done(client, window, before).await? else { return Ok(None) };
    if let Some(failure) = unsuccessful(client, name, &opening, &tasks).await? {
        return Ok(Some(failure));
    }
    let Some(task) = tasks.first() else {
        let reason = format!("{name} opened and ended as {}: {}", opening.status, opening.status_details);
        return Ok(Some(HopFailure::at(Hop::Rule, reason)));
    };
    let (invocations, details) = invocations_of(client, &opening, task).await?;
    if invocations.is_empty() {
        let targets = targets(client, window).await?;
        let reason =
            format!("{name} opened, and its task {} reached no instance: no managed instance matches {targets}", task.task_arn);
        return Ok(Some(HopFailure::at(Hop::Command, reason).with("status of the task", &details)));
    }
    Ok(None)
}

/// Why a task of the opening after those `before` did not succeed; nothing as long as that has not ended.
pub(crate) async fn failed(
    client: &DynamicClient,
    window: &str,
    name: &str,
    before: &BTreeSet<String>,
) -> Result<Option<HopFailure>, HopFailure> {
    let Some((opening, tasks)) = done(client, window, before).await? else { return Ok(None) };
    unsuccessful(client, name, &opening, &tasks).await
}

/// The opening after those `before`, once it has ended, with its tasks.
async fn done(client: &DynamicClient, window: &str, before: &BTreeSet<String>) -> Result<Option<(Part, Vec<Part>)>, HopFailure> {
    let Some(opening) = ended(client, window, before).await? else { return Ok(None) };
    let tasks = tasks_of(client, &opening).await?;
    Ok(Some((opening, tasks)))
}

/// The first of an opening's tasks that did not succeed, as a failure.
async fn unsuccessful(
    client: &DynamicClient,
    name: &str,
    opening: &Part,
    tasks: &[Part],
) -> Result<Option<HopFailure>, HopFailure> {
    let Some(task) = tasks.iter().find(|task| task.status != SUCCESS) else { return Ok(None) };
    let (_, details) = invocations_of(client, opening, task).await?;
    let reason = format!("{name} opened, and its task {} is {}", task.task_arn, task.status);
    Ok(Some(HopFailure::at(Hop::Rule, reason).with("status of the task", &details)))
}

/// The tasks of an opening.
async fn tasks_of(client: &DynamicClient, opening: &Part) -> Result<Vec<Part>, HopFailure> {
    let mut tasks: Vec<Part> = Vec::new();
    let (execution, member) = (json!({ "WindowExecutionId": opening.window_execution_id }), "WindowExecutionTaskIdentities");
    let listed = client.pages("ssm", "DescribeMaintenanceWindowExecutionTasks", execution, member, &mut tasks);
    listed.await.map_err(at(Hop::Rule, "DescribeMaintenanceWindowExecutionTasks"))?;
    Ok(tasks)
}

/// The invocations of a task, and a description of how it and they ended.
async fn invocations_of(client: &DynamicClient, opening: &Part, task: &Part) -> Result<(Vec<Part>, String), HopFailure> {
    let input = json!({ "WindowExecutionId": opening.window_execution_id, "TaskId": task.task_execution_id });
    let mut invocations: Vec<Part> = Vec::new();
    let member = "WindowExecutionTaskInvocationIdentities";
    let listed = client.pages("ssm", "DescribeMaintenanceWindowExecutionTaskInvocations", input, member, &mut invocations);
    listed.await.map_err(at(Hop::Rule, "DescribeMaintenanceWindowExecutionTaskInvocations"))?;
    let details: Vec<&str> = std::iter::once(task).chain(&invocations).map(|part| part.status_details.as_str()).collect();
    let details = details.into_iter().filter(|details| !details.is_empty()).collect::<Vec<_>>().join("\n");
    Ok((invocations, details))
}

/// What the window's targets look for: `tag:Backup=Enabled`.
async fn targets(client: &DynamicClient, window: &str) -> Result<String, HopFailure> {
    let mut found: Vec<Value> = Vec::new();
    let input = json!({ "WindowId": window });
    let listed = client.pages("ssm", "DescribeMaintenanceWindowTargets", input, "Targets", &mut found);
    listed.await.map_err(at(Hop::Command, "DescribeMaintenanceWindowTargets"))?;
    let keys = found.iter().filter_map(|target| target.get("Targets")?.as_array()).flatten().filter_map(|target| {
        let values = target.get("Values")?.as_array()?.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",");
        Some(format!("{}={values}", target.get("Key")?.as_str()?))
    });
    Ok(keys.collect::<Vec<_>>().join(" or "))
}
