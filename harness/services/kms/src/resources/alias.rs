//! `AWS::KMS::Alias`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-alias.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, pick, text};
use serde_json::{Value, json};

pub(super) struct Alias;

#[async_trait]
impl ResourceProvider for Alias {
    fn facts(&self) -> &'static ResourceFacts {
        const { &ResourceFacts { properties: &["AliasName", "TargetKeyId"], ..ResourceFacts::new("AWS::KMS::Alias") } }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        context.make("kms", "CreateAlias", pick(properties, &["AliasName", "TargetKeyId"])).await?;
        let name = text(properties, "/AliasName");
        context.exists(&name);
        Ok(MadeResource::new(name, []))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        context.make("kms", "UpdateAlias", pick(properties, &["AliasName", "TargetKeyId"])).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let key = context.read("kms", "DescribeKey", json!({"KeyId": made.physical}), "/KeyMetadata").await?;
        // A template may give the key's ARN.
        let given = text(&made.properties, "/TargetKeyId");
        let target = key.get(if given.starts_with("arn:") { "Arn" } else { "KeyId" });
        Ok(json!({"AliasName": made.physical, "TargetKeyId": target}))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("kms", "DeleteAlias", json!({"AliasName": made.physical})).await
    }
}
