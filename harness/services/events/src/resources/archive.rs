//! `AWS::Events::Archive`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-archive.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, document, pick, policy, text,
};
use serde_json::{Value, json};

pub(super) struct Archive;

#[async_trait]
impl ResourceProvider for Archive {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["ArchiveName", "Description", "EventPattern", "RetentionDays", "SourceArn"],
                naming: Some("ArchiveName"),
                attributes: &["Arn"],
                ..ResourceFacts::new("AWS::Events::Archive")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "ArchiveName", 48);
        let mut input = archive(&name, properties);
        input["EventSourceArn"] = properties.get("SourceArn").cloned().unwrap_or_default();
        let made = context.make("events", "CreateArchive", input).await?;
        context.exists(&name);
        Ok(MadeResource::new(name, [("Arn", text(&made, "/ArchiveArn").into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let mut input = archive(&old.physical, properties);
        // What is not given any more is set back.
        for (property, default) in [("Description", json!("")), ("EventPattern", json!("")), ("RetentionDays", json!(0))] {
            if properties.get(property).is_none() {
                input[property] = default;
            }
        }
        context.make("events", "UpdateArchive", input).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let found = context.read("events", "DescribeArchive", json!({"ArchiveName": made.physical}), "").await?;
        Ok(json!({
            "ArchiveName": made.physical,
            "Arn": found.get("ArchiveArn"),
            "Description": found.get("Description"),
            "EventPattern": document(found.get("EventPattern")),
            "RetentionDays": found.get("RetentionDays"),
            "SourceArn": found.get("EventSourceArn"),
        }))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("events", "DeleteArchive", json!({"ArchiveName": made.physical})).await
    }
}

fn archive(name: &str, properties: &Value) -> Value {
    let mut input = pick(properties, &["Description", "RetentionDays"]);
    input["ArchiveName"] = name.into();
    if let Some(pattern) = properties.get("EventPattern") {
        input["EventPattern"] = policy(pattern);
    }
    input
}
