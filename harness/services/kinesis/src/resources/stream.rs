//! `AWS::Kinesis::Stream`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kinesis-stream.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TagChange, changed, tag_map, text,
};
use serde_json::{Value, json};

/// Hours, if it is not given.
const RETENTION: i64 = 24;
/// KiB, if it is not given.
const RECORD_SIZE: i64 = 1024;

pub(super) struct Stream;

#[async_trait]
impl ResourceProvider for Stream {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "MaxRecordSizeInKiB",
                    "Name",
                    "RetentionPeriodHours",
                    "ShardCount",
                    "StreamEncryption",
                    "StreamModeDetails",
                    "Tags",
                ],
                naming: Some("Name"),
                attributes: &["Arn"],
                ..ResourceFacts::new("AWS::Kinesis::Stream")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "Name", 128);
        let tags = tag_map(properties);
        let input = json!({
            "StreamName": name,
            "ShardCount": properties.get("ShardCount"),
            "StreamModeDetails": properties.get("StreamModeDetails"),
            "MaxRecordSizeInKiB": properties.get("MaxRecordSizeInKiB"),
            "Tags": if tags.as_object().is_some_and(|tags| tags.is_empty()) { Value::Null } else { tags },
        });
        context.make(SERVICE, "CreateStream", input).await?;
        context.exists(&name);
        let arn = active(context, &name).await?;
        retain(context, &name, RETENTION, hours(properties)).await?;
        if let Some(encryption) = properties.get("StreamEncryption") {
            start_encryption(context, &name, encryption).await?;
        }
        Ok(MadeResource::new(&name, [("Arn", arn.into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (name, before) = (old.physical.as_str(), &old.properties);
        let arn = active(context, name).await?;
        retain(context, name, hours(before), hours(properties)).await?;
        if changed(before, properties, "StreamModeDetails").is_some() {
            let mode = properties.get("StreamModeDetails").cloned().unwrap_or_else(|| json!({ "StreamMode": "PROVISIONED" }));
            context.make(SERVICE, "UpdateStreamMode", json!({ "StreamARN": arn, "StreamModeDetails": mode })).await?;
            active(context, name).await?;
        }
        if let (Some((before, _)), Some(count)) = (changed(before, properties, "ShardCount"), properties.get("ShardCount"))
            && before != count
        {
            let input = json!({ "StreamName": name, "TargetShardCount": count, "ScalingType": "UNIFORM_SCALING" });
            context.make(SERVICE, "UpdateShardCount", input).await?;
            active(context, name).await?;
        }
        if changed(before, properties, "MaxRecordSizeInKiB").is_some() {
            let size = properties.get("MaxRecordSizeInKiB").and_then(Value::as_i64).unwrap_or(RECORD_SIZE);
            context.make(SERVICE, "UpdateMaxRecordSize", json!({ "StreamARN": arn, "MaxRecordSizeInKiB": size })).await?;
            active(context, name).await?;
        }
        if let Some((before, _)) = changed(before, properties, "StreamEncryption") {
            match properties.get("StreamEncryption") {
                Some(encryption) => start_encryption(context, name, encryption).await?,
                None => {
                    let mut input = before.clone();
                    input["StreamName"] = name.into();
                    context.make(SERVICE, "StopStreamEncryption", input).await?;
                    active(context, name).await?;
                }
            }
        }
        let tags = TagChange::between(before, properties);
        if let Some(keys) = tags.removed() {
            context.make(SERVICE, "RemoveTagsFromStream", json!({ "StreamName": name, "TagKeys": keys })).await?;
        }
        if let Some(tags) = tags.set_map() {
            context.make(SERVICE, "AddTagsToStream", json!({ "StreamName": name, "Tags": tags })).await?;
        }
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let named = json!({ "StreamName": made.physical });
        let found = context.read(SERVICE, "DescribeStreamSummary", named.clone(), "/StreamDescriptionSummary").await?;
        let tags = context.read_part(SERVICE, "ListTagsForStream", named, "/Tags").await?;
        let is_provisioned = found["StreamModeDetails"]["StreamMode"] == "PROVISIONED";
        let encryption = json!({ "EncryptionType": found["EncryptionType"], "KeyId": found.get("KeyId") });
        Ok(json!({
            "Arn": found["StreamARN"],
            "Name": found["StreamName"],
            "RetentionPeriodHours": found["RetentionPeriodHours"],
            "MaxRecordSizeInKiB": found["MaxRecordSizeInKiB"],
            "ShardCount": is_provisioned.then(|| found["OpenShardCount"].clone()),
            "StreamModeDetails": found["StreamModeDetails"],
            "StreamEncryption": (found["EncryptionType"] == "KMS").then_some(encryption),
            "Tags": tags,
        }))
    }

    /// Its consumers go with it.
    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = json!({ "StreamName": made.physical, "EnforceConsumerDeletion": true });
        context.unmake(SERVICE, "DeleteStream", input).await
    }
}

const SERVICE: &str = "kinesis";

fn hours(properties: &Value) -> i64 {
    properties.get("RetentionPeriodHours").and_then(Value::as_i64).unwrap_or(RETENTION)
}

/// Waits until the stream is whole again, and returns its ARN.
async fn active(context: &Context, name: &str) -> Result<String> {
    let is_active = |answer: &Value| Ok(text(answer, "/StreamDescriptionSummary/StreamStatus") == "ACTIVE");
    let found = context.until(SERVICE, "DescribeStreamSummary", json!({ "StreamName": name }), is_active).await?;
    Ok(text(&found, "/StreamDescriptionSummary/StreamARN"))
}

async fn retain(context: &Context, name: &str, before: i64, after: i64) -> Result<()> {
    let operation = match before.cmp(&after) {
        std::cmp::Ordering::Less => "IncreaseStreamRetentionPeriod",
        std::cmp::Ordering::Equal => return Ok(()),
        std::cmp::Ordering::Greater => "DecreaseStreamRetentionPeriod",
    };
    context.make(SERVICE, operation, json!({ "StreamName": name, "RetentionPeriodHours": after })).await?;
    active(context, name).await.map(drop)
}

async fn start_encryption(context: &Context, name: &str, encryption: &Value) -> Result<()> {
    let mut input = encryption.clone();
    input["StreamName"] = name.into();
    context.make(SERVICE, "StartStreamEncryption", input).await?;
    active(context, name).await.map(drop)
}
