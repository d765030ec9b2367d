//! `AWS::Lambda::…`

use std::io::Write as _;

use base64::Engine as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use super::Result;
use super::context::{Context, changed, made, pick, text};
use super::tag;
use crate::stack::MadeResource;

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    match kind {
        "AWS::Lambda::Permission" => {
            let id = context.name(100);
            let mut input = pick(properties, &["FunctionName", "Action", "Principal", "SourceArn", "SourceAccount"]);
            input["StatementId"] = id.as_str().into();
            context.make("lambda", "AddPermission", input).await?;
            context.exists(&id);
            Ok(made(&id, [("Id", id.as_str().into())]))
        }
        "AWS::Lambda::EventInvokeConfig" => {
            let id = context.name(64);
            context.make("lambda", "PutFunctionEventInvokeConfig", properties.clone()).await?;
            context.exists(&id);
            Ok(made(id, []))
        }
        _ => function(context, properties).await,
    }
}

/// Members of a function's configuration, by property, with what they are if they are not given; null for those that stay as they are.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html>
fn configuration(properties: &Value) -> Vec<(&'static str, &'static str, Value)> {
    let given = |name: &str| properties.get(name).cloned();
    let environment = properties.get("Environment").map(environment_of);
    vec![
        ("Description", "Description", given("Description").unwrap_or_else(|| "".into())),
        ("Role", "Role", given("Role").unwrap_or_default()),
        ("Runtime", "Runtime", given("Runtime").unwrap_or_default()),
        ("Handler", "Handler", given("Handler").unwrap_or_default()),
        ("MemorySize", "MemorySize", given("MemorySize").unwrap_or_else(|| 128.into())),
        ("Timeout", "Timeout", given("Timeout").unwrap_or_else(|| 3.into())),
        ("Environment", "Environment", environment.unwrap_or_else(|| json!({"Variables": {}}))),
        ("DeadLetterConfig", "DeadLetterConfig", given("DeadLetterConfig").unwrap_or_else(|| json!({}))),
        ("EphemeralStorage", "EphemeralStorage", given("EphemeralStorage").unwrap_or_else(|| json!({"Size": 512}))),
        ("KmsKeyArn", "KMSKeyArn", given("KmsKeyArn").unwrap_or_else(|| "".into())),
        ("Layers", "Layers", given("Layers").unwrap_or_else(|| json!([]))),
        ("LoggingConfig", "LoggingConfig", given("LoggingConfig").unwrap_or_default()),
        ("TracingConfig", "TracingConfig", given("TracingConfig").unwrap_or_else(|| json!({"Mode": "PassThrough"}))),
        ("VpcConfig", "VpcConfig", given("VpcConfig").unwrap_or_else(|| json!({"SubnetIds": [], "SecurityGroupIds": []}))),
    ]
}

/// The role may be newer than what Lambda knows of IAM.
fn is_role_unknown(error: &AwsError) -> bool {
    error.code == "InvalidParameterValueException" && error.message.contains("cannot be assumed by Lambda")
}

async fn function(context: &Context, properties: &Value) -> Result<MadeResource> {
    let name = context.name_or(properties, "FunctionName", 64);
    let mut input = pick(properties, &["Architectures"]);
    for (property, member, value) in configuration(properties) {
        if properties.get(property).is_some() {
            input[member] = value;
        }
    }
    input["FunctionName"] = name.as_str().into();
    input["Code"] = code(properties)?;
    input["Tags"] = tag::map(properties);
    context.make_once_known("lambda", "CreateFunction", input, is_role_unknown).await?;
    context.exists(&name);
    let described = context
        .until("lambda", "GetFunctionConfiguration", json!({"FunctionName": name}), |answer| {
            match text(answer, "/State").as_str() {
                "Pending" => Ok(false),
                "Failed" => Err(text(answer, "/StateReason")),
                _ => Ok(true),
            }
        })
        .await?;
    if let Some(reserved) = properties.get("ReservedConcurrentExecutions") {
        let input = json!({"FunctionName": name, "ReservedConcurrentExecutions": reserved});
        context.make("lambda", "PutFunctionConcurrency", input).await?;
    }
    Ok(made(name, [("Arn", text(&described, "/FunctionArn").into())]))
}

/// Waits until the last update is in force.
async fn settled(context: &Context, name: &str) -> Result<()> {
    let input = json!({"FunctionName": name});
    let answer =
        context.until("lambda", "GetFunctionConfiguration", input, |answer| match text(answer, "/LastUpdateStatus").as_str() {
            "InProgress" => Ok(false),
            "Failed" => Err(text(answer, "/LastUpdateStatusReason")),
            _ => Ok(true),
        });
    answer.await.map(|_| ())
}

pub(super) async fn update(context: &Context, kind: &str, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (name, before) = (&old.physical, &old.properties);
    if kind == "AWS::Lambda::EventInvokeConfig" {
        context.make("lambda", "PutFunctionEventInvokeConfig", properties.clone()).await?;
        return Ok(old.clone());
    }
    settled(context, name).await?;
    let mut input = json!({});
    for (property, member, value) in configuration(properties) {
        if changed(before, properties, property).is_some() {
            input[member] = value;
        }
    }
    if input.as_object().is_some_and(|members| !members.is_empty()) {
        input["FunctionName"] = name.as_str().into();
        context.make("lambda", "UpdateFunctionConfiguration", input).await?;
        settled(context, name).await?;
    }
    let architectures = changed(before, properties, "Architectures").map(|(_, new)| new);
    // What the file in the archive is called goes by the runtime.
    if architectures.is_some() || code(before)? != code(properties)? {
        let mut input = code(properties)?;
        input["FunctionName"] = name.as_str().into();
        if let Some(architectures) = architectures {
            input["Architectures"] = if architectures.is_null() { json!(["x86_64"]) } else { architectures.clone() };
        }
        context.make("lambda", "UpdateFunctionCode", input).await?;
        settled(context, name).await?;
    }
    match changed(before, properties, "ReservedConcurrentExecutions") {
        None => {}
        Some((_, Value::Null)) => context.unmake("lambda", "DeleteFunctionConcurrency", json!({"FunctionName": name})).await?,
        Some((_, reserved)) => {
            let input = json!({"FunctionName": name, "ReservedConcurrentExecutions": reserved});
            context.make("lambda", "PutFunctionConcurrency", input).await?;
        }
    }
    let (tags, arn) = (tag::Changed::between(before, properties), old.attributes.get("Arn"));
    if let Some(keys) = tags.removed() {
        context.make("lambda", "UntagResource", json!({"Resource": arn, "TagKeys": keys})).await?;
    }
    if let Some(tags) = tags.set_map() {
        context.make("lambda", "TagResource", json!({"Resource": arn, "Tags": tags})).await?;
    }
    Ok(old.clone())
}

/// Values of variables are texts, however the template spells them.
fn environment_of(environment: &Value) -> Value {
    let variables = environment.get("Variables").and_then(Value::as_object).into_iter().flatten();
    let texts = variables.map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), Value::from(value))
    });
    json!({"Variables": Value::Object(texts.collect())})
}

/// Inline text becomes a zip with one `index` file, as CloudFormation does it.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html>
fn code(properties: &Value) -> Result<Value> {
    let code = properties.get("Code").cloned().unwrap_or_default();
    let Some(source) = code.get("ZipFile").and_then(Value::as_str) else { return Ok(code) };
    let file = if text(properties, "/Runtime").starts_with("python") { "index.py" } else { "index.js" };
    let zipped = || -> zip::result::ZipResult<Vec<u8>> {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        archive.start_file(file, SimpleFileOptions::default().unix_permissions(0o644))?;
        archive.write_all(source.as_bytes())?;
        Ok(archive.finish()?.into_inner())
    };
    let bytes = zipped().map_err(|error| format!("cannot zip the inline code: {error}"))?;
    Ok(json!({"ZipFile": base64::engine::general_purpose::STANDARD.encode(bytes)}))
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    let function = made.properties.get("FunctionName").cloned();
    let (operation, input) = match kind {
        "AWS::Lambda::Permission" => ("RemovePermission", json!({"FunctionName": function, "StatementId": made.physical})),
        "AWS::Lambda::EventInvokeConfig" => {
            ("DeleteFunctionEventInvokeConfig", pick(&made.properties, &["FunctionName", "Qualifier"]))
        }
        _ => ("DeleteFunction", json!({"FunctionName": made.physical})),
    };
    context.unmake("lambda", operation, input).await
}
