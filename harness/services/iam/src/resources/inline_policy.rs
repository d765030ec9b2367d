//! Inline policies that are resources of their own: `AWS::IAM::Policy`, in any number of roles, users and groups, and `AWS::IAM::RolePolicy`,
//! `AWS::IAM::UserPolicy` and `AWS::IAM::GroupPolicy`, in one.
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
                properties: &["Groups", "PolicyDocument", "PolicyName", "Roles", "Users"],
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

    /// Of several roles, users and groups, the policy of the first in which it is another one than is to be.
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

/// `AWS::IAM::RolePolicy`, and the same of users and groups.
pub(super) struct EntityPolicy(pub(super) Entity);

impl EntityPolicy {
    /// The property that names the entity.
    fn property(&self) -> &'static str {
        match self.0 {
            Entity::Role => "RoleName",
            Entity::User => "UserName",
            Entity::Group => "GroupName",
        }
    }

    /// Names of the entity and of the policy.
    fn names(&self, properties: &Value) -> (String, String) {
        (text(properties, &format!("/{}", self.property())), text(properties, "/PolicyName"))
    }
}

#[async_trait]
impl ResourceProvider for EntityPolicy {
    fn facts(&self) -> &'static ResourceFacts {
        match self.0 {
            Entity::Role => {
                const {
                    &ResourceFacts {
                        properties: &["PolicyDocument", "PolicyName", "RoleName"],
                        ..ResourceFacts::new("AWS::IAM::RolePolicy")
                    }
                }
            }
            Entity::User => {
                const {
                    &ResourceFacts {
                        properties: &["PolicyDocument", "PolicyName", "UserName"],
                        ..ResourceFacts::new("AWS::IAM::UserPolicy")
                    }
                }
            }
            Entity::Group => {
                const {
                    &ResourceFacts {
                        properties: &["GroupName", "PolicyDocument", "PolicyName"],
                        ..ResourceFacts::new("AWS::IAM::GroupPolicy")
                    }
                }
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let (entity, name) = self.names(properties);
        self.0.put(context, &entity, &name, document(properties)).await?;
        let physical = format!("{name}|{entity}");
        context.exists(&physical);
        Ok(MadeResource::new(physical, []))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (entity, name) = self.names(properties);
        self.0.put(context, &entity, &name, document(properties)).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let (entity, name) = self.names(&made.properties);
        match self.0.read_policy(context, &entity, &name).await? {
            Value::Null => Err(Unread::Gone),
            policy => {
                let mut found = json!({"PolicyName": name, "PolicyDocument": policy});
                found[self.property()] = entity.into();
                Ok(found)
            }
        }
    }

    fn physical_id(&self, _context: &Context, identifier: &Value) -> Option<String> {
        Some(format!("{}|{}", identifier.get("PolicyName")?.as_str()?, identifier.get(self.property())?.as_str()?))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let (entity, name) = self.names(&made.properties);
        self.0.remove(context, &entity, &name).await
    }
}
