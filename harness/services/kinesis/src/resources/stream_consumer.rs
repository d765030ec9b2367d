//! `AWS::Kinesis::StreamConsumer`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kinesis-streamconsumer.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, tag_map, text};
use serde_json::{Value, json};

/// Nothing of it changes in place.
pub(super) struct StreamConsumer;

#[async_trait]
impl ResourceProvider for StreamConsumer {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["ConsumerName", "StreamARN", "Tags"],
                attributes: &["ConsumerARN", "ConsumerCreationTimestamp", "ConsumerName", "ConsumerStatus", "StreamARN"],
                ..ResourceFacts::new("AWS::Kinesis::StreamConsumer")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let tags = tag_map(properties);
        let input = json!({
            "ConsumerName": properties["ConsumerName"],
            "StreamARN": properties["StreamARN"],
            "Tags": if tags.as_object().is_some_and(|tags| tags.is_empty()) { Value::Null } else { tags },
        });
        let made = context.make(SERVICE, "RegisterStreamConsumer", input).await?;
        let arn = text(&made, "/Consumer/ConsumerARN");
        context.exists(&arn);
        let is_active = |answer: &Value| Ok(text(answer, "/ConsumerDescription/ConsumerStatus") == "ACTIVE");
        let found = context.until(SERVICE, "DescribeStreamConsumer", json!({ "ConsumerARN": arn }), is_active).await?;
        let attribute = |name: &str| -> Value {
            let value = &found["ConsumerDescription"][name];
            if value.is_string() { value.clone() } else { value.to_string().into() }
        };
        let attributes = ["ConsumerARN", "ConsumerCreationTimestamp", "ConsumerName", "ConsumerStatus", "StreamARN"];
        Ok(MadeResource::new(&arn, attributes.map(|name| (name, attribute(name)))))
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let named = json!({ "ConsumerARN": made.physical });
        let mut found = context.read(SERVICE, "DescribeStreamConsumer", named, "/ConsumerDescription").await?;
        let tagged = json!({ "ResourceARN": made.physical });
        found["Tags"] = context.read_part(SERVICE, "ListTagsForResource", tagged, "/Tags").await?;
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake(SERVICE, "DeregisterStreamConsumer", json!({ "ConsumerARN": made.physical })).await
    }
}

const SERVICE: &str = "kinesis";
