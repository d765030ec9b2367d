//! `AWS::Lambda::…`

use std::io::Write as _;

use base64::Engine as _;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use super::Result;
use super::context::{Context, made, pick, text, typed};
use crate::services::cloudformation::stack::MadeResource;

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    let properties = &typed(
        properties,
        &["MemorySize", "Timeout", "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "ReservedConcurrentExecutions"],
        &[],
    );
    match kind {
        "AWS::Lambda::Permission" => {
            let id = context.name(100);
            let mut input = pick(properties, &["FunctionName", "Action", "Principal", "SourceArn", "SourceAccount"]);
            input["StatementId"] = id.as_str().into();
            context.make("lambda", "AddPermission", input).await?;
            Ok(made(&id, [("Id", id.as_str().into())]))
        }
        "AWS::Lambda::EventInvokeConfig" => {
            context.make("lambda", "PutFunctionEventInvokeConfig", properties.clone()).await?;
            Ok(made(context.name(64), []))
        }
        _ => function(context, properties).await,
    }
}

async fn function(context: &Context, properties: &Value) -> Result<MadeResource> {
    let name = context.name_or(properties, "FunctionName", 64);
    let mut input = pick(properties, &["Description", "Role", "Runtime", "Handler", "MemorySize", "Timeout", "Architectures"]);
    input["FunctionName"] = name.as_str().into();
    input["Code"] = code(properties)?;
    if let Some(environment) = properties.get("Environment") {
        input["Environment"] = environment_of(environment);
    }
    if let Some(tags) = context.tag_map(properties) {
        input["Tags"] = tags;
    }
    context.make("lambda", "CreateFunction", input).await?;
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
        context
            .make("lambda", "PutFunctionConcurrency", json!({"FunctionName": name, "ReservedConcurrentExecutions": reserved}))
            .await?;
    }
    Ok(made(name, [("Arn", text(&described, "/FunctionArn").into())]))
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
