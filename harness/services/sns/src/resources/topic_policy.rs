//! `AWS::SNS::TopicPolicy`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topicpolicy.html>

use async_trait::async_trait;
use nightproof_core::default_policy;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, Unread, document, policy, texts,
};
use serde_json::{Value, json};

pub(super) struct TopicPolicy;

#[async_trait]
impl ResourceProvider for TopicPolicy {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["PolicyDocument", "Topics"],
                attributes: &["Id"],
                ..ResourceFacts::new("AWS::SNS::TopicPolicy")
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
        let after = texts(properties, "Topics");
        let gone = texts(&old.properties, "Topics").into_iter().filter(|topic| !after.contains(topic));
        remove_policy(context, gone).await?;
        Ok(old.clone())
    }

    /// Of several topics, the policy of the first that has another one than is to be.
    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let (mut topics, mut policies) = (Vec::new(), Vec::new());
        for topic in texts(&made.properties, "Topics") {
            let input = json!({ "TopicArn": topic });
            let found = context.read_part("sns", "GetTopicAttributes", input, "/Attributes/Policy").await?;
            if !found.is_null() {
                topics.push(topic);
                policies.push(document(Some(&found)));
            }
        }
        let given = made.properties.get("PolicyDocument").map(|given| document(Some(given)));
        let differs = policies.iter().find(|policy| Some(*policy) != given.as_ref()).or(policies.first());
        match differs {
            Some(policy) => Ok(json!({ "Id": made.physical, "PolicyDocument": policy, "Topics": topics })),
            None => Err(Unread::Gone),
        }
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        remove_policy(context, texts(&made.properties, "Topics").into_iter()).await
    }
}

async fn set_policy(context: &Context, properties: &Value) -> Result<()> {
    let document = properties.get("PolicyDocument").map(policy);
    for topic in texts(properties, "Topics") {
        let input = json!({ "TopicArn": topic, "AttributeName": "Policy", "AttributeValue": document });
        context.make("sns", "SetTopicAttributes", input).await?;
    }
    Ok(())
}

/// A topic always has a policy: without one of its own, the one that it was made with.
async fn remove_policy(context: &Context, topics: impl Iterator<Item = String> + Send) -> Result<()> {
    for topic in topics {
        let document = default_policy::topic(&topic, context.account());
        let input = json!({ "TopicArn": topic, "AttributeName": "Policy", "AttributeValue": document });
        context.unmake("sns", "SetTopicAttributes", input).await?;
    }
    Ok(())
}
