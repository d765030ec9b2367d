//! Types of services with one or two: KMS, Logs, Events, SQS, SSM.

use serde_json::{Map, Value, json};

use super::Result;
use super::context::{Context, made, pick, policy, text, typed};
use crate::services::cloudformation::stack::MadeResource;

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    let properties = &typed(
        properties,
        &["RetentionInDays", "PendingWindowInDays", "MaximumRetryAttempts", "MaximumEventAgeInSeconds"],
        &["EnableKeyRotation", "MultiRegion"],
    );
    match kind {
        "AWS::KMS::Key" => key(context, properties).await,
        "AWS::KMS::Alias" => {
            context.make("kms", "CreateAlias", pick(properties, &["AliasName", "TargetKeyId"])).await?;
            Ok(made(text(properties, "/AliasName"), []))
        }
        "AWS::Logs::LogGroup" => log_group(context, properties).await,
        "AWS::Events::Rule" => rule(context, properties).await,
        "AWS::SQS::Queue" => queue(context, properties).await,
        "AWS::SQS::QueuePolicy" => {
            for queue in queues(properties) {
                let attributes = json!({"Policy": properties.get("PolicyDocument").map(policy)});
                context.make("sqs", "SetQueueAttributes", json!({"QueueUrl": queue, "Attributes": attributes})).await?;
            }
            Ok(made(context.name(64), []))
        }
        _ => {
            let name = context.name_or(properties, "Name", 128);
            let mut input = pick(properties, &["Type", "Value", "Description", "AllowedPattern"]);
            input["Name"] = name.as_str().into();
            context.make("ssm", "PutParameter", input).await?;
            Ok(made(name, [("Type", text(properties, "/Type").into()), ("Value", text(properties, "/Value").into())]))
        }
    }
}

async fn key(context: &Context, properties: &Value) -> Result<MadeResource> {
    let tags = context.tags(properties).into_iter().map(|tag| json!({"TagKey": tag.get("Key"), "TagValue": tag.get("Value")}));
    let tags: Vec<Value> = tags.collect();
    let mut input = pick(properties, &["Description", "KeySpec", "KeyUsage", "MultiRegion"]);
    input["Policy"] = properties.get("KeyPolicy").map(policy).unwrap_or_default();
    if !tags.is_empty() {
        input["Tags"] = tags.into();
    }
    let answer = context.make("kms", "CreateKey", input).await?;
    let id = text(&answer, "/KeyMetadata/KeyId");
    if properties.get("EnableKeyRotation") == Some(&Value::Bool(true)) {
        context.make("kms", "EnableKeyRotation", json!({"KeyId": id})).await?;
    }
    Ok(made(&id, [("KeyId", id.as_str().into()), ("Arn", text(&answer, "/KeyMetadata/Arn").into())]))
}

async fn log_group(context: &Context, properties: &Value) -> Result<MadeResource> {
    let name = context.name_or(properties, "LogGroupName", 512);
    let mut input = json!({"logGroupName": name, "kmsKeyId": properties.get("KmsKeyId")});
    if let Some(tags) = context.tag_map(properties) {
        input["tags"] = tags;
    }
    context.make("logs", "CreateLogGroup", input).await?;
    if let Some(days) = properties.get("RetentionInDays") {
        context.make("logs", "PutRetentionPolicy", json!({"logGroupName": name, "retentionInDays": days})).await?;
    }
    let arn = format!("arn:aws:logs:{}:{}:log-group:{name}:*", context.region(), context.account());
    Ok(made(name, [("Arn", arn.into())]))
}

async fn rule(context: &Context, properties: &Value) -> Result<MadeResource> {
    let name = context.name_or(properties, "Name", 64);
    let mut input = pick(properties, &["Description", "ScheduleExpression", "State", "RoleArn", "EventBusName"]);
    input["Name"] = name.as_str().into();
    if let Some(pattern) = properties.get("EventPattern") {
        input["EventPattern"] = policy(pattern);
    }
    let answer = context.make("events", "PutRule", input).await?;
    if let Some(targets) =
        properties.get("Targets").filter(|targets| targets.as_array().is_some_and(|targets| !targets.is_empty()))
    {
        let mut input = json!({"Rule": name, "Targets": targets});
        if let Some(bus) = properties.get("EventBusName") {
            input["EventBusName"] = bus.clone();
        }
        let put = context.make("events", "PutTargets", input).await?;
        if let Some(entry) = put.get("FailedEntries").and_then(Value::as_array).and_then(|entries| entries.first()) {
            return Err(format!("{} (Service: events, Code: {})", text(entry, "/ErrorMessage"), text(entry, "/ErrorCode")));
        }
    }
    Ok(made(name, [("Arn", text(&answer, "/RuleArn").into())]))
}

async fn queue(context: &Context, properties: &Value) -> Result<MadeResource> {
    let name = context.name_or(properties, "QueueName", 80);
    let mut attributes = Map::new();
    for (member, value) in properties.as_object().into_iter().flatten() {
        if matches!(member.as_str(), "QueueName" | "Tags") {
            continue;
        }
        // Attributes are texts, whatever they mean.
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        attributes.insert(member.clone(), value.into());
    }
    let mut input = json!({"QueueName": name, "Attributes": attributes});
    if let Some(tags) = context.tag_map(properties) {
        input["tags"] = tags;
    }
    let url = text(&context.make("sqs", "CreateQueue", input).await?, "/QueueUrl");
    let arn = format!("arn:aws:sqs:{}:{}:{name}", context.region(), context.account());
    Ok(made(&url, [("Arn", arn.into()), ("QueueName", name.into()), ("QueueUrl", url.as_str().into())]))
}

fn queues(properties: &Value) -> Vec<String> {
    properties
        .get("Queues")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    let (id, properties) = (&made.physical, &made.properties);
    match kind {
        "AWS::KMS::Key" => {
            let days = typed(properties, &["PendingWindowInDays"], &[]).get("PendingWindowInDays").cloned();
            context
                .unmake(
                    "kms",
                    "ScheduleKeyDeletion",
                    json!({"KeyId": id, "PendingWindowInDays": days.unwrap_or_else(|| 30.into())}),
                )
                .await
        }
        "AWS::KMS::Alias" => context.unmake("kms", "DeleteAlias", json!({"AliasName": id})).await,
        "AWS::Logs::LogGroup" => context.unmake("logs", "DeleteLogGroup", json!({"logGroupName": id})).await,
        "AWS::Events::Rule" => {
            let targets = properties.get("Targets").and_then(Value::as_array).into_iter().flatten();
            let ids: Vec<Value> = targets.filter_map(|target| target.get("Id").cloned()).collect();
            if !ids.is_empty() {
                context.unmake("events", "RemoveTargets", json!({"Rule": id, "Ids": ids})).await?;
            }
            context.unmake("events", "DeleteRule", json!({"Name": id})).await
        }
        "AWS::SQS::Queue" => context.unmake("sqs", "DeleteQueue", json!({"QueueUrl": id})).await,
        "AWS::SQS::QueuePolicy" => {
            for queue in queues(properties) {
                context.unmake("sqs", "SetQueueAttributes", json!({"QueueUrl": queue, "Attributes": {"Policy": ""}})).await?;
            }
            Ok(())
        }
        _ => context.unmake("ssm", "DeleteParameter", json!({"Name": id})).await,
    }
}
