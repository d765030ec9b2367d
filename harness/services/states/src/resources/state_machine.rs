//! `AWS::StepFunctions::StateMachine`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TagChange, TemplateValue, capitalized, policy,
    tag_list, text,
};
use serde_json::{Map, Value, json};

pub(super) struct StateMachine;

#[async_trait]
impl ResourceProvider for StateMachine {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "Definition",
                    "DefinitionS3Location",
                    "DefinitionString",
                    "DefinitionSubstitutions",
                    "RoleArn",
                    "StateMachineName",
                    "StateMachineType",
                    "Tags",
                ],
                naming: Some("StateMachineName"),
                recorded: &["LoggingConfiguration", "TracingConfiguration"],
                attributes: &["Arn", "Name", "StateMachineRevisionId"],
                ..ResourceFacts::new("AWS::StepFunctions::StateMachine")
            }
        }
    }

    fn lacking_value(&self, value: &TemplateValue<'_>) -> Option<String> {
        let (["StateMachineType"], Some("EXPRESS")) = (value.path, value.text) else { return None };
        Some("state machine type `EXPRESS`".to_owned())
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "StateMachineName", 80);
        let mut input = settings(context, properties).await?;
        input.insert("name".to_owned(), name.as_str().into());
        input.insert("type".to_owned(), properties.get("StateMachineType").cloned().unwrap_or_default());
        input.insert("tags".to_owned(), tag_list(properties, "key", "value"));
        let arn = text(&context.make("states", "CreateStateMachine", input.into()).await?, "/stateMachineArn");
        context.exists(&arn);
        Ok(made(&arn, &name, "INITIAL"))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let arn = &old.physical;
        let mut input = settings(context, properties).await?;
        input.insert("stateMachineArn".to_owned(), arn.as_str().into());
        let updated = context.make("states", "UpdateStateMachine", input.into()).await?;
        let tags = TagChange::between(&old.properties, properties);
        if let Some(keys) = tags.removed() {
            context.make("states", "UntagResource", json!({ "resourceArn": arn, "tagKeys": keys })).await?;
        }
        if let Some(tags) = tags.set_list("key", "value") {
            context.make("states", "TagResource", json!({ "resourceArn": arn, "tags": tags })).await?;
        }
        let name = arn.rsplit(':').next().unwrap_or_default();
        Ok(made(arn, name, &text(&updated, "/revisionId")))
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let arn = &made.physical;
        let machine = context.read("states", "DescribeStateMachine", json!({ "stateMachineArn": arn }), "").await?;
        let tags = context.read_part("states", "ListTagsForResource", json!({ "resourceArn": arn }), "/tags").await?;
        let part = |name: &str| machine.get(name).map(capitalized);
        let current = machine.get("definition").cloned().unwrap_or_default();
        // A text with substitutions is itself as long as what they make of it is there.
        let given = made.properties.get("DefinitionString");
        let is_same = given.is_some() && current == definition(context, &made.properties).await.unwrap_or_default();
        Ok(json!({
            "Arn": arn,
            "DefinitionString": if is_same { given.cloned().unwrap_or_default() } else { current },
            "LoggingConfiguration": part("loggingConfiguration"),
            "Name": machine.get("name"),
            "RoleArn": machine.get("roleArn"),
            "StateMachineName": machine.get("name"),
            "StateMachineRevisionId": machine.get("revisionId"),
            "StateMachineType": machine.get("type"),
            "Tags": capitalized(&tags),
            "TracingConfiguration": part("tracingConfiguration"),
        }))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("states", "DeleteStateMachine", json!({ "stateMachineArn": made.physical })).await
    }
}

fn made(arn: &str, name: &str, revision: &str) -> MadeResource {
    MadeResource::new(arn, [("Arn", arn.into()), ("Name", name.into()), ("StateMachineRevisionId", revision.into())])
}

/// What creating and changing have in common.
async fn settings(context: &Context, properties: &Value) -> Result<Map<String, Value>> {
    let mut input = Map::new();
    let mut put = |name: &str, value: Value| input.insert(name.to_owned(), value);
    put("definition", definition(context, properties).await?.into());
    put("roleArn", properties.get("RoleArn").cloned().unwrap_or_default());
    let logging = properties.get("LoggingConfiguration").map_or_else(|| json!({ "level": "OFF" }), uncapitalized);
    put("loggingConfiguration", logging);
    let tracing = properties.get("TracingConfiguration").map_or_else(|| json!({ "enabled": false }), uncapitalized);
    put("tracingConfiguration", tracing);
    Ok(input)
}

/// The definition, wherever it stands, with its substitutions.
async fn definition(context: &Context, properties: &Value) -> Result<String> {
    let given = ["Definition", "DefinitionS3Location", "DefinitionString"].map(|name| properties.get(name));
    let text = match given {
        [Some(document), None, None] | [None, None, Some(document)] => policy(document).as_str().unwrap_or_default().to_owned(),
        [None, Some(location), None] => stored(context, location).await?,
        _ => return Err("Exactly one of Definition, DefinitionString and DefinitionS3Location must be specified.".to_owned()),
    };
    let substitutions = properties.get("DefinitionSubstitutions").and_then(Value::as_object);
    Ok(substitutions.into_iter().flatten().fold(text, |text, (name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.replace(&format!("${{{name}}}"), &value)
    }))
}

/// A definition in a bucket. CloudFormation reads YAML there, too.
async fn stored(context: &Context, location: &Value) -> Result<String> {
    let [bucket, key] = ["/Bucket", "/Key"].map(|name| text(location, name));
    let version = location.get("Version").and_then(Value::as_str);
    let bytes = context.object(&bucket, &key, version).await?;
    let definition = String::from_utf8(bytes).map_err(|_| format!("s3://{bucket}/{key} is no text"))?;
    match definition.trim_start().starts_with('{') {
        true => Ok(definition),
        false => Err(format!("states: a definition in YAML (s3://{bucket}/{key}) is not implemented by this local region")),
    }
}

/// Members with small first letters, as the API has them.
fn uncapitalized(document: &Value) -> Value {
    match document {
        Value::Object(members) => {
            let each = members.iter().map(|(name, value)| {
                let mut characters = name.chars();
                let first = characters.next().map(|first| first.to_ascii_lowercase());
                (first.into_iter().chain(characters).collect(), uncapitalized(value))
            });
            Value::Object(each.collect())
        }
        Value::Array(items) => items.iter().map(uncapitalized).collect(),
        other => other.clone(),
    }
}
