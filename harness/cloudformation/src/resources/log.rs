//! `AWS::Logs::LogGroup` and `AWS::Logs::LogStream`

use serde_json::{Value, json};

use super::Result;
use super::context::{Context, changed, made, text};
use super::tag;
use crate::stack::MadeResource;

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    if kind == "AWS::Logs::LogStream" {
        let name = context.name_or(properties, "LogStreamName", 512);
        let input = json!({"logGroupName": properties.get("LogGroupName"), "logStreamName": name});
        context.make("logs", "CreateLogStream", input).await?;
        context.exists(&name);
        return Ok(made(name, []));
    }
    let name = context.name_or(properties, "LogGroupName", 512);
    let input = json!({"logGroupName": name, "kmsKeyId": properties.get("KmsKeyId"), "tags": tag::map(properties)});
    context.make("logs", "CreateLogGroup", input).await?;
    context.exists(&name);
    retain(context, &name, &Value::Null, properties).await?;
    let arn = format!("arn:aws:logs:{}:{}:log-group:{name}:*", context.region(), context.account());
    Ok(made(name, [("Arn", arn.into())]))
}

async fn retain(context: &Context, name: &str, old: &Value, new: &Value) -> Result<()> {
    match changed(old, new, "RetentionInDays") {
        None => Ok(()),
        Some((_, Value::Null)) => context.unmake("logs", "DeleteRetentionPolicy", json!({"logGroupName": name})).await,
        Some((_, days)) => {
            let input = json!({"logGroupName": name, "retentionInDays": days});
            context.make("logs", "PutRetentionPolicy", input).await.map(|_| ())
        }
    }
}

/// Only groups themselves can be changed.
pub(super) async fn update(context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (name, before) = (&old.physical, &old.properties);
    retain(context, name, before, properties).await?;
    match changed(before, properties, "KmsKeyId") {
        None => {}
        Some((_, Value::Null)) => context.unmake("logs", "DisassociateKmsKey", json!({"logGroupName": name})).await?,
        Some((_, key)) => {
            context.make("logs", "AssociateKmsKey", json!({"logGroupName": name, "kmsKeyId": key})).await?;
        }
    }
    let tags = tag::Changed::between(before, properties);
    let arn = format!("arn:aws:logs:{}:{}:log-group:{name}", context.region(), context.account());
    if let Some(keys) = tags.removed() {
        context.make("logs", "UntagResource", json!({"resourceArn": arn, "tagKeys": keys})).await?;
    }
    if let Some(tags) = tags.set_map() {
        context.make("logs", "TagResource", json!({"resourceArn": arn, "tags": tags})).await?;
    }
    Ok(old.clone())
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    if kind == "AWS::Logs::LogStream" {
        let input = json!({"logGroupName": text(&made.properties, "/LogGroupName"), "logStreamName": made.physical});
        return context.unmake("logs", "DeleteLogStream", input).await;
    }
    context.unmake("logs", "DeleteLogGroup", json!({"logGroupName": made.physical})).await
}
