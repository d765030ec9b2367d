//! `AWS::SQS::QueueInlinePolicy`: the policy of one queue.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queueinlinepolicy.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, document, policy, text};
use serde_json::{Value, json};

pub(super) struct QueueInlinePolicy;

#[async_trait]
impl ResourceProvider for QueueInlinePolicy {
    fn facts(&self) -> &'static ResourceFacts {
        const { &ResourceFacts { properties: &["PolicyDocument", "Queue"], ..ResourceFacts::new("AWS::SQS::QueueInlinePolicy") } }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let queue = text(properties, "/Queue");
        set_policy(context, properties).await?;
        context.exists(&queue);
        Ok(MadeResource::new(queue, []))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        set_policy(context, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let input = json!({"QueueUrl": made.physical, "AttributeNames": ["Policy"]});
        let found = context.read("sqs", "GetQueueAttributes", input, "/Attributes/Policy").await?;
        Ok(json!({"Queue": made.physical, "PolicyDocument": document(Some(&found))}))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = json!({"QueueUrl": made.physical, "Attributes": {"Policy": ""}});
        context.unmake("sqs", "SetQueueAttributes", input).await
    }
}

async fn set_policy(context: &Context, properties: &Value) -> Result<()> {
    let document = properties.get("PolicyDocument").map(policy);
    let input = json!({"QueueUrl": properties.get("Queue"), "Attributes": {"Policy": document}});
    context.make("sqs", "SetQueueAttributes", input).await.map(drop)
}
