//! `AWS::Logs::ResourcePolicy`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-resourcepolicy.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, Unread, text};
use serde_json::{Value, json};

pub(super) struct ResourcePolicy;

#[async_trait]
impl ResourceProvider for ResourcePolicy {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["PolicyDocument", "PolicyName"],
                naming: Some("PolicyName"),
                ..ResourceFacts::new("AWS::Logs::ResourcePolicy")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = text(properties, "/PolicyName");
        put(context, &name, properties).await?;
        context.exists(&name);
        Ok(MadeResource::new(name, []))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        put(context, &old.physical, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let policies = context.read_part("logs", "DescribeResourcePolicies", json!({}), "/resourcePolicies").await?;
        let is_it = |policy: &&Value| text(policy, "/policyName") == made.physical;
        let policy = policies.as_array().and_then(|policies| policies.iter().find(is_it)).ok_or(Unread::Gone)?;
        Ok(json!({"PolicyName": made.physical, "PolicyDocument": policy.get("policyDocument")}))
    }

    fn physical_id(&self, _context: &Context, identifier: &Value) -> Option<String> {
        identifier.get("PolicyName").and_then(Value::as_str).map(str::to_owned)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("logs", "DeleteResourcePolicy", json!({"policyName": made.physical})).await
    }
}

async fn put(context: &Context, name: &str, properties: &Value) -> Result<()> {
    let input = json!({"policyName": name, "policyDocument": properties.get("PolicyDocument")});
    context.make("logs", "PutResourcePolicy", input).await.map(drop)
}
