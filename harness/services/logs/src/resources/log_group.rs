//! `AWS::Logs::LogGroup`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TagChange, Unread, changed, tag_map,
};
use serde_json::{Value, json};

pub(super) struct LogGroup;

#[async_trait]
impl ResourceProvider for LogGroup {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["KmsKeyId", "LogGroupName", "RetentionInDays", "Tags"],
                naming: Some("LogGroupName"),
                attributes: &["Arn"],
                ..ResourceFacts::new("AWS::Logs::LogGroup")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "LogGroupName", 512);
        let input = json!({"logGroupName": name, "kmsKeyId": properties.get("KmsKeyId"), "tags": tag_map(properties)});
        context.make("logs", "CreateLogGroup", input).await?;
        context.exists(&name);
        retain(context, &name, &Value::Null, properties).await?;
        let arn = format!("{}:*", arn(context, &name));
        Ok(MadeResource::new(name, [("Arn", arn.into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (name, before) = (&old.physical, &old.properties);
        retain(context, name, before, properties).await?;
        match changed(before, properties, "KmsKeyId") {
            None => {}
            Some((_, Value::Null)) => context.unmake("logs", "DisassociateKmsKey", json!({"logGroupName": name})).await?,
            Some((_, key)) => {
                context.make("logs", "AssociateKmsKey", json!({"logGroupName": name, "kmsKeyId": key})).await?;
            }
        }
        let (tags, arn) = (TagChange::between(before, properties), arn(context, name));
        if let Some(keys) = tags.removed() {
            context.make("logs", "UntagResource", json!({"resourceArn": arn, "tagKeys": keys})).await?;
        }
        if let Some(tags) = tags.set_map() {
            context.make("logs", "TagResource", json!({"resourceArn": arn, "tags": tags})).await?;
        }
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let groups =
            context.read_part("logs", "DescribeLogGroups", json!({"logGroupNamePrefix": made.physical}), "/logGroups").await?;
        let is_it = |group: &&Value| group.get("logGroupName").and_then(Value::as_str) == Some(made.physical.as_str());
        let group = groups.as_array().and_then(|groups| groups.iter().find(is_it)).ok_or(Unread::Gone)?;
        let tags = json!({"resourceArn": arn(context, &made.physical)});
        Ok(json!({
            "Arn": group.get("arn"),
            "KmsKeyId": group.get("kmsKeyId"),
            "LogGroupName": made.physical,
            "RetentionInDays": group.get("retentionInDays"),
            "Tags": context.read_part("logs", "ListTagsForResource", tags, "/tags").await?,
        }))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("logs", "DeleteLogGroup", json!({"logGroupName": made.physical})).await
    }
}

fn arn(context: &Context, name: &str) -> String {
    context.arn("logs", format!("log-group:{name}"))
}

async fn retain(context: &Context, name: &str, old: &Value, new: &Value) -> Result<()> {
    match changed(old, new, "RetentionInDays") {
        None => Ok(()),
        Some((_, Value::Null)) => context.unmake("logs", "DeleteRetentionPolicy", json!({"logGroupName": name})).await,
        Some((_, days)) => {
            let input = json!({"logGroupName": name, "retentionInDays": days});
            context.make("logs", "PutRetentionPolicy", input).await.map(|_| ())
        }
    }
}
