//! Policies that stand by themselves: `AWS::IAM::Policy`, `RolePolicy` and `ManagedPolicy`.

use serde_json::{Value, json};

use super::Result;
use super::context::{Context, changed, made, policy, text, texts};
use super::iam_attachment::Entity;
use crate::stack::MadeResource;

/// Most versions that a managed policy has.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MOST_VERSIONS: usize = 5;

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    match kind {
        "AWS::IAM::Policy" => {
            let physical = context.name(32);
            context.exists(&physical);
            put(context, &Value::Null, properties).await?;
            Ok(made(&physical, [("Id", physical.as_str().into())]))
        }
        "AWS::IAM::RolePolicy" => {
            let (role, name) = (text(properties, "/RoleName"), text(properties, "/PolicyName"));
            Entity::Role.put(context, &role, &name, properties.get("PolicyDocument").unwrap_or(&Value::Null)).await?;
            let physical = format!("{name}|{role}");
            context.exists(&physical);
            Ok(made(physical, []))
        }
        _ => {
            let input = json!({
                "PolicyName": context.name_or(properties, "ManagedPolicyName", 128),
                "PolicyDocument": properties.get("PolicyDocument").map(policy),
                "Description": properties.get("Description"),
                "Path": properties.get("Path"),
            });
            let arn = text(&context.make("iam", "CreatePolicy", input).await?, "/Policy/Arn");
            context.exists(&arn);
            attach(context, &arn, &Value::Null, properties).await?;
            Ok(made(&arn, [("PolicyArn", arn.as_str().into())]))
        }
    }
}

fn names(properties: &Value, member: &str) -> Vec<String> {
    texts(properties.get(member).unwrap_or(&Value::Null))
}

/// Writes an inline policy into all that are to have it, and takes it out of those that are not to have it any more.
async fn put(context: &Context, old: &Value, new: &Value) -> Result<()> {
    let (old_name, name) = (text(old, "/PolicyName"), text(new, "/PolicyName"));
    for (entity, member) in Entity::ALL {
        let (before, after) = (names(old, member), names(new, member));
        for one in &after {
            entity.put(context, one, &name, new.get("PolicyDocument").unwrap_or(&Value::Null)).await?;
        }
        for one in before.iter().filter(|one| old_name != name || !after.contains(one)) {
            entity.remove(context, one, &old_name).await?;
        }
    }
    Ok(())
}

async fn attach(context: &Context, arn: &str, old: &Value, new: &Value) -> Result<()> {
    for (entity, member) in Entity::ALL {
        let (before, after) = (names(old, member), names(new, member));
        for one in after.iter().filter(|one| !before.contains(one)) {
            entity.attach(context, one, arn).await?;
        }
        for one in before.iter().filter(|one| !after.contains(one)) {
            entity.detach(context, one, arn).await?;
        }
    }
    Ok(())
}

pub(super) async fn update(context: &Context, kind: &str, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (id, before) = (&old.physical, &old.properties);
    match kind {
        "AWS::IAM::Policy" => put(context, before, properties).await?,
        "AWS::IAM::RolePolicy" => {
            let (role, name) = (text(properties, "/RoleName"), text(properties, "/PolicyName"));
            Entity::Role.put(context, &role, &name, properties.get("PolicyDocument").unwrap_or(&Value::Null)).await?;
        }
        _ => {
            if let Some((_, document)) = changed(before, properties, "PolicyDocument") {
                make_room(context, id).await?;
                let input = json!({"PolicyArn": id, "PolicyDocument": policy(document), "SetAsDefault": true});
                context.make("iam", "CreatePolicyVersion", input).await?;
            }
            attach(context, id, before, properties).await?;
        }
    }
    Ok(old.clone())
}

/// The versions of a managed policy that are not in force, newest first.
async fn old_versions(context: &Context, arn: &str) -> Result<Vec<String>> {
    let answer = context.make("iam", "ListPolicyVersions", json!({"PolicyArn": arn})).await?;
    let versions = answer.get("Versions").and_then(Value::as_array).into_iter().flatten();
    let idle = versions.filter(|version| version.get("IsDefaultVersion") != Some(&Value::Bool(true)));
    let mut ids: Vec<String> = idle.map(|version| text(version, "/VersionId")).collect();
    ids.sort_by_key(|id| std::cmp::Reverse(id.trim_start_matches('v').parse::<u64>().unwrap_or_default()));
    Ok(ids)
}

/// Deletes the oldest version of a policy that can have no more.
async fn make_room(context: &Context, arn: &str) -> Result<()> {
    let versions = old_versions(context, arn).await?;
    match versions.last() {
        Some(oldest) if versions.len() + 1 >= MOST_VERSIONS => {
            context.unmake("iam", "DeletePolicyVersion", json!({"PolicyArn": arn, "VersionId": oldest})).await
        }
        _ => Ok(()),
    }
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    let (id, properties) = (&made.physical, &made.properties);
    match kind {
        "AWS::IAM::Policy" => put(context, properties, &Value::Null).await,
        "AWS::IAM::RolePolicy" => {
            Entity::Role.remove(context, &text(properties, "/RoleName"), &text(properties, "/PolicyName")).await
        }
        _ => {
            attach(context, id, properties, &Value::Null).await?;
            for version in old_versions(context, id).await.unwrap_or_default() {
                context.unmake("iam", "DeletePolicyVersion", json!({"PolicyArn": id, "VersionId": version})).await?;
            }
            context.unmake("iam", "DeletePolicy", json!({"PolicyArn": id})).await
        }
    }
}
