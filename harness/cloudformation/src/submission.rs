//! Reads and checks what a request submits for a stack.

use std::collections::{BTreeMap, BTreeSet};

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_template::{Deployment, Document, DynamicReference, Inputs, Pseudo, Template, Unsupported};
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::{invalid, validation};
use crate::records::{Processed, Stack, Submission};
use crate::submitted::{GivenParameter, StackTag, Submitted, check_types};
use crate::{capability, export, hash_order, preflight, rules, transform};

/// Reads a request. `previous` is the stack that it changes.
pub(crate) async fn read(
    service: &CloudFormation,
    call: &Call,
    input: Submitted,
    (stack_name, stack_id): (&str, &str),
    previous: Option<&Stack>,
) -> Result<Submission, AwsError> {
    let body = match (input.use_previous_template, previous) {
        (true, _) if !input.template.is_empty() => {
            return Err(validation("Only one of UsePreviousTemplate, Template URL or Template Body may be specified."));
        }
        (true, Some(previous)) => previous.template.clone(),
        (true, None) => return Err(validation("Previous template does not exist for this stack.")),
        (false, _) => input.template.read(call).await?,
    };
    let document = Document::read(&body).map_err(|errors| invalid(&errors))?;
    let declared = document.template().map_err(|errors| invalid(&errors))?;
    let has_macros = !document.macros().map_err(|error| validation(error.message))?.is_empty();
    check_types(input.resource_types.as_deref(), declared.resources.iter().map(|resource| resource.kind.as_str()))?;
    let capabilities = input.capabilities;
    match has_macros {
        true => preflight::check(&service.types, &declared, None, Vec::new())?,
        false => preflight::check_types(&service.types, &declared)?,
    }
    if has_macros && !input.shows_expansion {
        capability::check_expansion(&capabilities)?;
    }
    let tags = match (input.tags, previous) {
        (Some(tags), _) => stack_tags(&tags)?,
        (None, Some(previous)) => previous.tags.clone(),
        (None, None) => Vec::new(),
    };
    let rollback = input.rollback.unwrap_or_default();
    let request = Request { service, call, given: given(&input.parameters, previous)?, capabilities };
    let inputs = Inputs {
        parameters: BTreeMap::new(),
        pseudo: Pseudo {
            account_id: call.account().to_owned(),
            region: call.region.name().to_owned(),
            stack_name: stack_name.to_owned(),
            stack_id: stack_id.to_owned(),
            partition: "aws".to_owned(),
            url_suffix: "amazonaws.com".to_owned(),
            notification_arns: match (input.notification_arns, previous) {
                (Some(topics), _) => topics,
                (None, Some(previous)) => previous.inputs.pseudo.notification_arns.clone(),
                (None, None) => Vec::new(),
            },
        },
        imports: export::of_others(service, call.account(), stack_id),
        stack_outputs: export::outputs_of_others(service, call.account(), stack_id),
        availability_zones: zones(call).await?,
    };
    let made = Submission {
        body,
        processed: None,
        failure: None,
        template: declared,
        given: BTreeMap::new(),
        shown: Vec::new(),
        inputs,
        capabilities: request.capabilities.clone(),
        tags,
        rollback: match previous {
            Some(previous) => rollback.or(&previous.rollback),
            None => rollback,
        },
        imported: BTreeMap::new(),
    };
    let (mut made, lacking) = request.with_parameters(made, request.given.clone()).await?;
    rules::check(call, &made.template, &made.inputs).await?;
    if !has_macros {
        return request.checked(made, lacking).await;
    }
    match request.processed(document, &made).await {
        Ok(processed) => Ok(processed),
        Err(error) if error.code == "ValidationError" || error.code == "InsufficientCapabilitiesException" => {
            // As on AWS, where macros are applied when the stack has been begun.
            made.failure = Some(format!("{}.", error.message));
            Ok(made)
        }
        Err(error) => Err(error),
    }
}

/// What a request gives for its template.
struct Request<'a> {
    service: &'a CloudFormation,
    call: &'a Call,
    given: BTreeMap<String, String>,
    capabilities: Vec<String>,
}

impl Request<'_> {
    /// With the values of the template's parameters, and what is lacking of them.
    async fn with_parameters(
        &self,
        mut made: Submission,
        given: BTreeMap<String, String>,
    ) -> Result<(Submission, Vec<Unsupported>), AwsError> {
        let mut values = made.template.parameter_values(&given).map_err(|errors| invalid(&errors))?;
        let declared = made.template.parameters.iter();
        let effective = |name: &String, default: &Option<String>| given.get(name).or(default.as_ref()).cloned();
        made.given = declared.filter_map(|one| Some((one.name.clone(), effective(&one.name, &one.default)?))).collect();
        made.shown = shown(&made.template, &made.given);
        let lacking = look_up(self.call, &made.template, &mut values, &mut made.shown).await?;
        made.inputs.parameters = values;
        Ok((made, lacking))
    }

    /// The template with its macros applied.
    async fn processed(&self, document: Document, before: &Submission) -> Result<Submission, AwsError> {
        let document = transform::apply(self.service, self.call, document, before).await?;
        let template = document.template().map_err(|errors| invalid(&errors))?;
        preflight::check_types(&self.service.types, &template)?;
        let processed = Some(Processed { text: document.to_json().to_string(), is_extended: document.is_extended() });
        // A macro may have taken parameters away.
        let is_declared = |name: &String| template.parameters.iter().any(|parameter| parameter.name == *name);
        let given = self.given.iter().filter(|(name, _)| is_declared(name)).map(|(name, value)| (name.clone(), value.clone()));
        let given = given.collect();
        let (made, lacking) = self.with_parameters(Submission { template, processed, ..before.clone() }, given).await?;
        self.checked(made, lacking).await
    }

    /// The submission, if everything in it can be made.
    async fn checked(&self, made: Submission, mut lacking: Vec<Unsupported>) -> Result<Submission, AwsError> {
        capability::check(&self.service.types, &made.template, &self.capabilities)?;
        let deployment = made.template.deploy(made.inputs.clone()).map_err(|errors| invalid(&errors))?;
        lacking.extend(lacking_references(self.call, &deployment).await?);
        preflight::check(&self.service.types, &made.template, Some(&deployment), lacking)?;
        Ok(made)
    }
}

/// The stack's own tags, which its resources inherit.
fn stack_tags(tags: &[StackTag]) -> Result<Vec<(String, String)>, AwsError> {
    let mut seen = BTreeSet::new();
    for tag in tags {
        let key = tag.key.as_str();
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(validation(format!("User-defined tags can't start with the prefix 'aws:': {key}")));
        }
        if !seen.insert(key) {
            return Err(validation(format!("Duplicate tag key {key} specified.")));
        }
    }
    if tags.len() > 50 {
        return Err(validation("A stack can have at most 50 tags."));
    }
    Ok(tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect())
}

/// Parameters with the values that are given, the previous ones included where they are asked for.
fn given(parameters: &[GivenParameter], previous: Option<&Stack>) -> Result<BTreeMap<String, String>, AwsError> {
    let mut given = BTreeMap::new();
    for parameter in parameters {
        let key = parameter.parameter_key.as_str();
        let value = if parameter.use_previous_value {
            if parameter.parameter_value.as_ref().is_some_and(|value| !value.is_empty()) {
                return Err(validation(format!(
                    "Invalid input for parameter key {key}. Cannot specify usePreviousValue as true and non empty value for a parameter"
                )));
            }
            let before = previous.and_then(|stack| stack.given.get(key)).cloned();
            before.ok_or_else(|| {
                validation(format!(
                    "Invalid input for parameter key {key}. Cannot specify usePreviousValue as true for a parameter key not in the previous template"
                ))
            })?
        } else {
            parameter.parameter_value.clone().unwrap_or_default()
        };
        if given.insert(key.to_owned(), value).is_some() {
            return Err(validation(format!("Duplicate input for parameter key {key}")));
        }
    }
    Ok(given)
}

fn shown(template: &Template, given: &BTreeMap<String, String>) -> Vec<Value> {
    let shown = template.parameters.iter().map(|parameter| {
        let value = if parameter.no_echo { Some("****") } else { given.get(&parameter.name).map(String::as_str) };
        json!({"ParameterKey": parameter.name, "ParameterValue": value.unwrap_or_default()})
    });
    let mut shown: Vec<Value> = shown.collect();
    hash_order::sort(&mut shown, |one| one.required("ParameterKey"));
    shown
}

/// Replaces the values of SSM-typed parameters by what Parameter Store has under those names. Returns those that only AWS's has.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html>
async fn look_up(
    call: &Call,
    template: &Template,
    values: &mut BTreeMap<String, Value>,
    shown: &mut [Value],
) -> Result<Vec<Unsupported>, AwsError> {
    let mut lacking = Vec::new();
    for parameter in template.parameters.iter().filter(|parameter| parameter.ssm_type()) {
        let Some(name) = values.get(&parameter.name).and_then(Value::as_str).map(str::to_owned) else { continue };
        let missing = || {
            validation(match parameter.default {
                Some(_) => format!("Unable to fetch parameters [{name}] from parameter store for this account."),
                None => format!("Parameter {} should either have input value or default value", parameter.name),
            })
        };
        // `GetParameters`, for one name too: that is the permission which CloudFormation wants.
        let answer = match call.region.call(&call.caller, "ssm", "GetParameters", json!({"Names": [name]})).await {
            Err(error) if error.code == "NotImplemented" => {
                lacking.push(parameter.unsupported(format!("public parameter `{name}`")));
                continue;
            }
            answer => answer?,
        };
        let found = answer.list("Parameters").first().ok_or_else(missing)?;
        if found.text("Type") == Some("SecureString") {
            return Err(validation(format!(
                "Parameters [{name}] referenced by template have types not supported by CloudFormation."
            )));
        }
        let stored = found.required("Value");
        values.insert(parameter.name.clone(), parameter.looked_up(stored));
        if let Some(entry) = shown.iter_mut().find(|entry| entry.required("ParameterKey") == parameter.name) {
            entry["ResolvedValue"] = if parameter.no_echo { "****" } else { stored }.into();
        }
    }
    Ok(lacking)
}

/// Dynamic references to public parameters that only AWS's Parameter Store has.
async fn lacking_references(call: &Call, deployment: &Deployment<'_>) -> Result<Vec<Unsupported>, AwsError> {
    let mut lacking = Vec::new();
    for resource in deployment.resources() {
        for property in deployment.properties_of(resource) {
            for (_, reference) in DynamicReference::all(&property.text().unwrap_or_default()) {
                let Ok(DynamicReference::Parameter { name, .. }) = reference else { continue };
                if !name.starts_with("/aws/service/") {
                    continue;
                }
                match call.region.call(&call.caller, "ssm", "GetParameters", json!({"Names": [name]})).await {
                    Err(error) if error.code == "NotImplemented" => {
                        let what = format!("public parameter `{name}`");
                        lacking.push(Unsupported::in_resource(what, &resource.id, property.position));
                    }
                    answer => drop(answer?),
                }
            }
        }
    }
    Ok(lacking)
}

async fn zones(call: &Call) -> Result<Vec<String>, AwsError> {
    let answer = call.region.call(&call.caller, "ec2", "DescribeAvailabilityZones", json!({})).await?;
    Ok(answer.list("AvailabilityZones").iter().map(|zone| zone.required("ZoneName").to_owned()).collect())
}
