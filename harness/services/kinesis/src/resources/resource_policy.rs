//! `AWS::Kinesis::ResourcePolicy`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kinesis-resourcepolicy.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, Unread, document, policy, text,
};
use serde_json::{Value, json};

pub(super) struct ResourcePolicy;

#[async_trait]
impl ResourceProvider for ResourcePolicy {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["ResourceArn", "ResourcePolicy"],
                ..ResourceFacts::new("AWS::Kinesis::ResourcePolicy")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let arn = text(properties, "/ResourceArn");
        put(context, &arn, properties).await?;
        context.exists(&arn);
        Ok(MadeResource::new(&arn, []))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        put(context, &old.physical, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let found = context.read(SERVICE, "GetResourcePolicy", json!({ "ResourceARN": made.physical }), "").await?;
        let found = document(found.get("Policy"));
        match found.as_object() {
            Some(members) if members.is_empty() => Err(Unread::Gone),
            _ => Ok(json!({ "ResourceArn": made.physical, "ResourcePolicy": found })),
        }
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake(SERVICE, "DeleteResourcePolicy", json!({ "ResourceARN": made.physical })).await
    }
}

const SERVICE: &str = "kinesis";

async fn put(context: &Context, arn: &str, properties: &Value) -> Result<()> {
    let input = json!({ "ResourceARN": arn, "Policy": policy(&properties["ResourcePolicy"]) });
    context.make(SERVICE, "PutResourcePolicy", input).await.map(drop)
}
