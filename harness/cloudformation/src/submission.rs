//! Reads and checks what a request submits for a stack.

use std::collections::{BTreeMap, BTreeSet};

use http_body_util::BodyExt as _;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call, empty_body};
use nightproof_template::{Deployment, DynamicReference, Inputs, Pseudo, Template, Unsupported};
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::{invalid, validation};
use crate::records::{Stack, Submission};
use crate::{capability, export, preflight};

/// Largest template in a request, and in a bucket.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const LARGEST_BODY: usize = 51_200;

const LARGEST_OBJECT: usize = 1 << 20;

/// Members that would change what happens, and are not honoured.
pub(crate) fn refuse_unsupported(input: &Value, operation: &str, names: &[&str]) -> Result<(), AwsError> {
    match names.iter().find(|name| input.has(name) && input.flag(name) != Some(false)) {
        Some(name) => Err(AwsError::not_implemented("cloudformation", &format!("{name} of {operation}"))),
        None => Ok(()),
    }
}

/// The template in a request, or in the bucket that it names.
pub(crate) async fn body(call: &Call, input: &Value) -> Result<String, AwsError> {
    match (input.text("TemplateBody"), input.text("TemplateURL")) {
        (Some(body), None) if body.len() <= LARGEST_BODY => Ok(body.to_owned()),
        (Some(_), None) => Err(validation(format!(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to {LARGEST_BODY}"
        ))),
        (None, Some(url)) => fetch(call, url).await,
        (Some(_), Some(_)) => Err(validation("Only one of Template URL or Template Body may be specified.")),
        (None, None) => Err(validation("Either Template URL or Template Body must be specified.")),
    }
}

/// Bucket and key of an object's address, path style or with the bucket in the host's name.
fn bucket_and_key(url: &str) -> Option<(String, String)> {
    let uri: http::Uri = url.parse().ok()?;
    let (host, path) = (uri.host()?, uri.path().strip_prefix('/')?);
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let bucket = host.split_once(".s3.").or_else(|| host.split_once(".s3-")).map(|(bucket, _)| bucket);
    match bucket {
        Some(bucket) => Some((bucket.to_owned(), decoded(path))),
        None => path.split_once('/').map(|(bucket, key)| (decoded(bucket), decoded(key))),
    }
}

async fn fetch(call: &Call, url: &str) -> Result<String, AwsError> {
    let (bucket, key) = bucket_and_key(url).ok_or_else(|| validation("TemplateURL must be a supported URL."))?;
    let failed = |error: &AwsError| {
        validation(format!(
            "S3 error: {}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
            error.message
        ))
    };
    let input = json!({"Bucket": bucket, "Key": key});
    let reply = call.region.call_with_body(&call.caller, "s3", "GetObject", input, empty_body()).await;
    let body = reply.map_err(|error| failed(&error))?.body.unwrap_or_else(empty_body);
    let bytes = http_body_util::Limited::new(body, LARGEST_OBJECT)
        .collect()
        .await
        .map_err(|_| validation(format!("Template may not exceed {LARGEST_OBJECT} bytes in size.")))?;
    String::from_utf8(bytes.to_bytes().to_vec()).map_err(|_| validation("Template format error: the template is not UTF-8"))
}

/// Reads a request. `previous` is the stack that it changes.
pub(crate) async fn read(
    service: &CloudFormation,
    call: &Call,
    input: &Value,
    (stack_name, stack_id): (&str, &str),
    previous: Option<&Stack>,
) -> Result<Submission, AwsError> {
    let body = match (input.flag("UsePreviousTemplate").unwrap_or(false), previous) {
        (true, _) if input.has("TemplateBody") || input.has("TemplateURL") => {
            return Err(validation("Only one of UsePreviousTemplate, Template URL or Template Body may be specified."));
        }
        (true, Some(previous)) => previous.template.clone(),
        (true, None) => return Err(validation("Previous template does not exist for this stack.")),
        (false, _) => body(call, input).await?,
    };
    let template = Template::parse(&body).map_err(|errors| invalid(&errors))?;
    preflight::check_types(&service.types, &template)?;
    let capabilities: Vec<String> = input.texts("Capabilities").into_iter().map(str::to_owned).collect();
    capability::check(&service.types, &template, &capabilities)?;
    let given = given(input, previous)?;
    let mut values = template.parameter_values(&given).map_err(|errors| invalid(&errors))?;
    if template.is_transformed {
        preflight::check(&service.types, &template, None, Vec::new())?;
    }
    let declared = template.parameters.iter();
    let effective = |name: &String, default: &Option<String>| given.get(name).or(default.as_ref()).cloned();
    let given = declared.filter_map(|one| Some((one.name.clone(), effective(&one.name, &one.default)?))).collect();
    let mut shown = shown(&template, &given);
    let mut lacking = look_up(call, &template, &mut values, &mut shown).await?;
    let inputs = Inputs {
        parameters: values,
        pseudo: Pseudo {
            account_id: call.account().to_owned(),
            region: call.region.name().to_owned(),
            stack_name: stack_name.to_owned(),
            stack_id: stack_id.to_owned(),
            partition: "aws".to_owned(),
            url_suffix: "amazonaws.com".to_owned(),
            notification_arns: Vec::new(),
        },
        imports: export::of_others(service, call.account(), stack_id),
        availability_zones: zones(call).await?,
    };
    let deployment = template.deploy(inputs.clone()).map_err(|errors| invalid(&errors))?;
    lacking.extend(lacking_references(call, &deployment).await?);
    preflight::check(&service.types, &template, Some(&deployment), lacking)?;
    let tags = match (input.get("Tags").and_then(Value::as_array), previous) {
        (Some(tags), _) => stack_tags(tags)?,
        (None, Some(previous)) => previous.tags.clone(),
        (None, None) => Vec::new(),
    };
    Ok(Submission { body, template, given, shown, inputs, capabilities, tags })
}

/// The stack's own tags, which its resources inherit.
fn stack_tags(tags: &[Value]) -> Result<Vec<(String, String)>, AwsError> {
    let mut seen = BTreeSet::new();
    for tag in tags {
        let key = tag.required("Key");
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
    Ok(tags.iter().map(|tag| (tag.required("Key").to_owned(), tag.required("Value").to_owned())).collect())
}

/// Parameters with the values that are given, the previous ones included where they are asked for.
fn given(input: &Value, previous: Option<&Stack>) -> Result<BTreeMap<String, String>, AwsError> {
    let mut given = BTreeMap::new();
    for parameter in input.list("Parameters") {
        let key = parameter.required("ParameterKey");
        let value = if parameter.flag("UsePreviousValue").unwrap_or(false) {
            if parameter.text("ParameterValue").is_some_and(|value| !value.is_empty()) {
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
            parameter.required("ParameterValue").to_owned()
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
    shown.collect()
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
        let missing = || validation(format!("Unable to fetch parameters [{name}] from parameter store for this account."));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_templates_are_understood_in_every_style() {
        let cases = [
            ("https://bucket.s3.amazonaws.com/a/b.yaml", "bucket", "a/b.yaml"),
            ("https://bucket.s3.us-east-1.amazonaws.com/a.yaml", "bucket", "a.yaml"),
            ("https://s3.us-east-1.amazonaws.com/bucket/a/b%20c.yaml", "bucket", "a/b c.yaml"),
            ("https://127.0.0.1:4566/bucket/a.yaml", "bucket", "a.yaml"),
        ];
        for (url, bucket, key) in cases {
            assert_eq!(bucket_and_key(url), Some((bucket.to_owned(), key.to_owned())), "{url}");
        }
        assert_eq!(bucket_and_key("https://s3.amazonaws.com/bucket"), None);
    }
}
