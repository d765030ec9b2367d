//! `AWS::SQS::Queue`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TagChange, changed, document, policy, tag_map, text,
};
use serde_json::{Map, Value, json};

/// Attributes, and what they are if they are not given.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>
const ATTRIBUTES: [(&str, &str); 14] = [
    ("ContentBasedDeduplication", "false"),
    ("DeduplicationScope", "queue"),
    ("DelaySeconds", "0"),
    ("FifoQueue", "false"),
    ("FifoThroughputLimit", "perQueue"),
    ("KmsDataKeyReusePeriodSeconds", "300"),
    ("KmsMasterKeyId", ""),
    ("MaximumMessageSize", "262144"),
    ("MessageRetentionPeriod", "345600"),
    ("ReceiveMessageWaitTimeSeconds", "0"),
    ("RedriveAllowPolicy", ""),
    ("RedrivePolicy", ""),
    ("SqsManagedSseEnabled", "true"),
    ("VisibilityTimeout", "30"),
];

pub(super) struct Queue;

#[async_trait]
impl ResourceProvider for Queue {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "ContentBasedDeduplication",
                    "DeduplicationScope",
                    "DelaySeconds",
                    "FifoQueue",
                    "FifoThroughputLimit",
                    "KmsDataKeyReusePeriodSeconds",
                    "KmsMasterKeyId",
                    "MaximumMessageSize",
                    "MessageRetentionPeriod",
                    "QueueName",
                    "ReceiveMessageWaitTimeSeconds",
                    "RedriveAllowPolicy",
                    "RedrivePolicy",
                    "SqsManagedSseEnabled",
                    "Tags",
                    "VisibilityTimeout",
                ],
                naming: Some("QueueName"),
                attributes: &["Arn", "QueueName", "QueueUrl"],
                ..ResourceFacts::new("AWS::SQS::Queue")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let is_fifo = properties.get("FifoQueue").and_then(Value::as_bool).unwrap_or(false);
        let name = match properties.get("QueueName").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None if is_fifo => format!("{}.fifo", context.name(75)),
            None => context.name(80),
        };
        let given = ATTRIBUTES.into_iter().filter_map(|(name, _)| Some((name.to_owned(), policy(properties.get(name)?))));
        let attributes: Map<String, Value> = given.collect();
        let input = json!({"QueueName": name, "Attributes": attributes, "tags": tag_map(properties)});
        let url = text(&context.make("sqs", "CreateQueue", input).await?, "/QueueUrl");
        context.exists(&url);
        let arn = context.arn("sqs", &name);
        Ok(MadeResource::new(&url, [("Arn", arn.into()), ("QueueName", name.into()), ("QueueUrl", url.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (url, before) = (&old.physical, &old.properties);
        let differ = ATTRIBUTES.into_iter().filter(|(name, _)| changed(before, properties, name).is_some());
        let attributes: Map<String, Value> = differ
            .map(|(name, default)| (name.to_owned(), properties.get(name).map_or_else(|| default.into(), policy)))
            .collect();
        if !attributes.is_empty() {
            context.make("sqs", "SetQueueAttributes", json!({"QueueUrl": url, "Attributes": attributes})).await?;
        }
        let tags = TagChange::between(before, properties);
        if let Some(keys) = tags.removed() {
            context.make("sqs", "UntagQueue", json!({"QueueUrl": url, "TagKeys": keys})).await?;
        }
        if let Some(tags) = tags.set_map() {
            context.make("sqs", "TagQueue", json!({"QueueUrl": url, "Tags": tags})).await?;
        }
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let url = &made.physical;
        let input = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let attributes = context.read("sqs", "GetQueueAttributes", input, "/Attributes").await?;
        let attribute = |(name, _)| Some((String::from(name), document(Some(attributes.get(name)?))));
        let mut found: Map<String, Value> = ATTRIBUTES.into_iter().filter_map(attribute).collect();
        let arn = text(&attributes, "/QueueArn");
        found.insert("QueueName".to_owned(), arn.rsplit(':').next().into());
        found.insert("Arn".to_owned(), arn.into());
        found.insert("QueueUrl".to_owned(), url.as_str().into());
        let tags = context.read_part("sqs", "ListQueueTags", json!({"QueueUrl": url}), "/Tags").await?;
        found.insert("Tags".to_owned(), tags);
        Ok(found.into())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("sqs", "DeleteQueue", json!({"QueueUrl": made.physical})).await
    }
}
