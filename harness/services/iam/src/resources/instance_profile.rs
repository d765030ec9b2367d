//! `AWS::IAM::InstanceProfile`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-instanceprofile.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, items, members, text, texts};
use serde_json::{Value, json};

pub(super) struct InstanceProfile;

#[async_trait]
impl ResourceProvider for InstanceProfile {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["InstanceProfileName", "Path", "Roles"],
                naming: Some("InstanceProfileName"),
                attributes: &["Arn"],
                ..ResourceFacts::new("AWS::IAM::InstanceProfile")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "InstanceProfileName", 128);
        let input = json!({"InstanceProfileName": name, "Path": properties.get("Path")});
        let answer = context.make("iam", "CreateInstanceProfile", input).await?;
        context.exists(&name);
        change_roles(context, &name, &Value::Null, properties).await?;
        Ok(MadeResource::new(name, [("Arn", text(&answer, "/InstanceProfile/Arn").into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        change_roles(context, &old.physical, &old.properties, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let input = json!({"InstanceProfileName": made.physical});
        let profile = context.read("iam", "GetInstanceProfile", input, "/InstanceProfile").await?;
        let roles = items(&profile, "/Roles", |role| role.get("RoleName").cloned().unwrap_or_default());
        let names = [("Arn", "/Arn"), ("InstanceProfileName", "/InstanceProfileName"), ("Path", "/Path")];
        let mut found = members(&profile, &names);
        found["Roles"] = roles;
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        change_roles(context, &made.physical, &made.properties, &Value::Null).await?;
        context.unmake("iam", "DeleteInstanceProfile", json!({"InstanceProfileName": made.physical})).await
    }
}

/// A profile has one role at most: the old one leaves first.
async fn change_roles(context: &Context, profile: &str, old: &Value, new: &Value) -> Result<()> {
    let (before, after) = (texts(old, "Roles"), texts(new, "Roles"));
    for role in before.iter().filter(|role| !after.contains(role)) {
        let input = json!({"InstanceProfileName": profile, "RoleName": role});
        context.unmake("iam", "RemoveRoleFromInstanceProfile", input).await?;
    }
    for role in after.iter().filter(|role| !before.contains(role)) {
        let input = json!({"InstanceProfileName": profile, "RoleName": role});
        context.make("iam", "AddRoleToInstanceProfile", input).await?;
    }
    Ok(())
}
