//! `AWS::Scheduler::ScheduleGroup`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedulegroup.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TagChange, tag_list, text};
use serde_json::{Value, json};

pub(super) struct ScheduleGroup;

#[async_trait]
impl ResourceProvider for ScheduleGroup {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Name", "Tags"],
                naming: Some("Name"),
                attributes: &["Arn", "CreationDate", "LastModificationDate", "State"],
                ..ResourceFacts::new("AWS::Scheduler::ScheduleGroup")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "Name", 64);
        let input = json!({ "Name": name, "Tags": tag_list(properties, "Key", "Value") });
        context.make("scheduler", "CreateScheduleGroup", input).await?;
        context.exists(&name);
        let group = context.make("scheduler", "GetScheduleGroup", json!({ "Name": name })).await?;
        let attribute = |attribute: &'static str| (attribute, text(&group, &format!("/{attribute}")).into());
        Ok(MadeResource::new(&name, ["Arn", "CreationDate", "LastModificationDate", "State"].map(attribute)))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let arn = old.attributes.get("Arn").and_then(Value::as_str).unwrap_or_default();
        TagChange::between(&old.properties, properties).apply(context, "scheduler", ("ResourceArn", arn)).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let mut found = context.read("scheduler", "GetScheduleGroup", json!({ "Name": made.physical }), "").await?;
        let tags = json!({ "ResourceArn": found.get("Arn") });
        found["Tags"] = context.read_part("scheduler", "ListTagsForResource", tags, "/Tags").await?;
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("scheduler", "DeleteScheduleGroup", json!({ "Name": made.physical })).await
    }
}
