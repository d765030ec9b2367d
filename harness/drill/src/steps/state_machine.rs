//! A state machine of Step Functions: what became of the executions that a night started.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-standard-vs-express.html>

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::Hop;
use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::{HopFailure, at};
use crate::steps::progress::Progress;

/// An execution that runs or has run.
/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ExecutionListItem.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Execution {
    execution_arn: String,
    status: String,
}

/// The latest, as many as a page has: a night starts one.
async fn executions(client: &DynamicClient, machine: &str) -> Result<Vec<Execution>, HopFailure> {
    let listed = client.ask("states", "ListExecutions", &json!({ "stateMachineArn": machine })).await;
    let mut listed = listed.map_err(at(Hop::Function, "ListExecutions"))?;
    let executions = listed.get_mut("executions").map(Value::take).unwrap_or_default();
    Ok(serde_json::from_value(executions).unwrap_or_default())
}

/// ARNs of the executions that there have been.
pub(crate) async fn known(client: &DynamicClient, machine: &str) -> Result<BTreeSet<String>, HopFailure> {
    Ok(executions(client, machine).await?.into_iter().map(|one| one.execution_arn).collect())
}

/// How far the executions are that were started after those `before`.
pub(crate) async fn progress(client: &DynamicClient, machine: &str, before: &BTreeSet<String>) -> Result<Progress, HopFailure> {
    let mut found = executions(client, machine).await?;
    found.retain(|one| !before.contains(&one.execution_arn));
    if let Some(failed) = found.iter().find(|one| matches!(one.status.as_str(), "FAILED" | "TIMED_OUT" | "ABORTED")) {
        return failure(client, machine, failed).await.map(Progress::Failed);
    }
    Ok(match found.iter().all(|one| one.status == "SUCCEEDED") {
        _ if found.is_empty() => Progress::None,
        true => Progress::Succeeded,
        false => Progress::Running,
    })
}

/// Why an execution did not succeed, and in which state.
async fn failure(client: &DynamicClient, machine: &str, failed: &Execution) -> Result<HopFailure, HopFailure> {
    let input = json!({ "executionArn": failed.execution_arn });
    let described = client.ask("states", "DescribeExecution", &input).await;
    let described = described.map_err(at(Hop::Function, "DescribeExecution"))?;
    let text = |name: &str| described.get(name).and_then(Value::as_str).unwrap_or_default();
    let latest = json!({ "executionArn": failed.execution_arn, "reverseOrder": true });
    let history = client.ask("states", "GetExecutionHistory", &latest).await;
    let history = history.map_err(at(Hop::Function, "GetExecutionHistory"))?;
    let entered = |event: &Value| Some(event.pointer("/stateEnteredEventDetails/name")?.as_str()?.to_owned());
    let state = history.get("events").and_then(Value::as_array).into_iter().flatten().find_map(entered);
    let state = state.map(|state| format!(" in its state {state}")).unwrap_or_default();
    let name = machine.rsplit(':').next().unwrap_or(machine);
    let error = Some(text("error")).filter(|error| !error.is_empty()).map(|error| format!(": {error}")).unwrap_or_default();
    let reason = format!("the state machine {name} is {}{state}{error}", failed.status);
    Ok(HopFailure::at(Hop::Function, reason).with("cause of the state machine", text("cause")))
}
