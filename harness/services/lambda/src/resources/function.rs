//! `AWS::Lambda::Function`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html>

use async_trait::async_trait;
use nightproof_core::service::AwsError;
use nightproof_journal::Event;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TagChange, TemplateValue, changed, items, pick,
    tag_map, text,
};
use serde_json::{Value, json};

use super::inline_code::code;
use crate::configuration::lacks_runtime;

const NAME: &str = "AWS::Lambda::Function";

pub(super) struct Function;

#[async_trait]
impl ResourceProvider for Function {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "Architectures",
                    "Code",
                    "DeadLetterConfig",
                    "Description",
                    "Environment",
                    "EphemeralStorage",
                    "FunctionName",
                    "Handler",
                    "KmsKeyArn",
                    "Layers",
                    "LoggingConfig",
                    "MemorySize",
                    "ReservedConcurrentExecutions",
                    "Role",
                    "Runtime",
                    "SnapStart",
                    "Tags",
                    "Timeout",
                    "TracingConfig",
                    "VpcConfig",
                ],
                naming: Some("FunctionName"),
                members: &[
                    ("Code", &["S3Bucket", "S3Key", "S3ObjectVersion", "ZipFile"]),
                    ("TracingConfig", &["Mode"]),
                    ("VpcConfig", &["SecurityGroupIds", "SubnetIds"]),
                ],
                attributes: &["Arn"],
                ..ResourceFacts::new(NAME)
            }
        }
    }

    fn lacking_value(&self, value: &TemplateValue<'_>) -> Option<String> {
        match value.path {
            ["KmsKeyArn"] => value.unless_empty(NAME),
            _ => None,
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "FunctionName", 64);
        let mut input = pick(properties, &["Architectures"]);
        for (property, member, value) in configuration(properties) {
            if properties.get(property).is_some() {
                input[member] = value;
            }
        }
        input["FunctionName"] = name.as_str().into();
        input["Code"] = code(properties)?;
        input["Tags"] = tag_map(properties);
        context.make_once_known("lambda", "CreateFunction", input, is_role_unknown).await?;
        context.exists(&name);
        let is_active = |answer: &Value| match text(answer, "/State").as_str() {
            "Pending" => Ok(false),
            "Failed" => Err(text(answer, "/StateReason")),
            _ => Ok(true),
        };
        let described = context.until("lambda", "GetFunctionConfiguration", json!({"FunctionName": name}), is_active).await?;
        reserve(context, &name, &Value::Null, properties).await?;
        tell_recorded(context, properties);
        Ok(MadeResource::new(name, [("Arn", text(&described, "/FunctionArn").into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (name, before) = (&old.physical, &old.properties);
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
        reserve(context, name, before, properties).await?;
        let (tags, arn) = (TagChange::between(before, properties), old.attributes.get("Arn"));
        if let Some(keys) = tags.removed() {
            context.make("lambda", "UntagResource", json!({"Resource": arn, "TagKeys": keys})).await?;
        }
        if let Some(tags) = tags.set_map() {
            context.make("lambda", "TagResource", json!({"Resource": arn, "Tags": tags})).await?;
        }
        tell_recorded(context, properties);
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let function = context.read("lambda", "GetFunction", json!({"FunctionName": made.physical}), "").await?;
        let configuration = function.get("Configuration").cloned().unwrap_or_default();
        let mut found = pick(&configuration, READ);
        found["Arn"] = configuration.get("FunctionArn").cloned().unwrap_or_default();
        found["KmsKeyArn"] = configuration.get("KMSKeyArn").cloned().unwrap_or_default();
        found["Layers"] = items(&configuration, "/Layers", |layer| layer.get("Arn").cloned().unwrap_or_default());
        found["Tags"] = function.get("Tags").cloned().unwrap_or_default();
        let reserved = function.pointer("/Concurrency/ReservedConcurrentExecutions");
        found["ReservedConcurrentExecutions"] = reserved.cloned().unwrap_or_default();
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("lambda", "DeleteFunction", json!({"FunctionName": made.physical})).await
    }
}

/// Tells the journal of a runtime that is not run here: such a function is a record, and whatever invokes it is refused by name.
fn tell_recorded(context: &Context, properties: &Value) {
    let runtime = text(properties, "/Runtime");
    if lacks_runtime(&runtime) {
        let properties = vec![format!("Runtime {runtime}")];
        let (logical_id, kind) = (context.logical_id().to_owned(), NAME.to_owned());
        context.handle().journal().record(Event::Recorded { logical_id, kind, properties });
    }
}

/// Members of a function's configuration, by property, with what they are if they are not given; null for those that stay as they are.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html>
fn configuration(properties: &Value) -> Vec<(&'static str, &'static str, Value)> {
    let given = |name: &str| properties.get(name).cloned();
    vec![
        ("Description", "Description", given("Description").unwrap_or_else(|| "".into())),
        ("Role", "Role", given("Role").unwrap_or_default()),
        ("Runtime", "Runtime", given("Runtime").unwrap_or_default()),
        ("Handler", "Handler", given("Handler").unwrap_or_default()),
        ("MemorySize", "MemorySize", given("MemorySize").unwrap_or_else(|| 128.into())),
        ("Timeout", "Timeout", given("Timeout").unwrap_or_else(|| 3.into())),
        ("Environment", "Environment", given("Environment").unwrap_or_else(|| json!({"Variables": {}}))),
        ("DeadLetterConfig", "DeadLetterConfig", given("DeadLetterConfig").unwrap_or_else(|| json!({}))),
        ("EphemeralStorage", "EphemeralStorage", given("EphemeralStorage").unwrap_or_else(|| json!({"Size": 512}))),
        ("KmsKeyArn", "KMSKeyArn", given("KmsKeyArn").unwrap_or_else(|| "".into())),
        ("Layers", "Layers", given("Layers").unwrap_or_else(|| json!([]))),
        ("LoggingConfig", "LoggingConfig", given("LoggingConfig").unwrap_or_default()),
        ("SnapStart", "SnapStart", given("SnapStart").unwrap_or_else(|| json!({"ApplyOn": "None"}))),
        ("TracingConfig", "TracingConfig", given("TracingConfig").unwrap_or_else(|| json!({"Mode": "PassThrough"}))),
        ("VpcConfig", "VpcConfig", given("VpcConfig").unwrap_or_else(|| json!({"SubnetIds": [], "SecurityGroupIds": []}))),
    ]
}

/// The role may be newer than what Lambda knows of IAM.
fn is_role_unknown(error: &AwsError) -> bool {
    error.code == "InvalidParameterValueException" && error.message.contains("cannot be assumed by Lambda")
}

/// Waits until the last update is in force.
async fn settled(context: &Context, name: &str) -> Result<()> {
    let input = json!({"FunctionName": name});
    let is_over = |answer: &Value| match text(answer, "/LastUpdateStatus").as_str() {
        "InProgress" => Ok(false),
        "Failed" => Err(text(answer, "/LastUpdateStatusReason")),
        _ => Ok(true),
    };
    context.until("lambda", "GetFunctionConfiguration", input, is_over).await.map(|_| ())
}

async fn reserve(context: &Context, name: &str, old: &Value, new: &Value) -> Result<()> {
    match changed(old, new, "ReservedConcurrentExecutions") {
        None => Ok(()),
        Some((_, Value::Null)) => context.unmake("lambda", "DeleteFunctionConcurrency", json!({"FunctionName": name})).await,
        Some((_, reserved)) => {
            let input = json!({"FunctionName": name, "ReservedConcurrentExecutions": reserved});
            context.make("lambda", "PutFunctionConcurrency", input).await.map(|_| ())
        }
    }
}

/// Properties that a function's configuration has by their own names.
const READ: &[&str] = &[
    "Architectures",
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FunctionName",
    "Handler",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Runtime",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
];
