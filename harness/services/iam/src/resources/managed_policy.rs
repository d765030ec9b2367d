//! `AWS::IAM::ManagedPolicy`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, changed, items, policy, text, texts,
};
use serde_json::{Value, json};

use crate::document::decoded;
use crate::resources::entity::Entity;

/// Most versions that a managed policy has.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MOST_VERSIONS: usize = 5;

pub(super) struct ManagedPolicy;

#[async_trait]
impl ResourceProvider for ManagedPolicy {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Description", "Groups", "ManagedPolicyName", "Path", "PolicyDocument", "Roles", "Users"],
                naming: Some("ManagedPolicyName"),
                attributes: &["PolicyArn"],
                ..ResourceFacts::new("AWS::IAM::ManagedPolicy")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let input = json!({
            "PolicyName": context.name_or(properties, "ManagedPolicyName", 128),
            "PolicyDocument": properties.get("PolicyDocument").map(policy),
            "Description": properties.get("Description"),
            "Path": properties.get("Path"),
        });
        let arn = text(&context.make("iam", "CreatePolicy", input).await?, "/Policy/Arn");
        context.exists(&arn);
        attach(context, &arn, &Value::Null, properties).await?;
        Ok(MadeResource::new(&arn, [("PolicyArn", arn.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (arn, before) = (&old.physical, &old.properties);
        if let Some((_, document)) = changed(before, properties, "PolicyDocument") {
            make_room(context, arn).await?;
            let input = json!({"PolicyArn": arn, "PolicyDocument": policy(document), "SetAsDefault": true});
            context.make("iam", "CreatePolicyVersion", input).await?;
        }
        attach(context, arn, before, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let arn = json!({"PolicyArn": made.physical});
        let found = context.read("iam", "GetPolicy", arn.clone(), "/Policy").await?;
        let version = json!({"PolicyArn": made.physical, "VersionId": found.get("DefaultVersionId")});
        let version = context.read("iam", "GetPolicyVersion", version, "/PolicyVersion").await?;
        let entities = context.make("iam", "ListEntitiesForPolicy", arn).await?;
        let name = |member| move |one: &Value| one.get(member).cloned().unwrap_or_default();
        Ok(json!({
            "PolicyArn": made.physical,
            "ManagedPolicyName": found.get("PolicyName"),
            "Description": found.get("Description"),
            "Path": found.get("Path"),
            "PolicyDocument": decoded(version.get("Document")),
            "Roles": items(&entities, "/PolicyRoles", name("RoleName")),
            "Groups": items(&entities, "/PolicyGroups", name("GroupName")),
            "Users": items(&entities, "/PolicyUsers", name("UserName")),
        }))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let arn = &made.physical;
        attach(context, arn, &made.properties, &Value::Null).await?;
        for version in old_versions(context, arn).await.unwrap_or_default() {
            context.unmake("iam", "DeletePolicyVersion", json!({"PolicyArn": arn, "VersionId": version})).await?;
        }
        context.unmake("iam", "DeletePolicy", json!({"PolicyArn": arn})).await
    }
}

async fn attach(context: &Context, arn: &str, old: &Value, new: &Value) -> Result<()> {
    for (entity, property) in Entity::ALL {
        let (before, after) = (texts(old, property), texts(new, property));
        for one in after.iter().filter(|one| !before.contains(one)) {
            entity.attach(context, one, arn).await?;
        }
        for one in before.iter().filter(|one| !after.contains(one)) {
            entity.detach(context, one, arn).await?;
        }
    }
    Ok(())
}

/// The versions that are not in force, newest first.
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
