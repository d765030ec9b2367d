//! `AWS::IAM::User`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-user.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, changed, items, pick, tag_list, text,
};
use serde_json::{Value, json};

use crate::resources::entity::Entity;
use crate::resources::membership::change_groups;

pub(super) struct User;

#[async_trait]
impl ResourceProvider for User {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "Groups",
                    "LoginProfile",
                    "ManagedPolicyArns",
                    "Path",
                    "PermissionsBoundary",
                    "Policies",
                    "Tags",
                    "UserName",
                ],
                naming: Some("UserName"),
                members: &[("LoginProfile", &["Password", "PasswordResetRequired"])],
                attributes: &["Arn"],
                ..ResourceFacts::new("AWS::IAM::User")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "UserName", 64);
        let input = json!({
            "UserName": name,
            "Path": properties.get("Path"),
            "PermissionsBoundary": properties.get("PermissionsBoundary"),
            "Tags": tag_list(properties, "Key", "Value"),
        });
        let answer = context.make("iam", "CreateUser", input).await?;
        context.exists(&name);
        change_login(context, &name, &Value::Null, properties).await?;
        Entity::User.change_policies(context, &name, &Value::Null, properties).await?;
        change_groups(context, &name, &Value::Null, properties).await?;
        Ok(MadeResource::new(name, [("Arn", text(&answer, "/User/Arn").into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (name, before) = (&old.physical, &old.properties);
        if let Some((_, path)) = changed(before, properties, "Path") {
            let input = json!({"UserName": name, "NewPath": path.as_str().unwrap_or("/")});
            context.make("iam", "UpdateUser", input).await?;
        }
        change_login(context, name, before, properties).await?;
        Entity::User.update(context, name, before, properties).await?;
        change_groups(context, name, before, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let user = context.read("iam", "GetUser", json!({"UserName": made.physical}), "/User").await?;
        let mut found = Entity::User.read_policies(context, &made.physical).await?;
        for name in ["Arn", "Path", "Tags", "UserName"] {
            found[name] = user.get(name).cloned().unwrap_or_default();
        }
        let groups = context.read_part("iam", "ListGroupsForUser", json!({"UserName": made.physical}), "/Groups").await?;
        found["Groups"] = items(&groups, "", |one| one.get("GroupName").cloned().unwrap_or_default());
        // The password is shown to nobody.
        let login = context.read_part("iam", "GetLoginProfile", json!({"UserName": made.physical}), "/LoginProfile").await?;
        found["LoginProfile"] = if login.is_null() { login } else { pick(&login, &["PasswordResetRequired"]) };
        found["PermissionsBoundary"] = user.pointer("/PermissionsBoundary/PermissionsBoundaryArn").cloned().unwrap_or_default();
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        Entity::User.change_policies(context, &made.physical, &made.properties, &Value::Null).await?;
        change_groups(context, &made.physical, &made.properties, &Value::Null).await?;
        if made.properties.get("LoginProfile").is_some() {
            context.unmake("iam", "DeleteLoginProfile", json!({"UserName": made.physical})).await?;
        }
        context.unmake("iam", "DeleteUser", json!({"UserName": made.physical})).await
    }
}

/// Gives the user a password, another one, or none.
async fn change_login(context: &Context, name: &str, old: &Value, new: &Value) -> Result<()> {
    let Some((before, wanted)) = changed(old, new, "LoginProfile") else { return Ok(()) };
    if wanted.is_null() {
        return context.unmake("iam", "DeleteLoginProfile", json!({"UserName": name})).await;
    }
    let operation = if before.is_null() { "CreateLoginProfile" } else { "UpdateLoginProfile" };
    let reset = wanted.get("PasswordResetRequired").and_then(Value::as_bool).unwrap_or(false);
    let input = json!({"UserName": name, "Password": wanted.get("Password"), "PasswordResetRequired": reset});
    context.make("iam", operation, input).await.map(|_| ())
}
