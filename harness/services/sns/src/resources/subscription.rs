//! `AWS::SNS::Subscription`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, changed, text};
use serde_json::{Value, json};

pub(super) struct Subscription;

#[async_trait]
impl ResourceProvider for Subscription {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Endpoint", "Protocol", "RawMessageDelivery", "TopicArn"],
                attributes: &["Arn"],
                ..ResourceFacts::new("AWS::SNS::Subscription")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let arn = subscribe(context, properties.get("TopicArn"), properties).await?;
        context.exists(&arn);
        Ok(MadeResource::new(arn.as_str(), [("Arn", arn.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        if let Some((_, raw)) = changed(&old.properties, properties, "RawMessageDelivery") {
            let value = raw.as_bool().unwrap_or(false);
            let input =
                json!({ "SubscriptionArn": old.physical, "AttributeName": "RawMessageDelivery", "AttributeValue": value });
            context.make("sns", "SetSubscriptionAttributes", input).await?;
        }
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("sns", "Unsubscribe", json!({ "SubscriptionArn": made.physical })).await
    }
}

/// Subscribes; returns the ARN, which a subscription has before it is confirmed.
pub(super) async fn subscribe(context: &Context, topic: Option<&Value>, properties: &Value) -> Result<String> {
    let attributes = properties.get("RawMessageDelivery").map(|raw| json!({ "RawMessageDelivery": raw }));
    let input = json!({
        "TopicArn": topic,
        "Protocol": properties.get("Protocol"),
        "Endpoint": properties.get("Endpoint"),
        "Attributes": attributes,
        "ReturnSubscriptionArn": true,
    });
    Ok(text(&context.make("sns", "Subscribe", input).await?, "/SubscriptionArn"))
}
