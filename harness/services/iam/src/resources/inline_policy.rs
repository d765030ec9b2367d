//! Inline policies that are resources of their own: `AWS::IAM::Policy`, in any number of roles and users, and `AWS::IAM::RolePolicy`, in one
//! role.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-policy.html>
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-rolepolicy.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, Unread, text, texts};
use serde_json::{Value, json};

use crate::resources::entity::Entity;

pub(super) struct Policy;

#[async_trait]
impl ResourceProvider for Policy {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["PolicyDocument", "PolicyName", "Roles", "Users"],
                attributes: &["Id"],
                ..ResourceFacts::new("AWS::IAM::Policy")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let physical = context.name(32);
        context.exists(&physical);
        change(context, &Value::Null, properties).await?;
        Ok(MadeResource::new(&physical, [("Id", physical.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        change(context, &old.properties, properties).await?;
        Ok(old.clone())
    }

    /// Of several roles and users, the policy of the first in which it is another one than is to be.
    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let name = text(&made.properties, "/PolicyName");
        let mut found = json!({"Id": made.physical, "PolicyName": name});
        let mut policies = Vec::new();
        for (entity, property) in Entity::ALL {
            let mut has = Vec::new();
            for one in texts(&made.properties, property) {
                let policy = entity.read_policy(context, &one, &name).await?;
                if !policy.is_null() {
                    has.push(one);
                    policies.push(policy);
                }
            }
            found[property] = has.into();
        }
        let differs = policies.iter().find(|policy| *policy != document(&made.properties)).or(policies.first());
        found["PolicyDocument"] = differs.cloned().ok_or(Unread::Gone)?;
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        change(context, &made.properties, &Value::Null).await
    }
}

/// Writes the policy into all that are to have it, and takes it out of those that are not to have it any more.
async fn change(context: &Context, old: &Value, new: &Value) -> Result<()> {
    let (old_name, name) = (text(old, "/PolicyName"), text(new, "/PolicyName"));
    for (entity, property) in Entity::ALL {
        let (before, after) = (texts(old, property), texts(new, property));
        for one in &after {
            entity.put(context, one, &name, document(new)).await?;
        }
        for one in before.iter().filter(|one| old_name != name || !after.contains(one)) {
            entity.remove(context, one, &old_name).await?;
        }
    }
    Ok(())
}

fn document(properties: &Value) -> &Value {
    properties.get("PolicyDocument").unwrap_or(&Value::Null)
}

pub(super) struct RolePolicy;

#[async_trait]
impl ResourceProvider for RolePolicy {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["PolicyDocument", "PolicyName", "RoleName"],
                ..ResourceFacts::new("AWS::IAM::RolePolicy")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let (role, name) = (text(properties, "/RoleName"), text(properties, "/PolicyName"));
        Entity::Role.put(context, &role, &name, document(properties)).await?;
        let physical = format!("{name}|{role}");
        context.exists(&physical);
        Ok(MadeResource::new(physical, []))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (role, name) = (text(properties, "/RoleName"), text(properties, "/PolicyName"));
        Entity::Role.put(context, &role, &name, document(properties)).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let (role, name) = (text(&made.properties, "/RoleName"), text(&made.properties, "/PolicyName"));
        match Entity::Role.read_policy(context, &role, &name).await? {
            Value::Null => Err(Unread::Gone),
            policy => Ok(json!({"RoleName": role, "PolicyName": name, "PolicyDocument": policy})),
        }
    }

    fn physical_id(&self, _context: &Context, identifier: &Value) -> Option<String> {
        Some(format!("{}|{}", identifier.get("PolicyName")?.as_str()?, identifier.get("RoleName")?.as_str()?))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let (role, name) = (text(&made.properties, "/RoleName"), text(&made.properties, "/PolicyName"));
        Entity::Role.remove(context, &role, &name).await
    }
}
