//! Templates: of stacks and change sets, and what they ask for.

use std::collections::BTreeSet;

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_template::Template;
use serde_json::{Value, json};

use super::change_sets;
use crate::cloudformation::CloudFormation;
use crate::error::{invalid, validation};
use crate::records::{Stack, StackStatus};
use crate::{capability, preflight, template_source};

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html>
pub(crate) fn get_template(service: &CloudFormation, account: &str, input: &Value) -> Result<Value, AwsError> {
    let (body, processed) = match input.get("ChangeSetName") {
        Some(name) if !name.as_str().is_some_and(|name| name.starts_with("arn:")) && !input.has("StackName") => {
            return Err(validation("StackName is a required parameter."));
        }
        Some(_) => change_sets::template(service, account, input)?,
        None => {
            let template = |stack: &Stack| match stack.status {
                StackStatus::ReviewInProgress => {
                    Err(validation(format!("GetTemplate cannot be called on REVIEW_IN_PROGRESS stacks: {}", stack.id)))
                }
                _ => Ok((stack.template.clone(), stack.processed.clone())),
            };
            let name = input.text("StackName").filter(|name| !name.is_empty());
            let name = name.ok_or_else(|| validation("StackName is required if ChangeSetName is not specified."))?;
            service.read(account, name, template)??
        }
    };
    let body = match processed {
        Some(processed) if input.text("TemplateStage") != Some("Original") => processed.text,
        _ => body,
    };
    Ok(json!({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}))
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ValidateTemplate.html>
pub(crate) async fn validate_template(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let template = parse(&template_source::body(call, input).await?)?;
    if !template.is_transformed {
        preflight::check_types(&service.types, &template)?;
    }
    preflight::check(&service.types, &template, None, Vec::new())?;
    let parameters = template.parameters.iter().map(|parameter| {
        json!({
            "ParameterKey": parameter.name,
            "DefaultValue": parameter.default,
            "NoEcho": parameter.no_echo,
            "Description": parameter.description,
        })
    });
    Ok(json!({
        "Parameters": parameters.collect::<Vec<_>>(),
        "Description": template.description,
        "Capabilities": capability::all(&service.types, &template),
        "CapabilitiesReason": capability::reason(&template),
        "DeclaredTransforms": template.transforms,
    }))
}

/// Of a template, or of that of a stack.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html>
pub(crate) async fn get_template_summary(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let body = match input.text("StackName") {
        Some(name) => {
            let template = |stack: &Stack| match stack.status {
                StackStatus::ReviewInProgress => {
                    Err(validation("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks."))
                }
                _ => Ok(stack.template.clone()),
            };
            service.read(call.account(), name, template)??
        }
        None => template_source::body(call, input).await?,
    };
    let template = parse(&body)?;
    let parameters = template.parameters.iter().map(|parameter| {
        let allowed = parameter.allowed_values();
        json!({
            "ParameterKey": parameter.name,
            "DefaultValue": parameter.default,
            "ParameterType": parameter.kind,
            "NoEcho": parameter.no_echo,
            "Description": parameter.description,
            "ParameterConstraints": if allowed.is_empty() { json!({}) } else { json!({"AllowedValues": allowed}) },
        })
    });
    let kinds: BTreeSet<&str> = template.resources.iter().map(|resource| resource.kind.as_str()).collect();
    let identifiers = kinds.iter().map(|kind| {
        let ids = template.resources.iter().filter(|resource| resource.kind == *kind).map(|resource| resource.id.as_str());
        json!({"ResourceType": kind, "LogicalResourceIds": ids.collect::<Vec<_>>()})
    });
    let mut summary = json!({
        "Parameters": parameters.collect::<Vec<_>>(),
        "Description": template.description,
        "CapabilitiesReason": capability::reason(&template),
        "ResourceIdentifierSummaries": identifiers.collect::<Vec<_>>(),
        "ResourceTypes": kinds,
        "Version": "2010-09-09",
    });
    // What a template does not have is not told.
    let capabilities = capability::all(&service.types, &template);
    for (member, list) in [("Capabilities", json!(capabilities)), ("DeclaredTransforms", json!(template.transforms))] {
        if list.as_array().is_some_and(|list| !list.is_empty()) {
            summary[member] = list;
        }
    }
    Ok(summary)
}

fn parse(body: &str) -> Result<Template, AwsError> {
    Template::parse(body).map_err(|errors| invalid(&errors))
}
