//! What associations did.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::page::page;
use crate::records::Ssm;

/// `DescribeAssociationExecutions`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeAssociationExecutions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeAssociationExecutions {
    association_id: String,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `DescribeAssociationExecutionTargets`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeAssociationExecutionTargets.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeAssociationExecutionTargets {
    association_id: String,
    execution_id: String,
    max_results: Option<usize>,
    next_token: Option<String>,
}

impl Ssm {
    /// The latest comes first.
    pub(crate) fn describe_association_executions(
        &self,
        call: &Call,
        input: DescribeAssociationExecutions,
    ) -> Result<Value, AwsError> {
        let found = self.with_association(call, &input.association_id, |association, commands| {
            let latest = association.executions.iter().rev();
            Ok(latest.map(|execution| execution.describe(&association.id, commands)).collect())
        })?;
        page("AssociationExecutions", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }

    pub(crate) fn describe_association_execution_targets(
        &self,
        call: &Call,
        input: DescribeAssociationExecutionTargets,
    ) -> Result<Value, AwsError> {
        let absent = || AwsError::new("AssociationExecutionDoesNotExist", 400, "The specified execution ID does not exist.");
        let found = self.with_association(call, &input.association_id, |association, commands| {
            let execution = association.executions.iter().find(|one| one.id == input.execution_id).ok_or_else(absent)?;
            let command = commands.iter().find(|command| command.id == execution.command);
            let invocations = command.into_iter().flat_map(|command| &command.invocations);
            let shown = invocations.map(|invocation| {
                let (status, details) = invocation.state.words();
                json!({
                    "AssociationId": association.id,
                    "AssociationVersion": execution.version.to_string(),
                    "ExecutionId": execution.id,
                    "ResourceId": invocation.instance_id,
                    "ResourceType": "ManagedInstance",
                    "Status": status,
                    "DetailedStatus": details,
                    "LastExecutionDate": execution.created.to_string(),
                    "OutputSource": { "OutputSourceId": execution.command, "OutputSourceType": "RunCommand" },
                })
            });
            Ok(shown.collect())
        })?;
        page("AssociationExecutionTargets", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }
}
