//! `AWS::IAM::Role`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, changed, policy, tag_list, text,
};
use serde_json::{Value, json};

use crate::document::decoded;
use crate::resources::entity::Entity;

pub(super) struct Role;

#[async_trait]
impl ResourceProvider for Role {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "AssumeRolePolicyDocument",
                    "Description",
                    "ManagedPolicyArns",
                    "MaxSessionDuration",
                    "Path",
                    "PermissionsBoundary",
                    "Policies",
                    "RoleName",
                    "Tags",
                ],
                naming: Some("RoleName"),
                attributes: &["Arn", "RoleId"],
                ..ResourceFacts::new("AWS::IAM::Role")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "RoleName", 64);
        let input = json!({
            "RoleName": name,
            "AssumeRolePolicyDocument": properties.get("AssumeRolePolicyDocument").map(policy),
            // A role of a stack has a description, be it an empty one.
            "Description": properties.get("Description").cloned().unwrap_or_else(|| "".into()),
            "Path": properties.get("Path"),
            "MaxSessionDuration": properties.get("MaxSessionDuration"),
            "PermissionsBoundary": properties.get("PermissionsBoundary"),
            "Tags": tag_list(properties, "Key", "Value"),
        });
        let answer = context.make("iam", "CreateRole", input).await?;
        context.exists(&name);
        Entity::Role.change_policies(context, &name, &Value::Null, properties).await?;
        let attributes = [("Arn", text(&answer, "/Role/Arn").into()), ("RoleId", text(&answer, "/Role/RoleId").into())];
        Ok(MadeResource::new(name, attributes))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (name, before) = (&old.physical, &old.properties);
        if let Some((_, document)) = changed(before, properties, "AssumeRolePolicyDocument") {
            let input = json!({"RoleName": name, "PolicyDocument": policy(document)});
            context.make("iam", "UpdateAssumeRolePolicy", input).await?;
        }
        let differs = |property: &str| changed(before, properties, property).is_some();
        if differs("Description") || differs("MaxSessionDuration") {
            let description = properties.get("Description").cloned().unwrap_or_else(|| "".into());
            let longest = properties.get("MaxSessionDuration").cloned().unwrap_or_else(|| 3600.into());
            let input = json!({"RoleName": name, "Description": description, "MaxSessionDuration": longest});
            context.make("iam", "UpdateRole", input).await?;
        }
        Entity::Role.update(context, name, before, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let role = context.read("iam", "GetRole", json!({"RoleName": made.physical}), "/Role").await?;
        let mut found = Entity::Role.read_policies(context, &made.physical).await?;
        for name in ["Arn", "Description", "MaxSessionDuration", "Path", "RoleId", "RoleName", "Tags"] {
            found[name] = role.get(name).cloned().unwrap_or_default();
        }
        found["AssumeRolePolicyDocument"] = decoded(role.get("AssumeRolePolicyDocument"));
        found["PermissionsBoundary"] = role.pointer("/PermissionsBoundary/PermissionsBoundaryArn").cloned().unwrap_or_default();
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        Entity::Role.change_policies(context, &made.physical, &made.properties, &Value::Null).await?;
        context.unmake("iam", "DeleteRole", json!({"RoleName": made.physical})).await
    }
}
