//! Operations that read.

use nightproof_core::document::whole_seconds;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::stack::{Stack, StackResource, StackStatus};
use super::{CloudFormation, change_set, text, validation};

pub(super) fn describe_stacks(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let stacks: Vec<Value> = match input.get("StackName").and_then(Value::as_str) {
        Some(name) => vec![service.read(account, name, Stack::document)?],
        None => {
            let stacks = service.lock();
            let all = stacks.get(account).into_iter().flatten();
            all.filter(|stack| stack.deleted.is_none()).map(Stack::document).collect()
        }
    };
    Ok(json!({"Stacks": stacks}))
}

pub(super) fn list_stacks(service: &CloudFormation, account: &str, input: &Value) -> Value {
    let wanted: Vec<&str> =
        input.get("StackStatusFilter").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let stacks = service.lock();
    let listed = stacks
        .get(account)
        .into_iter()
        .flatten()
        .rev()
        .filter(|stack| wanted.is_empty() || wanted.contains(&stack.status.word()));
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

pub(super) fn describe_events(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let mut events = service.read(account, text(input, "StackName"), |stack| stack.events.clone())?;
    events.reverse();
    Ok(json!({"StackEvents": events}))
}

pub(super) fn describe_resources(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let wanted = input.get("LogicalResourceId").and_then(Value::as_str);
    let described = |stack: &Stack| {
        let found = stack.resources.iter().filter(|resource| wanted.is_none_or(|wanted| resource.id == wanted));
        let described = found.map(|resource| {
            let mut document = resource.document();
            document["StackId"] = stack.id.as_str().into();
            document["StackName"] = stack.name.as_str().into();
            document["Timestamp"] = resource.changed.to_string().into();
            document
        });
        described.collect::<Vec<_>>()
    };
    let resources =
        match (input.get("StackName").and_then(Value::as_str), input.get("PhysicalResourceId").and_then(Value::as_str)) {
            (Some(name), _) => service.read(account, name, described)?,
            (None, Some(physical)) => {
                let has = |stack: &Stack| {
                    stack.resources.iter().any(|resource| resource.made.as_ref().is_some_and(|made| made.physical == physical))
                };
                let stacks = service.lock();
                let found = stacks.get(account).into_iter().flatten().rev().find(|stack| has(stack));
                found.map(described).ok_or_else(|| validation(format!("Stack for {physical} does not exist")))?
            }
            (None, None) => {
                return Err(validation("Either StackName or PhysicalResourceId must be specified"));
            }
        };
    Ok(json!({"StackResources": resources}))
}

pub(super) fn describe_resource(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let wanted = text(input, "LogicalResourceId");
    let described = |stack: &Stack| {
        let resource = stack.resources.iter().find(|resource| resource.id == wanted);
        let resource =
            resource.ok_or_else(|| validation(format!("Resource {wanted} does not exist for stack {}", stack.name)))?;
        let mut document = resource.document();
        document["StackId"] = stack.id.as_str().into();
        document["StackName"] = stack.name.as_str().into();
        document["LastUpdatedTimestamp"] = resource.changed.to_string().into();
        Ok(document)
    };
    let detail = service.read(account, text(input, "StackName"), described)??;
    Ok(json!({"StackResourceDetail": detail}))
}

pub(super) fn list_resources(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let summary = |resource: &StackResource| {
        let mut document = resource.document();
        document["LastUpdatedTimestamp"] = resource.changed.to_string().into();
        document
    };
    let listed = |stack: &Stack| stack.resources.iter().map(summary).collect::<Vec<_>>();
    let summaries = service.read(account, text(input, "StackName"), listed)?;
    Ok(json!({"StackResourceSummaries": summaries}))
}

pub(super) fn get_template(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let body = match input.get("ChangeSetName") {
        Some(_) => change_set::template(service, account, input)?,
        None => {
            let template = |stack: &Stack| match stack.status {
                StackStatus::ReviewInProgress => {
                    Err(validation(format!("GetTemplate cannot be called on REVIEW_IN_PROGRESS stacks: {}", stack.id)))
                }
                _ => Ok(stack.template.clone()),
            };
            service.read(account, text(input, "StackName"), template)??
        }
    };
    Ok(json!({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}))
}
