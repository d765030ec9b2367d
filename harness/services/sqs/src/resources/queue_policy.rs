//! `AWS::SQS::QueuePolicy`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queuepolicy.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, policy, texts};
use serde_json::{Value, json};

pub(super) struct QueuePolicy;

#[async_trait]
impl ResourceProvider for QueuePolicy {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["PolicyDocument", "Queues"],
                attributes: &["Id"],
                ..ResourceFacts::new("AWS::SQS::QueuePolicy")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let id = context.name(64);
        context.exists(&id);
        set_policy(context, properties).await?;
        Ok(MadeResource::new(&id, [("Id", id.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        set_policy(context, properties).await?;
        let after = texts(properties, "Queues");
        let gone = texts(&old.properties, "Queues").into_iter().filter(|queue| !after.contains(queue));
        remove_policy(context, gone).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        remove_policy(context, texts(&made.properties, "Queues").into_iter()).await
    }
}

async fn set_policy(context: &Context, properties: &Value) -> Result<()> {
    let document = properties.get("PolicyDocument").map(policy);
    for queue in texts(properties, "Queues") {
        let input = json!({"QueueUrl": queue, "Attributes": {"Policy": document}});
        context.make("sqs", "SetQueueAttributes", input).await?;
    }
    Ok(())
}

async fn remove_policy(context: &Context, queues: impl Iterator<Item = String> + Send) -> Result<()> {
    for queue in queues {
        let input = json!({"QueueUrl": queue, "Attributes": {"Policy": ""}});
        context.unmake("sqs", "SetQueueAttributes", input).await?;
    }
    Ok(())
}
