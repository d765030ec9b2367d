//! Operations that read.

use std::collections::BTreeMap;

use firedrill_template::Template;
use serde_json::{Value, json};

use super::stack::Stack;
use super::{CloudFormation, create, text};
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
            found.ok_or_else(|| AwsError::new("ValidationError", 400, format!("Stack for {physical} does not exist")))?
        }
        (None, None) => {
            return Err(AwsError::new("ValidationError", 400, "Either StackName or PhysicalResourceId must be specified"));
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
    let resource = resource.ok_or_else(|| {
        AwsError::new("ValidationError", 400, format!("Resource {wanted} does not exist for stack {}", stack.name))
    })?;
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

pub(super) fn list_exports(service: &CloudFormation, account: &str) -> Value {
    let stacks = all(service, account);
    let exports = stacks.iter().filter(|stack| stack.deleted.is_none()).flat_map(|stack| {
        stack.exports.iter().map(|(name, value)| json!({"ExportingStackId": stack.id, "Name": name, "Value": value}))
    });
    json!({"Exports": exports.collect::<Vec<_>>()})
}

pub(super) fn get_template(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let stack = service.find(account, text(input, "StackName"))?;
    Ok(json!({"TemplateBody": stack.template, "StagesAvailable": ["Original", "Processed"]}))
}

/// `GetTemplateSummary` and `ValidateTemplate` have these members in common.
pub(super) fn summarize(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let body = match input.get("StackName").and_then(Value::as_str) {
        Some(name) => service.find(account, name)?.template,
        None => create::body(input)?,
    };
    let template = Template::parse(&body).map_err(|errors| create::invalid(&errors))?;
    let needed = create::needed_capabilities(&template);
    let parameters: Vec<Value> = template
        .parameters
        .iter()
        .map(|parameter| {
            json!({
                "ParameterKey": parameter.name,
                "DefaultValue": parameter.default,
                "ParameterType": parameter.kind,
                "NoEcho": parameter.no_echo,
                "Description": parameter.description,
                "ParameterConstraints": {"AllowedValues": parameter.allowed_values()},
            })
        })
        .collect();
    let mut kinds: BTreeMap<&str, ()> = BTreeMap::new();
    kinds.extend(template.resources.iter().map(|resource| (resource.kind.as_str(), ())));
    let reason = (!needed.is_empty()).then(|| {
        let named: Vec<&str> = template
            .resources
            .iter()
            .filter(|resource| create::is_iam(&resource.kind))
            .map(|resource| resource.kind.as_str())
            .collect();
        format!("The following resource(s) require capabilities: [{}]", named.join(", "))
    });
    Ok(json!({
        "Parameters": parameters,
        "Description": template.description,
        "Capabilities": needed,
        "CapabilitiesReason": reason,
        "ResourceTypes": kinds.keys().collect::<Vec<_>>(),
        "Version": "2010-09-09",
        "DeclaredTransforms": [],
    }))
}
