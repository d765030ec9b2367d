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
        Some(_) => change_sets::template(service, account, input)?,
        None => {
            let template = |stack: &Stack| match stack.status {
                StackStatus::ReviewInProgress => {
                    Err(validation(format!("GetTemplate cannot be called on REVIEW_IN_PROGRESS stacks: {}", stack.id)))
                }
                _ => Ok((stack.template.clone(), stack.processed.clone())),
            };
            service.read(account, input.required("StackName"), template)??
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
        Some(name) => service.read(call.account(), name, |stack| stack.template.clone())?,
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
    Ok(json!({
        "Parameters": parameters.collect::<Vec<_>>(),
        "Description": template.description,
        "Capabilities": capability::all(&service.types, &template),
        "CapabilitiesReason": capability::reason(&template),
        "ResourceTypes": kinds,
        "Version": "2010-09-09",
        "DeclaredTransforms": template.transforms,
    }))
}

fn parse(body: &str) -> Result<Template, AwsError> {
    Template::parse(body).map_err(|errors| invalid(&errors))
}
