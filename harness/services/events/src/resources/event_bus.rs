//! `AWS::Events::EventBus`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbus.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TagChange, changed, document, policy, tag_list, text,
};
use serde_json::{Value, json};

pub(super) struct EventBus;

#[async_trait]
impl ResourceProvider for EventBus {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Description", "Name", "Policy", "Tags"],
                naming: Some("Name"),
                attributes: &["Arn", "Name"],
                ..ResourceFacts::new("AWS::Events::EventBus")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "Name", 256);
        let tags = tag_list(properties, "Key", "Value");
        let input = json!({"Name": name, "Description": properties.get("Description"), "Tags": tags});
        let made = context.make("events", "CreateEventBus", input).await?;
        context.exists(&name);
        set_policy(context, &name, &Value::Null, properties).await?;
        let arn = text(&made, "/EventBusArn");
        Ok(MadeResource::new(&name, [("Arn", arn.into()), ("Name", name.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (name, before) = (&old.physical, &old.properties);
        if let Some((_, description)) = changed(before, properties, "Description") {
            context.make("events", "UpdateEventBus", json!({"Name": name, "Description": description})).await?;
        }
        set_policy(context, name, before, properties).await?;
        let arn = old.attributes.get("Arn").and_then(Value::as_str).unwrap_or_default();
        TagChange::between(before, properties).apply(context, "events", ("ResourceARN", arn)).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let bus = context.read("events", "DescribeEventBus", json!({"Name": made.physical}), "").await?;
        let tags = json!({"ResourceARN": bus.get("Arn")});
        Ok(json!({
            "Arn": bus.get("Arn"),
            "Description": bus.get("Description"),
            "Name": bus.get("Name"),
            "Policy": document(bus.get("Policy")),
            "Tags": context.read_part("events", "ListTagsForResource", tags, "/Tags").await?,
        }))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("events", "DeleteEventBus", json!({"Name": made.physical})).await
    }
}

async fn set_policy(context: &Context, name: &str, old: &Value, new: &Value) -> Result<()> {
    match changed(old, new, "Policy") {
        None => Ok(()),
        Some((_, Value::Null)) => {
            let input = json!({"EventBusName": name, "RemoveAllPermissions": true});
            context.unmake("events", "RemovePermission", input).await
        }
        Some((_, document)) => {
            let input = json!({"EventBusName": name, "Policy": policy(document)});
            context.make("events", "PutPermission", input).await.map(drop)
        }
    }
}
