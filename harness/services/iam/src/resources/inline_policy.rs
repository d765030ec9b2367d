//! Inline policies that are resources of their own: `AWS::IAM::Policy`, in any number of roles and users, and `AWS::IAM::RolePolicy`, in one
//! role.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-policy.html>
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-rolepolicy.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, text, texts};
use serde_json::Value;

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

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let (role, name) = (text(&made.properties, "/RoleName"), text(&made.properties, "/PolicyName"));
        Entity::Role.remove(context, &role, &name).await
    }
}
