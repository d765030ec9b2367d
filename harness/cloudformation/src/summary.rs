//! What a template asks for: `ValidateTemplate` and `GetTemplateSummary`.

use std::collections::BTreeSet;

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_template::Template;
use serde_json::{Value, json};

use super::{CloudFormation, capability, invalid, preflight, submission};

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ValidateTemplate.html>
pub(super) async fn validate_template(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let template = parse(&submission::body(call, input).await?)?;
    preflight::check_types(&service.types, &template)?;
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
        "Capabilities": capability::needed(&service.types, &template).as_slice(),
        "CapabilitiesReason": capability::reason(&template),
        "DeclaredTransforms": [],
    }))
}

/// Of a template, or of that of a stack.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html>
pub(super) async fn get_template_summary(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let body = match input.text("StackName") {
        Some(name) => service.read(call.account(), name, |stack| stack.template.clone())?,
        None => submission::body(call, input).await?,
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
        "Capabilities": capability::needed(&service.types, &template).as_slice(),
        "CapabilitiesReason": capability::reason(&template),
        "ResourceTypes": kinds,
        "Version": "2010-09-09",
        "DeclaredTransforms": template.transforms,
    }))
}

fn parse(body: &str) -> Result<Template, AwsError> {
    Template::parse(body).map_err(|errors| invalid(&errors))
}
