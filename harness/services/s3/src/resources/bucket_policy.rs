//! `AWS::S3::BucketPolicy`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucketpolicy.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, document, policy, text};
use serde_json::{Value, json};

pub(super) struct BucketPolicy;

#[async_trait]
impl ResourceProvider for BucketPolicy {
    fn facts(&self) -> &'static ResourceFacts {
        const { &ResourceFacts { properties: &["Bucket", "PolicyDocument"], ..ResourceFacts::new("AWS::S3::BucketPolicy") } }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let bucket = text(properties, "/Bucket");
        put(context, &bucket, properties).await?;
        context.exists(&bucket);
        Ok(MadeResource::new(bucket, []))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        put(context, &old.physical, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let policy = context.read("s3", "GetBucketPolicy", json!({"Bucket": made.physical}), "/Policy").await?;
        Ok(json!({"Bucket": made.physical, "PolicyDocument": document(Some(&policy))}))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("s3", "DeleteBucketPolicy", json!({"Bucket": made.physical})).await
    }
}

async fn put(context: &Context, bucket: &str, properties: &Value) -> Result<()> {
    let input = json!({"Bucket": bucket, "Policy": properties.get("PolicyDocument").map(policy)});
    context.make("s3", "PutBucketPolicy", input).await.map(|_| ())
}
