//! What Systems Manager says of commands and of the instances that it manages, as far as a drill reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;

/// A command. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Command.html>
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Command {
    pub(crate) command_id: String,
    pub(crate) document_name: String,
    pub(crate) comment: String,
    pub(crate) targets: Vec<Target>,
    pub(crate) target_count: i32,
    /// RFC 3339.
    pub(crate) requested_date_time: String,
    pub(crate) status: String,
    pub(crate) status_details: String,
    pub(crate) parameters: BTreeMap<String, Vec<String>>,
}

impl Command {
    /// When it was sent.
    pub(crate) fn sent(&self) -> Option<DateTime> {
        DateTime::from_str(&self.requested_date_time, Format::DateTimeWithOffset).ok()
    }

    /// Whether it has not ended.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.status.as_str(), "" | "Pending" | "InProgress" | "Cancelling")
    }
}

/// Which instances a command is for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Target {
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

/// What became of a command on an instance. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CommandInvocation.html>
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CommandInvocation {
    pub(crate) instance_id: String,
    pub(crate) status: String,
    pub(crate) status_details: String,
}

/// The same, with its output. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html>
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct InvocationOutput {
    pub(crate) status: String,
    pub(crate) status_details: String,
    pub(crate) response_code: i32,
    pub(crate) standard_output_content: String,
    pub(crate) standard_error_content: String,
}

/// An instance. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_InstanceInformation.html>
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ManagedInstance {
    pub(crate) instance_id: String,
    pub(crate) ping_status: String,
    /// RFC 3339.
    pub(crate) last_ping_date_time: String,
    pub(crate) agent_version: String,
}

/// All commands that `filters` let through, latest first.
pub(crate) async fn commands(client: &DynamicClient, filters: &[(&str, String)]) -> Result<Vec<Command>, AwsError> {
    let filters: Vec<Value> = filters.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    let mut found = Vec::new();
    // An empty list is no filter, and AWS refuses it.
    let input = if filters.is_empty() { json!({}) } else { json!({ "Filters": filters }) };
    client.pages("ssm", "ListCommands", input, "Commands", &mut found).await?;
    Ok(found)
}

/// The command with this id, once it is listed.
pub(crate) async fn command(client: &DynamicClient, id: &str) -> Result<Option<Command>, AwsError> {
    let mut found = Vec::new();
    client.pages("ssm", "ListCommands", json!({ "CommandId": id }), "Commands", &mut found).await?;
    Ok(found.into_iter().next())
}

/// What became of a command on each of its instances.
pub(crate) async fn invocations(client: &DynamicClient, id: &str) -> Result<Vec<CommandInvocation>, AwsError> {
    let mut found = Vec::new();
    let input = json!({ "CommandId": id, "Details": true });
    client.pages("ssm", "ListCommandInvocations", input, "CommandInvocations", &mut found).await?;
    Ok(found)
}

/// What became of a command on `instance`, with its output.
pub(crate) async fn output(client: &DynamicClient, id: &str, instance: &str) -> Result<InvocationOutput, AwsError> {
    client.read("ssm", "GetCommandInvocation", &json!({ "CommandId": id, "InstanceId": instance })).await
}

/// Sends a script to instances, as the lines of `parameters`; returns the command's id.
pub(crate) async fn send(
    client: &DynamicClient,
    comment: &str,
    instances: &[String],
    parameters: &Value,
) -> Result<String, AwsError> {
    let input = json!({
        "DocumentName": "AWS-RunShellScript",
        "Comment": comment,
        "InstanceIds": instances,
        "Parameters": parameters,
    });
    let sent = client.ask("ssm", "SendCommand", &input).await?;
    Ok(sent.pointer("/Command/CommandId").and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// Waits for the end of a command on `instance`, `bound` at most; else what was seen of it last.
pub(crate) async fn ended(
    client: &DynamicClient,
    id: &str,
    instance: &str,
    bound: Duration,
) -> Result<Result<InvocationOutput, String>, AwsError> {
    nightproof_poll::try_until(bound, || async {
        let answer = match output(client, id, instance).await {
            Ok(answer) => answer,
            // The invocation may not be there the moment after the command was accepted.
            Err(error) if error.code == "InvocationDoesNotExist" => return Ok(Err("not delivered yet".to_owned())),
            Err(error) => return Err(error),
        };
        Ok(match answer.status.as_str() {
            "Success" | "Cancelled" | "Failed" | "TimedOut" => Ok(answer),
            "" => Err("without a status".to_owned()),
            _ => Err(answer.status),
        })
    })
    .await
}

/// Instances that Systems Manager manages; of `instances` if any are given.
pub(crate) async fn managed(client: &DynamicClient, instances: &[String]) -> Result<Vec<ManagedInstance>, AwsError> {
    let mut found = Vec::new();
    let input =
        if instances.is_empty() { json!({}) } else { json!({ "Filters": [{ "Key": "InstanceIds", "Values": instances }] }) };
    client.pages("ssm", "DescribeInstanceInformation", input, "InstanceInformationList", &mut found).await?;
    Ok(found)
}
