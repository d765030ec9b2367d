//! Operations that read.

use serde_json::{Value, json};

use super::stack::{Stack, StackStatus};
use super::{CloudFormation, change_set, text, validation};
use crate::service::AwsError;
use crate::services::document::whole_seconds;

pub(super) fn describe_stacks(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let stacks: Vec<Value> = match input.get("StackName").and_then(Value::as_str) {
        Some(name) => vec![service.find(account, name)?.document()],
        None => all(service, account).iter().filter(|stack| stack.deleted.is_none()).map(Stack::document).collect(),
    };
    Ok(json!({"Stacks": stacks}))
}

pub(super) fn list_stacks(service: &CloudFormation, account: &str, input: &Value) -> Value {
    let wanted: Vec<&str> =
        input.get("StackStatusFilter").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let stacks = all(service, account);
    let listed = stacks.iter().rev().filter(|stack| wanted.is_empty() || wanted.contains(&stack.status.word()));
    let summaries: Vec<Value> = listed
        .map(|stack| {
            json!({
                "StackId": stack.id,
                "StackName": stack.name,
                "TemplateDescription": stack.description,
                "CreationTime": whole_seconds(stack.created),
                "LastUpdatedTime": stack.updated.map(whole_seconds),
                "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
                "DeletionTime": stack.deleted.map(whole_seconds),
                "StackStatus": stack.status.word(),
                "StackStatusReason": stack.reason,
            })
        })
        .collect();
    json!({"StackSummaries": summaries})
}

fn all(service: &CloudFormation, account: &str) -> Vec<Stack> {
    service.lock().get(account).cloned().unwrap_or_default()
}

pub(super) fn describe_events(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let mut events = service.find(account, text(input, "StackName"))?.events;
    events.reverse();
    Ok(json!({"StackEvents": events}))
}

pub(super) fn describe_resources(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let stack = match (input.get("StackName").and_then(Value::as_str), input.get("PhysicalResourceId").and_then(Value::as_str)) {
        (Some(name), _) => service.find(account, name)?,
        (None, Some(physical)) => {
            let has = |stack: &Stack| {
                stack.resources.iter().any(|resource| resource.made.as_ref().is_some_and(|made| made.physical == physical))
            };
            let found = all(service, account).into_iter().rev().find(has);
            found.ok_or_else(|| validation(format!("Stack for {physical} does not exist")))?
        }
        (None, None) => {
            return Err(validation("Either StackName or PhysicalResourceId must be specified"));
        }
    };
    let wanted = input.get("LogicalResourceId").and_then(Value::as_str);
    let found = stack.resources.iter().filter(|resource| wanted.is_none_or(|wanted| resource.id == wanted));
    let resources: Vec<Value> = found
        .map(|resource| {
            let mut document = resource.document();
            document["StackId"] = stack.id.as_str().into();
            document["StackName"] = stack.name.as_str().into();
            document["Timestamp"] = resource.changed.to_string().into();
            document
        })
        .collect();
    Ok(json!({"StackResources": resources}))
}

pub(super) fn describe_resource(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let stack = service.find(account, text(input, "StackName"))?;
    let wanted = text(input, "LogicalResourceId");
    let resource = stack.resources.iter().find(|resource| resource.id == wanted);
    let resource = resource.ok_or_else(|| validation(format!("Resource {wanted} does not exist for stack {}", stack.name)))?;
    let mut document = resource.document();
    document["StackId"] = stack.id.as_str().into();
    document["StackName"] = stack.name.as_str().into();
    document["LastUpdatedTimestamp"] = resource.changed.to_string().into();
    Ok(json!({"StackResourceDetail": document}))
}

pub(super) fn list_resources(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let stack = service.find(account, text(input, "StackName"))?;
    let summaries: Vec<Value> = stack
        .resources
        .iter()
        .map(|resource| {
            let mut document = resource.document();
            document["LastUpdatedTimestamp"] = resource.changed.to_string().into();
            document
        })
        .collect();
    Ok(json!({"StackResourceSummaries": summaries}))
}

pub(super) fn get_template(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let body = match input.get("ChangeSetName") {
        Some(_) => change_set::template(service, account, input)?,
        None => {
            let stack = service.find(account, text(input, "StackName"))?;
            if stack.status == StackStatus::ReviewInProgress {
                let message = format!("GetTemplate cannot be called on REVIEW_IN_PROGRESS stacks: {}", stack.id);
                return Err(validation(message));
            }
            stack.template
        }
    };
    Ok(json!({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}))
}
