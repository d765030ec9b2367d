//! Roles, users and their access keys, instance profiles.

use serde_json::{Value, json};

use super::Result;
use super::context::{Context, changed, made, policy, text, texts};
use super::iam_attachment::Entity;
use super::tag;
use crate::stack::MadeResource;

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    match kind {
        "AWS::IAM::Role" => role(context, properties).await,
        "AWS::IAM::User" => user(context, properties).await,
        "AWS::IAM::AccessKey" => {
            let user = text(properties, "/UserName");
            let answer = context.make("iam", "CreateAccessKey", json!({"UserName": user})).await?;
            let id = text(&answer, "/AccessKey/AccessKeyId");
            context.exists(&id);
            if let Some(status) = properties.get("Status").filter(|status| *status != "Active") {
                let input = json!({"UserName": user, "AccessKeyId": id, "Status": status});
                context.make("iam", "UpdateAccessKey", input).await?;
            }
            Ok(made(&id, [("Id", id.as_str().into()), ("SecretAccessKey", text(&answer, "/AccessKey/SecretAccessKey").into())]))
        }
        _ => {
            let name = context.name_or(properties, "InstanceProfileName", 128);
            let input = json!({"InstanceProfileName": name, "Path": properties.get("Path")});
            let answer = context.make("iam", "CreateInstanceProfile", input).await?;
            context.exists(&name);
            change_roles(context, &name, &Value::Null, properties).await?;
            Ok(made(name, [("Arn", text(&answer, "/InstanceProfile/Arn").into())]))
        }
    }
}

async fn role(context: &Context, properties: &Value) -> Result<MadeResource> {
    let name = context.name_or(properties, "RoleName", 64);
    let input = json!({
        "RoleName": name,
        "AssumeRolePolicyDocument": properties.get("AssumeRolePolicyDocument").map(policy),
        "Description": properties.get("Description"),
        "Path": properties.get("Path"),
        "MaxSessionDuration": properties.get("MaxSessionDuration"),
        "PermissionsBoundary": properties.get("PermissionsBoundary"),
        "Tags": tag::list(properties, "Key", "Value"),
    });
    let answer = context.make("iam", "CreateRole", input).await?;
    context.exists(&name);
    Entity::Role.change_policies(context, &name, &Value::Null, properties).await?;
    Ok(made(name, [("Arn", text(&answer, "/Role/Arn").into()), ("RoleId", text(&answer, "/Role/RoleId").into())]))
}

async fn user(context: &Context, properties: &Value) -> Result<MadeResource> {
    let name = context.name_or(properties, "UserName", 64);
    let input = json!({
        "UserName": name,
        "Path": properties.get("Path"),
        "PermissionsBoundary": properties.get("PermissionsBoundary"),
        "Tags": tag::list(properties, "Key", "Value"),
    });
    let answer = context.make("iam", "CreateUser", input).await?;
    context.exists(&name);
    Entity::User.change_policies(context, &name, &Value::Null, properties).await?;
    Ok(made(name, [("Arn", text(&answer, "/User/Arn").into())]))
}

/// A profile has one role at most: the old one leaves first.
async fn change_roles(context: &Context, profile: &str, old: &Value, new: &Value) -> Result<()> {
    let of = |properties: &Value| texts(properties.get("Roles").unwrap_or(&Value::Null));
    let (before, after) = (of(old), of(new));
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

pub(super) async fn update(context: &Context, kind: &str, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (id, before) = (&old.physical, &old.properties);
    match kind {
        "AWS::IAM::Role" => {
            if let Some((_, document)) = changed(before, properties, "AssumeRolePolicyDocument") {
                let input = json!({"RoleName": id, "PolicyDocument": policy(document)});
                context.make("iam", "UpdateAssumeRolePolicy", input).await?;
            }
            let differs = |name: &str| changed(before, properties, name).is_some();
            if differs("Description") || differs("MaxSessionDuration") {
                let description = properties.get("Description").cloned().unwrap_or_else(|| "".into());
                let longest = properties.get("MaxSessionDuration").cloned().unwrap_or_else(|| 3600.into());
                let input = json!({"RoleName": id, "Description": description, "MaxSessionDuration": longest});
                context.make("iam", "UpdateRole", input).await?;
            }
            change_entity(context, Entity::Role, id, before, properties).await?;
        }
        "AWS::IAM::User" => {
            if let Some((_, path)) = changed(before, properties, "Path") {
                let input = json!({"UserName": id, "NewPath": path.as_str().unwrap_or("/")});
                context.make("iam", "UpdateUser", input).await?;
            }
            change_entity(context, Entity::User, id, before, properties).await?;
        }
        "AWS::IAM::AccessKey" => {
            let status = properties.get("Status").and_then(Value::as_str).unwrap_or("Active");
            let input = json!({"UserName": properties.get("UserName"), "AccessKeyId": id, "Status": status});
            context.make("iam", "UpdateAccessKey", input).await?;
        }
        _ => change_roles(context, id, before, properties).await?,
    }
    Ok(old.clone())
}

async fn change_entity(context: &Context, entity: Entity, name: &str, old: &Value, new: &Value) -> Result<()> {
    let word = entity.word();
    let named = |mut input: Value| {
        input[format!("{word}Name")] = name.into();
        input
    };
    match changed(old, new, "PermissionsBoundary") {
        None => {}
        Some((_, Value::Null)) => {
            context.unmake("iam", &format!("Delete{word}PermissionsBoundary"), named(json!({}))).await?;
        }
        Some((_, boundary)) => {
            let input = named(json!({"PermissionsBoundary": boundary}));
            context.make("iam", &format!("Put{word}PermissionsBoundary"), input).await?;
        }
    }
    entity.change_policies(context, name, old, new).await?;
    let tags = tag::Changed::between(old, new);
    if let Some(keys) = tags.removed() {
        context.make("iam", &format!("Untag{word}"), named(json!({"TagKeys": keys}))).await?;
    }
    if let Some(tags) = tags.set("Key", "Value") {
        context.make("iam", &format!("Tag{word}"), named(json!({"Tags": tags}))).await?;
    }
    Ok(())
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    let (id, properties) = (&made.physical, &made.properties);
    match kind {
        "AWS::IAM::Role" => {
            Entity::Role.change_policies(context, id, properties, &Value::Null).await?;
            context.unmake("iam", "DeleteRole", json!({"RoleName": id})).await
        }
        "AWS::IAM::User" => {
            Entity::User.change_policies(context, id, properties, &Value::Null).await?;
            context.unmake("iam", "DeleteUser", json!({"UserName": id})).await
        }
        "AWS::IAM::AccessKey" => {
            let input = json!({"UserName": properties.get("UserName"), "AccessKeyId": id});
            context.unmake("iam", "DeleteAccessKey", input).await
        }
        _ => {
            change_roles(context, id, properties, &Value::Null).await?;
            context.unmake("iam", "DeleteInstanceProfile", json!({"InstanceProfileName": id})).await
        }
    }
}
