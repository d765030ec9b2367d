//! Runbooks of Systems Manager: what became of those that a night started.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-automation.html>

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;

use crate::Hop;
use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::{HopFailure, at};
use crate::steps::progress::Progress;

/// A runbook that runs or has run.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AutomationExecutionMetadata.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Execution {
    automation_execution_id: String,
    document_name: String,
    automation_execution_status: String,
    #[serde(default)]
    failure_message: String,
}

async fn executions(client: &DynamicClient) -> Result<Vec<Execution>, HopFailure> {
    let mut found: Vec<Execution> = Vec::new();
    let member = "AutomationExecutionMetadataList";
    let listed = client.pages("ssm", "DescribeAutomationExecutions", json!({}), member, &mut found);
    listed.await.map_err(at(Hop::Function, "DescribeAutomationExecutions"))?;
    Ok(found)
}

/// Ids of the runbooks that have run.
pub(crate) async fn known(client: &DynamicClient) -> Result<BTreeSet<String>, HopFailure> {
    Ok(executions(client).await?.into_iter().map(|one| one.automation_execution_id).collect())
}

/// How far the runbooks are that were started after those `before`.
pub(crate) async fn progress(client: &DynamicClient, before: &BTreeSet<String>) -> Result<Progress, HopFailure> {
    let mut found = executions(client).await?;
    found.retain(|one| !before.contains(&one.automation_execution_id));
    if let Some(failed) =
        found.iter().find(|one| matches!(one.automation_execution_status.as_str(), "Failed" | "TimedOut" | "Cancelled"))
    {
        let reason = format!("the automation {} is {}", failed.document_name, failed.automation_execution_status);
        return Ok(Progress::Failed(
            HopFailure::at(Hop::Function, reason).with("failure of the automation", &failed.failure_message),
        ));
    }
    Ok(match found.iter().all(|one| one.automation_execution_status == "Success") {
        _ if found.is_empty() => Progress::None,
        true => Progress::Succeeded,
        false => Progress::Running,
    })
}
