//! `AWS::SQS::QueuePolicy`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queuepolicy.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, Unread, document, policy, texts,
};
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

    /// Of several queues, the policy of the first that has another one than is to be.
    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let (mut queues, mut policies) = (Vec::new(), Vec::new());
        for queue in texts(&made.properties, "Queues") {
            let input = json!({"QueueUrl": queue, "AttributeNames": ["Policy"]});
            let found = context.read_part("sqs", "GetQueueAttributes", input, "/Attributes/Policy").await?;
            if !found.is_null() {
                queues.push(queue);
                policies.push(document(Some(&found)));
            }
        }
        let given = made.properties.get("PolicyDocument").map(|given| document(Some(given)));
        let differs = policies.iter().find(|policy| Some(*policy) != given.as_ref()).or(policies.first());
        match differs {
            Some(policy) => Ok(json!({"Id": made.physical, "PolicyDocument": policy, "Queues": queues})),
            None => Err(Unread::Gone),
        }
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
