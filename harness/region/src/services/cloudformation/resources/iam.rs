//! `AWS::IAM::…`

use serde_json::{Value, json};

use super::Result;
use super::context::{Context, made, policy, text, typed};
use crate::services::cloudformation::stack::MadeResource;

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    match kind {
        "AWS::IAM::Role" => role(context, properties).await,
        "AWS::IAM::Policy" => {
            let name = text(properties, "/PolicyName");
            let document = properties.get("PolicyDocument").map(policy);
            for (member, operation, key) in INLINE {
                for entity in names(properties, member) {
                    let mut input = json!({"PolicyName": name, "PolicyDocument": document});
                    input[key] = entity.into();
                    context.make("iam", operation, input).await?;
                }
            }
            let physical = context.name(32);
            Ok(made(&physical, [("Id", physical.as_str().into())]))
        }
        "AWS::IAM::ManagedPolicy" => {
            let input = json!({
                "PolicyName": context.name_or(properties, "ManagedPolicyName", 128),
                "PolicyDocument": properties.get("PolicyDocument").map(policy),
                "Description": properties.get("Description"),
                "Path": properties.get("Path"),
            });
            let arn = text(&context.make("iam", "CreatePolicy", input).await?, "/Policy/Arn");
            for (member, operation, key) in ATTACH {
                for entity in names(properties, member) {
                    let mut input = json!({"PolicyArn": arn});
                    input[key] = entity.into();
                    context.make("iam", operation, input).await?;
                }
            }
            Ok(made(&arn, [("PolicyArn", arn.as_str().into())]))
        }
        _ => {
            let name = context.name_or(properties, "InstanceProfileName", 128);
            let answer = context
                .make("iam", "CreateInstanceProfile", json!({"InstanceProfileName": name, "Path": properties.get("Path")}))
                .await?;
            for role in names(properties, "Roles") {
                context.make("iam", "AddRoleToInstanceProfile", json!({"InstanceProfileName": name, "RoleName": role})).await?;
            }
            Ok(made(name, [("Arn", text(&answer, "/InstanceProfile/Arn").into())]))
        }
    }
}

/// Who gets an inline policy: property, operation, and the member that names the entity.
const INLINE: [(&str, &str, &str); 2] = [("Roles", "PutRolePolicy", "RoleName"), ("Users", "PutUserPolicy", "UserName")];
/// Who gets a managed policy.
const ATTACH: [(&str, &str, &str); 2] = [("Roles", "AttachRolePolicy", "RoleName"), ("Users", "AttachUserPolicy", "UserName")];

fn names(properties: &Value, member: &str) -> Vec<String> {
    properties.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

async fn role(context: &Context, properties: &Value) -> Result<MadeResource> {
    let properties = &typed(properties, &["MaxSessionDuration"], &[]);
    let name = context.name_or(properties, "RoleName", 64);
    let tags = context.tags(properties);
    let input = json!({
        "RoleName": name,
        "AssumeRolePolicyDocument": properties.get("AssumeRolePolicyDocument").map(policy),
        "Description": properties.get("Description"),
        "Path": properties.get("Path"),
        "MaxSessionDuration": properties.get("MaxSessionDuration"),
        "PermissionsBoundary": properties.get("PermissionsBoundary"),
        "Tags": (!tags.is_empty()).then_some(tags),
    });
    let answer = context.make("iam", "CreateRole", input).await?;
    for arn in names(properties, "ManagedPolicyArns") {
        context.make("iam", "AttachRolePolicy", json!({"RoleName": name, "PolicyArn": arn})).await?;
    }
    for inline in properties.get("Policies").and_then(Value::as_array).into_iter().flatten() {
        let input = json!({"RoleName": name, "PolicyName": inline.get("PolicyName"), "PolicyDocument": inline.get("PolicyDocument").map(policy)});
        context.make("iam", "PutRolePolicy", input).await?;
    }
    Ok(made(name, [("Arn", text(&answer, "/Role/Arn").into()), ("RoleId", text(&answer, "/Role/RoleId").into())]))
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    let (id, properties) = (&made.physical, &made.properties);
    match kind {
        "AWS::IAM::Role" => {
            for arn in names(properties, "ManagedPolicyArns") {
                context.unmake("iam", "DetachRolePolicy", json!({"RoleName": id, "PolicyArn": arn})).await?;
            }
            for inline in properties.get("Policies").and_then(Value::as_array).into_iter().flatten() {
                context
                    .unmake("iam", "DeleteRolePolicy", json!({"RoleName": id, "PolicyName": inline.get("PolicyName")}))
                    .await?;
            }
            context.unmake("iam", "DeleteRole", json!({"RoleName": id})).await
        }
        "AWS::IAM::Policy" => {
            let name = text(properties, "/PolicyName");
            for role in names(properties, "Roles") {
                context.unmake("iam", "DeleteRolePolicy", json!({"RoleName": role, "PolicyName": name})).await?;
            }
            for user in names(properties, "Users") {
                context.unmake("iam", "DeleteUserPolicy", json!({"UserName": user, "PolicyName": name})).await?;
            }
            Ok(())
        }
        "AWS::IAM::ManagedPolicy" => {
            for role in names(properties, "Roles") {
                context.unmake("iam", "DetachRolePolicy", json!({"RoleName": role, "PolicyArn": id})).await?;
            }
            for user in names(properties, "Users") {
                context.unmake("iam", "DetachUserPolicy", json!({"UserName": user, "PolicyArn": id})).await?;
            }
            context.unmake("iam", "DeletePolicy", json!({"PolicyArn": id})).await
        }
        _ => {
            for role in names(properties, "Roles") {
                context
                    .unmake("iam", "RemoveRoleFromInstanceProfile", json!({"InstanceProfileName": id, "RoleName": role}))
                    .await?;
            }
            context.unmake("iam", "DeleteInstanceProfile", json!({"InstanceProfileName": id})).await
        }
    }
}
