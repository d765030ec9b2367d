//! `AWS::SNS::Subscription`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html>

use async_trait::async_trait;
use nightproof_core::service::arn;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, Unread, changed, document, policy, text,
};
use serde_json::{Map, Value, json};

pub(super) struct Subscription;

#[async_trait]
impl ResourceProvider for Subscription {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "DeliveryPolicy",
                    "Endpoint",
                    "FilterPolicy",
                    "FilterPolicyScope",
                    "Protocol",
                    "RawMessageDelivery",
                    "RedrivePolicy",
                    "Region",
                    "TopicArn",
                ],
                attributes: &["Arn"],
                ..ResourceFacts::new("AWS::SNS::Subscription")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        // The region of the topic, which AWS needs where it is another one.
        let region = text(properties, "/Region");
        let there = context.in_region(&region)?;
        let arn = subscribe(&there, properties.get("TopicArn"), properties).await?;
        context.exists(&arn);
        Ok(MadeResource::new(arn.as_str(), [("Arn", arn.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let context = &context.in_region(arn::region_of(&old.physical))?;
        // The scope comes first: a policy has to be one for it.
        let defaults = [
            ("RawMessageDelivery", "false"),
            ("FilterPolicyScope", "MessageAttributes"),
            ("FilterPolicy", ""),
            ("RedrivePolicy", ""),
            ("DeliveryPolicy", ""),
        ];
        for (name, default) in defaults {
            if changed(&old.properties, properties, name).is_some() {
                let value = attribute(properties, name).unwrap_or_else(|| default.into());
                let input = json!({ "SubscriptionArn": old.physical, "AttributeName": name, "AttributeValue": value });
                context.make("sns", "SetSubscriptionAttributes", input).await?;
            }
        }
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let context = &context.in_region(arn::region_of(&made.physical)).map_err(Unread::Failed)?;
        let input = json!({ "SubscriptionArn": made.physical });
        let attributes = context.read("sns", "GetSubscriptionAttributes", input, "/Attributes").await?;
        let [delivery, filter, redrive] =
            ["DeliveryPolicy", "FilterPolicy", "RedrivePolicy"].map(|name| document(attributes.get(name)));
        Ok(json!({
            "Arn": made.physical,
            "DeliveryPolicy": delivery,
            "Endpoint": attributes.get("Endpoint"),
            "FilterPolicy": filter,
            "FilterPolicyScope": attributes.get("FilterPolicyScope"),
            "Protocol": attributes.get("Protocol"),
            "RawMessageDelivery": attributes.get("RawMessageDelivery"),
            "RedrivePolicy": redrive,
            "TopicArn": attributes.get("TopicArn"),
        }))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let context = &context.in_region(arn::region_of(&made.physical))?;
        context.unmake("sns", "Unsubscribe", json!({ "SubscriptionArn": made.physical })).await
    }
}

/// A property as the value of an attribute: documents are their JSON.
fn attribute(properties: &Value, name: &str) -> Option<Value> {
    match (name, properties.get(name)?) {
        ("DeliveryPolicy" | "FilterPolicy" | "RedrivePolicy", document) => Some(policy(document)),
        (_, value) => Some(value.clone()),
    }
}

/// Subscribes; returns the ARN, which a subscription has before it is confirmed.
pub(super) async fn subscribe(context: &Context, topic: Option<&Value>, properties: &Value) -> Result<String> {
    let names = ["DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy"];
    let attributes = names.into_iter().filter_map(|name| Some((name.to_owned(), attribute(properties, name)?)));
    let attributes: Map<String, Value> = attributes.collect();
    let input = json!({
        "TopicArn": topic,
        "Protocol": properties.get("Protocol"),
        "Endpoint": properties.get("Endpoint"),
        "Attributes": attributes,
        "ReturnSubscriptionArn": true,
    });
    Ok(text(&context.make("sns", "Subscribe", input).await?, "/SubscriptionArn"))
}
