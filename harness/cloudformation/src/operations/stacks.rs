//! Stacks, their resources and events, as they are shown.

use nightproof_core::document::{Members as _, whole_seconds};
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::{Stack, StackResource};

pub(crate) fn describe_stacks(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
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

pub(crate) fn list_stacks(service: &CloudFormation, account: &str, input: &Value) -> Value {
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
                "ParentId": stack.parent.as_ref().map(|parent| parent.id.as_str()),
                "RootId": stack.parent.as_ref().map(|parent| parent.root.as_str()),
                "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
                "DeletionTime": stack.deleted.or(stack.rolled_back).map(whole_seconds),
                "StackStatus": stack.status.word(),
                "StackStatusReason": stack.reason,
            })
        })
        .collect();
    json!({"StackSummaries": summaries})
}

pub(crate) fn describe_events(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let name = input.text("StackName").unwrap_or_default();
    let events = service.look_up(account, name, |stack| stack.events.clone());
    let mut events = events.ok_or_else(|| validation(format!("Stack [{name}] does not exist")))?;
    events.reverse();
    Ok(json!({"StackEvents": events}))
}

pub(crate) fn describe_resources(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
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

pub(crate) fn describe_resource(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let (name, wanted) = (input.required("StackName"), input.required("LogicalResourceId"));
    let described = |stack: &Stack| {
        let resource = stack.resources.iter().find(|resource| resource.id == wanted);
        let resource = resource.ok_or_else(|| validation(format!("Resource {wanted} does not exist for stack {name}")))?;
        let mut document = resource.document();
        document["StackId"] = stack.id.as_str().into();
        document["StackName"] = stack.name.as_str().into();
        document["LastUpdatedTimestamp"] = resource.changed.to_string().into();
        Ok(document)
    };
    let detail = service.look_up(account, name, described);
    let detail = detail.ok_or_else(|| validation(format!("Stack '{name}' does not exist")))??;
    Ok(json!({"StackResourceDetail": detail}))
}

pub(crate) fn list_resources(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let summary = |resource: &StackResource| {
        let mut document = resource.document();
        document["LastUpdatedTimestamp"] = resource.changed.to_string().into();
        document
    };
    let listed = |stack: &Stack| stack.resources.iter().map(summary).collect::<Vec<_>>();
    let summaries = service.read(account, input.required("StackName"), listed)?;
    Ok(json!({"StackResourceSummaries": summaries}))
}

pub(crate) fn update_termination_protection(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let stack = service.find(account, input.required("StackName"))?;
    let on = input.flag("EnableTerminationProtection").unwrap_or(false);
    service.with(account, &stack.id, |stack| stack.protected = on);
    Ok(json!({"StackId": stack.id}))
}
