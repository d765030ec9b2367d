//! Associations of one node, as agents and people ask for them.

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::agent::for_agents_only;
use crate::association::{Association, AssociationExecution};
use crate::page::page;
use crate::records::Ssm;

/// `DescribeInstanceAssociationsStatus`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceAssociationsStatus.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeInstanceAssociationsStatus {
    instance_id: String,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `ListInstanceAssociations`, which only the agent calls.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListInstanceAssociations {
    instance_id: Option<String>,
    #[serde(flatten)]
    #[expect(dead_code, reason = "a list of none has one page, and the agent may say more than is known of its calls")]
    more: BTreeMap<String, Value>,
}

/// `UpdateInstanceAssociationStatus`, which only the agent calls.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateInstanceAssociationStatus {
    instance_id: Option<String>,
    #[serde(flatten)]
    #[expect(
        dead_code,
        reason = "an association's status is that of its commands, and the agent may say more than is known of its calls"
    )]
    more: BTreeMap<String, Value>,
}

impl Ssm {
    pub(crate) fn describe_instance_associations_status(
        &self,
        call: &Call,
        input: DescribeInstanceAssociationsStatus,
    ) -> Result<Value, AwsError> {
        let found = self.with(call.account(), |records| {
            let of_node = |association: &Association| {
                let ran = |execution: &&AssociationExecution| {
                    let command = records.commands.iter().find(|command| command.id == execution.command)?;
                    command.invocations.iter().find(|invocation| invocation.instance_id == input.instance_id)
                };
                let (execution, invocation) =
                    association.executions.iter().rev().find_map(|execution| Some((execution, ran(&execution)?)))?;
                let settings = association.settings()?;
                let (status, details) = invocation.state.words();
                Some(json!({
                    "AssociationId": association.id,
                    "AssociationVersion": execution.version.to_string(),
                    "Name": settings.name,
                    "InstanceId": input.instance_id,
                    "ExecutionDate": execution.created.to_string(),
                    "Status": status,
                    "DetailedStatus": details,
                }))
            };
            records.associations.values().filter_map(of_node).collect()
        });
        page("InstanceAssociationStatusInfos", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }

    /// None, for they come to agents as commands.
    pub(crate) fn list_instance_associations(&self, call: &Call, input: ListInstanceAssociations) -> Result<Value, AwsError> {
        for_agents_only(call, "ListInstanceAssociations", input.instance_id.as_deref())?;
        Ok(json!({"Associations": []}))
    }

    pub(crate) fn update_instance_association_status(
        &self,
        call: &Call,
        input: UpdateInstanceAssociationStatus,
    ) -> Result<Value, AwsError> {
        for_agents_only(call, "UpdateInstanceAssociationStatus", input.instance_id.as_deref())?;
        Ok(json!({}))
    }
}
