//! `AWS::SNS::Topic`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TagChange, changed, items, pick, tag_list, text,
};
use serde_json::{Value, json};

use super::subscription::subscribe;

pub(super) struct Topic;

#[async_trait]
impl ResourceProvider for Topic {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "ContentBasedDeduplication",
                    "DisplayName",
                    "FifoThroughputScope",
                    "FifoTopic",
                    "SignatureVersion",
                    "Subscription",
                    "Tags",
                    "TopicName",
                ],
                naming: Some("TopicName"),
                attributes: &["TopicArn", "TopicName"],
                ..ResourceFacts::new("AWS::SNS::Topic")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let is_fifo = properties.get("FifoTopic").and_then(Value::as_bool).unwrap_or(false);
        let name = match properties.get("TopicName").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None if is_fifo => format!("{}.fifo", context.name(251)),
            None => context.name(256),
        };
        let attributes = pick(
            properties,
            &["ContentBasedDeduplication", "DisplayName", "FifoThroughputScope", "FifoTopic", "SignatureVersion"],
        );
        let input = json!({ "Name": name, "Attributes": attributes, "Tags": tag_list(properties, "Key", "Value") });
        let arn = text(&context.make("sns", "CreateTopic", input).await?, "/TopicArn");
        context.exists(&arn);
        for subscription in inline(properties) {
            subscribe(context, Some(&arn.as_str().into()), &subscription).await?;
        }
        Ok(MadeResource::new(arn.as_str(), [("TopicArn", arn.as_str().into()), ("TopicName", name.into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (arn, before) = (&old.physical, &old.properties);
        let defaults = [
            ("ContentBasedDeduplication", "false"),
            ("DisplayName", ""),
            ("FifoThroughputScope", "Topic"),
            ("SignatureVersion", "1"),
        ];
        for (name, default) in defaults {
            if let Some((_, value)) = changed(before, properties, name) {
                let value = if value.is_null() { default.into() } else { value.clone() };
                let input = json!({ "TopicArn": arn, "AttributeName": name, "AttributeValue": value });
                context.make("sns", "SetTopicAttributes", input).await?;
            }
        }
        change_subscriptions(context, arn, before, properties).await?;
        TagChange::between(before, properties).apply(context, "sns", ("ResourceArn", arn)).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let topic = json!({ "TopicArn": made.physical });
        let attributes = context.read("sns", "GetTopicAttributes", topic.clone(), "/Attributes").await?;
        let subscriptions = context.read_part("sns", "ListSubscriptionsByTopic", topic, "/Subscriptions").await?;
        let tags = json!({ "ResourceArn": made.physical });
        Ok(json!({
            "ContentBasedDeduplication": attributes.get("ContentBasedDeduplication"),
            "DisplayName": attributes.get("DisplayName"),
            "FifoThroughputScope": attributes.get("FifoThroughputScope"),
            "FifoTopic": attributes.get("FifoTopic"),
            "SignatureVersion": attributes.get("SignatureVersion"),
            "Subscription": items(&subscriptions, "", |one| pick(one, &["Endpoint", "Protocol"])),
            "Tags": context.read_part("sns", "ListTagsForResource", tags, "/Tags").await?,
            "TopicArn": made.physical,
            "TopicName": made.physical.rsplit(':').next(),
        }))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("sns", "DeleteTopic", json!({ "TopicArn": made.physical })).await
    }
}

/// The subscriptions that a topic declares itself.
fn inline(properties: &Value) -> Vec<Value> {
    properties.get("Subscription").and_then(Value::as_array).cloned().unwrap_or_default()
}

async fn change_subscriptions(context: &Context, arn: &str, old: &Value, new: &Value) -> Result<()> {
    let (had, has) = (inline(old), inline(new));
    for new in has.iter().filter(|one| !had.contains(one)) {
        subscribe(context, Some(&arn.into()), new).await?;
    }
    let gone: Vec<&Value> = had.iter().filter(|one| !has.contains(one)).collect();
    if gone.is_empty() {
        return Ok(());
    }
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
    Ok(())
}
