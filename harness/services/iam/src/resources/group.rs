//! `AWS::IAM::Group`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-group.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, changed, text};
use serde_json::{Value, json};

use crate::resources::entity::Entity;

pub(super) struct Group;

#[async_trait]
impl ResourceProvider for Group {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["GroupName", "ManagedPolicyArns", "Path", "Policies"],
                naming: Some("GroupName"),
                attributes: &["Arn"],
                ..ResourceFacts::new("AWS::IAM::Group")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "GroupName", 128);
        let answer = context.make("iam", "CreateGroup", json!({"GroupName": name, "Path": properties.get("Path")})).await?;
        context.exists(&name);
        Entity::Group.change_policies(context, &name, &Value::Null, properties).await?;
        Ok(MadeResource::new(name, [("Arn", text(&answer, "/Group/Arn").into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (name, before) = (&old.physical, &old.properties);
        let mut made = old.clone();
        if let Some((_, path)) = changed(before, properties, "Path") {
            let input = json!({"GroupName": name, "NewPath": path.as_str().unwrap_or("/")});
            context.make("iam", "UpdateGroup", input).await?;
            let answer = context.make("iam", "GetGroup", json!({"GroupName": name})).await?;
            made = MadeResource::new(name, [("Arn", text(&answer, "/Group/Arn").into())]);
        }
        Entity::Group.change_policies(context, name, before, properties).await?;
        Ok(made)
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let group = context.read("iam", "GetGroup", json!({"GroupName": made.physical}), "/Group").await?;
        let mut found = Entity::Group.read_policies(context, &made.physical).await?;
        for name in ["Arn", "GroupName", "Path"] {
            found[name] = group.get(name).cloned().unwrap_or_default();
        }
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        Entity::Group.change_policies(context, &made.physical, &made.properties, &Value::Null).await?;
        context.unmake("iam", "DeleteGroup", json!({"GroupName": made.physical})).await
    }
}
