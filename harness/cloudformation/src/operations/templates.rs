//! Templates: of stacks and change sets, and what they ask for.

use std::collections::BTreeSet;

use nightproof_core::service::{AwsError, Call};
use nightproof_template::Template;
use serde::Deserialize;
use serde_json::{Value, json};

use super::change_sets;
use crate::cloudformation::CloudFormation;
use crate::error::{invalid, validation};
use crate::hash_order;
use crate::records::{Stack, StackStatus, unless_empty};
use crate::template_source::TemplateSource;
use crate::{capability, preflight};

/// `GetTemplate`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetTemplate {
    stack_name: Option<String>,
    change_set_name: Option<String>,
    template_stage: Option<String>,
}

/// `ValidateTemplate`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ValidateTemplate.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ValidateTemplate {
    template_body: Option<String>,
    #[serde(rename = "TemplateURL")]
    template_url: Option<String>,
}

/// `GetTemplateSummary`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetTemplateSummary {
    template_body: Option<String>,
    #[serde(rename = "TemplateURL")]
    template_url: Option<String>,
    stack_name: Option<String>,
}

impl CloudFormation {
    pub(crate) fn get_template(&self, call: &Call, input: GetTemplate) -> Result<Value, AwsError> {
        let account = call.account();
        let (body, processed) = match &input.change_set_name {
            Some(name) if !name.starts_with("arn:") && input.stack_name.is_none() => {
                return Err(validation("StackName is a required parameter."));
            }
            Some(name) => change_sets::template(self, account, name, input.stack_name.as_deref())?,
            None => {
                let template = |stack: &Stack| match stack.status {
                    StackStatus::ReviewInProgress => {
                        Err(validation(format!("GetTemplate cannot be called on REVIEW_IN_PROGRESS stacks: {}", stack.id)))
                    }
                    _ => Ok((stack.template.clone(), stack.processed.clone())),
                };
                let name = input.stack_name.as_deref().filter(|name| !name.is_empty());
                let name = name.ok_or_else(|| validation("StackName is required if ChangeSetName is not specified."))?;
                self.read(account, name, template)??
            }
        };
        let body = match processed {
            Some(processed) if input.template_stage.as_deref() != Some("Original") => processed.text,
            _ => body,
        };
        Ok(json!({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}))
    }

    pub(crate) async fn validate_template(&self, call: &Call, input: ValidateTemplate) -> Result<Value, AwsError> {
        let source = TemplateSource { body: input.template_body, url: input.template_url };
        let template = parse(&source.read(call).await?)?;
        if !template.is_transformed {
            preflight::check_types(&self.types, &template)?;
        }
        preflight::check(&self.types, &template, None, Vec::new())?;
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
            "Capabilities": unless_empty(&capability::all(&self.types, &template)),
            "CapabilitiesReason": capability::reason(&template),
            "DeclaredTransforms": unless_empty(&template.transforms),
        }))
    }

    /// Of a template, or of that of a stack.
    pub(crate) async fn get_template_summary(&self, call: &Call, input: GetTemplateSummary) -> Result<Value, AwsError> {
        let source = TemplateSource { body: input.template_body, url: input.template_url };
        let body = match &input.stack_name {
            Some(name) => {
                let template = |stack: &Stack| match stack.status {
                    StackStatus::ReviewInProgress => {
                        Err(validation("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks."))
                    }
                    _ => Ok(stack.template.clone()),
                };
                self.read(call.account(), name, template)??
            }
            None => source.read(call).await?,
        };
        let template = parse(&body)?;
        let mut listed: Vec<_> = template.parameters.iter().collect();
        hash_order::sort(&mut listed, |parameter| &parameter.name);
        let parameters = listed.iter().map(|parameter| {
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
        let mut sorted: Vec<&str> = kinds.iter().copied().collect();
        hash_order::sort(&mut sorted, |kind| kind);
        let identifiers = sorted.iter().map(|kind| {
            let ids = template.resources.iter().filter(|resource| resource.kind == *kind).map(|resource| resource.id.as_str());
            // Those by which an existing one would be imported.
            let schema = nightproof_registry::resource_type(kind);
            let given = schema
                .as_ref()
                .map(|schema| schema.identifier().filter(|path| !schema.is_read_only(&[path])).collect::<Vec<_>>());
            let given = given.filter(|given| !given.is_empty());
            let mut summary = json!({"ResourceType": kind, "LogicalResourceIds": ids.collect::<Vec<_>>()});
            if let Some(given) = given {
                summary["ResourceIdentifiers"] = json!(given);
            }
            summary
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
        let capabilities = capability::all(&self.types, &template);
        for (member, list) in [("Capabilities", json!(capabilities)), ("DeclaredTransforms", json!(template.transforms))] {
            if list.as_array().is_some_and(|list| !list.is_empty()) {
                summary[member] = list;
            }
        }
        Ok(summary)
    }
}

fn parse(body: &str) -> Result<Template, AwsError> {
    Template::parse(body).map_err(|errors| invalid(&errors))
}
