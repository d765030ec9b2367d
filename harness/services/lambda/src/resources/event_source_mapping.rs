//! `AWS::Lambda::EventSourceMapping`, of queues.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, ResourceFacts, ResourceProvider, Result, TagChange, TemplateValue, pick, tag_map, text,
};
use serde_json::{Value, json};

const NAME: &str = "AWS::Lambda::EventSourceMapping";

const SETTINGS: [&str; 7] = [
    "BatchSize",
    "Enabled",
    "FilterCriteria",
    "FunctionName",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "ScalingConfig",
];

pub(super) struct EventSourceMapping;

#[async_trait]
impl ResourceProvider for EventSourceMapping {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "BatchSize",
                    "Enabled",
                    "EventSourceArn",
                    "FilterCriteria",
                    "FunctionName",
                    "FunctionResponseTypes",
                    "MaximumBatchingWindowInSeconds",
                    "ScalingConfig",
                    "Tags",
                ],
                attributes: &["EventSourceMappingArn", "Id"],
                ..ResourceFacts::new(NAME)
            }
        }
    }

    fn lacking_value(&self, value: &TemplateValue<'_>) -> Option<String> {
        match (value.path, value.text) {
            (["EventSourceArn"], Some(arn)) if arn.starts_with("arn:") && !arn.contains(":sqs:") => {
                Some(format!("the source `{arn}` of `{NAME}`"))
            }
            _ => None,
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(properties, &SETTINGS);
        input["EventSourceArn"] = properties.get("EventSourceArn").cloned().unwrap_or_default();
        input["Tags"] = tag_map(properties);
        let answer = context.make("lambda", "CreateEventSourceMapping", input).await?;
        let (id, arn) = (text(&answer, "/UUID"), text(&answer, "/EventSourceMappingArn"));
        context.exists(&id);
        settled(context, &id).await?;
        Ok(MadeResource::new(&id, [("Id", id.as_str().into()), ("EventSourceMappingArn", arn.into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(properties, &SETTINGS);
        input["UUID"] = old.physical.as_str().into();
        for (property, default) in [
            ("BatchSize", json!(10)),
            ("Enabled", json!(true)),
            ("FilterCriteria", json!({ "Filters": [] })),
            ("FunctionResponseTypes", json!([])),
            ("MaximumBatchingWindowInSeconds", json!(0)),
            ("ScalingConfig", json!({})),
        ] {
            if properties.get(property).is_none() {
                input[property] = default;
            }
        }
        context.make("lambda", "UpdateEventSourceMapping", input).await?;
        settled(context, &old.physical).await?;
        let (tags, arn) = (TagChange::between(&old.properties, properties), old.attributes.get("EventSourceMappingArn"));
        if let Some(keys) = tags.removed() {
            context.make("lambda", "UntagResource", json!({ "Resource": arn, "TagKeys": keys })).await?;
        }
        if let Some(tags) = tags.set_map() {
            context.make("lambda", "TagResource", json!({ "Resource": arn, "Tags": tags })).await?;
        }
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("lambda", "DeleteEventSourceMapping", json!({ "UUID": made.physical })).await
    }
}

/// Waits until the mapping does what it is to do.
async fn settled(context: &Context, id: &str) -> Result<()> {
    let is_over = |answer: &Value| Ok(matches!(text(answer, "/State").as_str(), "Enabled" | "Disabled"));
    context.until("lambda", "GetEventSourceMapping", json!({ "UUID": id }), is_over).await.map(|_| ())
}
