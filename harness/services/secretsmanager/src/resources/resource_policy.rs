//! `AWS::SecretsManager::ResourcePolicy`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-resourcepolicy.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, policy, text};
use serde_json::{Value, json};

pub(super) struct ResourcePolicy;

#[async_trait]
impl ResourceProvider for ResourcePolicy {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["BlockPublicPolicy", "ResourcePolicy", "SecretId"],
                attributes: &["Id"],
                ..ResourceFacts::new("AWS::SecretsManager::ResourcePolicy")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let arn = put(context, properties).await?;
        context.exists(&arn);
        Ok(MadeResource::new(&arn, [("Id", arn.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        put(context, properties).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("secretsmanager", "DeleteResourcePolicy", json!({ "SecretId": made.physical })).await
    }
}

/// Returns the secret's ARN.
async fn put(context: &Context, properties: &Value) -> Result<String> {
    let input = json!({
        "SecretId": properties.get("SecretId"),
        "ResourcePolicy": properties.get("ResourcePolicy").map(policy),
        "BlockPublicPolicy": properties.get("BlockPublicPolicy"),
    });
    Ok(text(&context.make("secretsmanager", "PutResourcePolicy", input).await?, "/ARN"))
}
