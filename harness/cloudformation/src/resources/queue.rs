//! `AWS::SQS::Queue` and `AWS::SQS::QueuePolicy`

use serde_json::{Map, Value, json};

use super::Result;
use super::context::{Context, changed, made, policy, text, texts};
use super::tag;
use crate::stack::MadeResource;

/// Attributes, and what they are if they are not given.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>
const ATTRIBUTES: [(&str, &str); 9] = [
    ("DelaySeconds", "0"),
    ("KmsDataKeyReusePeriodSeconds", "300"),
    ("KmsMasterKeyId", ""),
    ("MaximumMessageSize", "262144"),
    ("MessageRetentionPeriod", "345600"),
    ("ReceiveMessageWaitTimeSeconds", "0"),
    ("RedrivePolicy", ""),
    ("SqsManagedSseEnabled", "true"),
    ("VisibilityTimeout", "30"),
];

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    if kind == "AWS::SQS::QueuePolicy" {
        let id = context.name(64);
        context.exists(&id);
        set_policy(context, &queues(properties), &document(properties)).await?;
        return Ok(made(&id, [("Id", id.as_str().into())]));
    }
    let name = context.name_or(properties, "QueueName", 80);
    let given = ATTRIBUTES.into_iter().filter_map(|(name, _)| Some((name.to_owned(), properties.get(name)?.clone())));
    let attributes: Map<String, Value> = given.collect();
    let input = json!({"QueueName": name, "Attributes": attributes, "tags": tag::map(properties)});
    let url = text(&context.make("sqs", "CreateQueue", input).await?, "/QueueUrl");
    context.exists(&url);
    let arn = format!("arn:aws:sqs:{}:{}:{name}", context.region(), context.account());
    Ok(made(&url, [("Arn", arn.into()), ("QueueName", name.into()), ("QueueUrl", url.as_str().into())]))
}

fn queues(properties: &Value) -> Vec<String> {
    texts(properties.get("Queues").unwrap_or(&Value::Null))
}

fn document(properties: &Value) -> Value {
    properties.get("PolicyDocument").map(policy).unwrap_or_default()
}

async fn set_policy(context: &Context, queues: &[String], document: &Value) -> Result<()> {
    for queue in queues {
        let input = json!({"QueueUrl": queue, "Attributes": {"Policy": document}});
        context.make("sqs", "SetQueueAttributes", input).await?;
    }
    Ok(())
}

async fn remove_policy(context: &Context, queues: impl Iterator<Item = &String>) -> Result<()> {
    for queue in queues {
        let input = json!({"QueueUrl": queue, "Attributes": {"Policy": ""}});
        context.unmake("sqs", "SetQueueAttributes", input).await?;
    }
    Ok(())
}

pub(super) async fn update(context: &Context, kind: &str, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (url, before) = (&old.physical, &old.properties);
    if kind == "AWS::SQS::QueuePolicy" {
        let after = queues(properties);
        set_policy(context, &after, &document(properties)).await?;
        remove_policy(context, queues(before).iter().filter(|queue| !after.contains(queue))).await?;
        return Ok(old.clone());
    }
    let differ = ATTRIBUTES.into_iter().filter(|(name, _)| changed(before, properties, name).is_some());
    let attributes: Map<String, Value> = differ
        .map(|(name, default)| (name.to_owned(), properties.get(name).map_or_else(|| default.into(), Value::clone)))
        .collect();
    if !attributes.is_empty() {
        context.make("sqs", "SetQueueAttributes", json!({"QueueUrl": url, "Attributes": attributes})).await?;
    }
    let tags = tag::Changed::between(before, properties);
    if let Some(keys) = tags.removed() {
        context.make("sqs", "UntagQueue", json!({"QueueUrl": url, "TagKeys": keys})).await?;
    }
    if let Some(tags) = tags.set_map() {
        context.make("sqs", "TagQueue", json!({"QueueUrl": url, "Tags": tags})).await?;
    }
    Ok(old.clone())
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    if kind == "AWS::SQS::QueuePolicy" {
        return remove_policy(context, queues(&made.properties).iter()).await;
    }
    context.unmake("sqs", "DeleteQueue", json!({"QueueUrl": made.physical})).await
}
