//! `AWS::SNS::Topic`, `AWS::SNS::Subscription` and `AWS::SNS::TopicPolicy`

use nightproof_core::default_policy;
use serde_json::{Value, json};

use super::Result;
use super::context::{Context, changed, made, policy, text, texts};
use super::tag;
use crate::stack::MadeResource;

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    match kind {
        "AWS::SNS::TopicPolicy" => {
            let id = context.name(64);
            context.exists(&id);
            set_policy(context, &topics(properties), &document(properties)).await?;
            Ok(made(&id, [("Id", id.as_str().into())]))
        }
        "AWS::SNS::Subscription" => {
            let arn = subscribe(context, properties.get("TopicArn"), properties).await?;
            context.exists(&arn);
            Ok(made(arn.as_str(), [("Arn", arn.as_str().into())]))
        }
        _ => {
            let name = context.name_or(properties, "TopicName", 256);
            let attributes = match properties.get("DisplayName") {
                Some(display) => json!({ "DisplayName": display }),
                None => Value::Null,
            };
            let input = json!({ "Name": name, "Attributes": attributes, "Tags": tag::list(properties, "Key", "Value") });
            let arn = text(&context.make("sns", "CreateTopic", input).await?, "/TopicArn");
            context.exists(&arn);
            for subscription in inline(properties) {
                subscribe(context, Some(&arn.as_str().into()), &subscription).await?;
            }
            Ok(made(arn.as_str(), [("TopicArn", arn.as_str().into()), ("TopicName", name.into())]))
        }
    }
}

/// The ARN, which a subscription has before it is confirmed.
async fn subscribe(context: &Context, topic: Option<&Value>, properties: &Value) -> Result<String> {
    let attributes = match properties.get("RawMessageDelivery") {
        Some(raw) => json!({ "RawMessageDelivery": raw }),
        None => Value::Null,
    };
    let input = json!({
        "TopicArn": topic,
        "Protocol": properties.get("Protocol"),
        "Endpoint": properties.get("Endpoint"),
        "Attributes": attributes,
        "ReturnSubscriptionArn": true,
    });
    Ok(text(&context.make("sns", "Subscribe", input).await?, "/SubscriptionArn"))
}

fn inline(properties: &Value) -> Vec<Value> {
    properties.get("Subscription").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn topics(properties: &Value) -> Vec<String> {
    texts(properties.get("Topics").unwrap_or(&Value::Null))
}

fn document(properties: &Value) -> Value {
    properties.get("PolicyDocument").map(policy).unwrap_or_default()
}

async fn set_policy(context: &Context, topics: &[String], document: &Value) -> Result<()> {
    for topic in topics {
        let input = json!({ "TopicArn": topic, "AttributeName": "Policy", "AttributeValue": document });
        context.make("sns", "SetTopicAttributes", input).await?;
    }
    Ok(())
}

/// A topic has a policy always: without one of its own that which it was made with.
async fn remove_policy(context: &Context, topics: impl Iterator<Item = &String>) -> Result<()> {
    for topic in topics {
        let document = default_policy::topic(topic, context.account());
        let input = json!({ "TopicArn": topic, "AttributeName": "Policy", "AttributeValue": document });
        context.unmake("sns", "SetTopicAttributes", input).await?;
    }
    Ok(())
}

pub(super) async fn update(context: &Context, kind: &str, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (arn, before) = (&old.physical, &old.properties);
    match kind {
        "AWS::SNS::TopicPolicy" => {
            let after = topics(properties);
            set_policy(context, &after, &document(properties)).await?;
            remove_policy(context, topics(before).iter().filter(|topic| !after.contains(topic))).await?;
        }
        "AWS::SNS::Subscription" => {
            if changed(before, properties, "RawMessageDelivery").is_some() {
                let value = properties.get("RawMessageDelivery").map_or_else(|| "false".into(), Value::clone);
                let input = json!({ "SubscriptionArn": arn, "AttributeName": "RawMessageDelivery", "AttributeValue": value });
                context.make("sns", "SetSubscriptionAttributes", input).await?;
            }
        }
        _ => update_topic(context, arn, before, properties).await?,
    }
    Ok(old.clone())
}

async fn update_topic(context: &Context, arn: &str, before: &Value, properties: &Value) -> Result<()> {
    if changed(before, properties, "DisplayName").is_some() {
        let value = properties.get("DisplayName").map_or_else(|| "".into(), Value::clone);
        let input = json!({ "TopicArn": arn, "AttributeName": "DisplayName", "AttributeValue": value });
        context.make("sns", "SetTopicAttributes", input).await?;
    }
    let (had, has) = (inline(before), inline(properties));
    for new in has.iter().filter(|one| !had.contains(one)) {
        subscribe(context, Some(&arn.into()), new).await?;
    }
    let gone: Vec<&Value> = had.iter().filter(|one| !has.contains(one)).collect();
    if !gone.is_empty() {
        let listed = context.make("sns", "ListSubscriptionsByTopic", json!({ "TopicArn": arn })).await?;
        let listed = listed.get("Subscriptions").and_then(Value::as_array).cloned().unwrap_or_default();
        let same = |one: &Value, other: &Value| ["Protocol", "Endpoint"].iter().all(|name| one.get(name) == other.get(name));
        for one in listed.iter().filter(|one| gone.iter().any(|other| same(one, other))) {
            // One that is not confirmed has no ARN to be known by, and ends by itself.
            let subscription = text(one, "/SubscriptionArn");
            if subscription.starts_with("arn:") {
                context.unmake("sns", "Unsubscribe", json!({ "SubscriptionArn": subscription })).await?;
            }
        }
    }
    tag::Changed::between(before, properties).carry_out(context, "sns", ("ResourceArn", arn)).await
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    match kind {
        "AWS::SNS::TopicPolicy" => remove_policy(context, topics(&made.properties).iter()).await,
        "AWS::SNS::Subscription" => context.unmake("sns", "Unsubscribe", json!({ "SubscriptionArn": made.physical })).await,
        _ => context.unmake("sns", "DeleteTopic", json!({ "TopicArn": made.physical })).await,
    }
}
