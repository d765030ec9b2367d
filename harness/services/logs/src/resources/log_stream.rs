//! `AWS::Logs::LogStream`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-logstream.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, text};
use serde_json::{Value, json};

pub(super) struct LogStream;

#[async_trait]
impl ResourceProvider for LogStream {
    fn facts(&self) -> &'static ResourceFacts {
        const { &ResourceFacts { properties: &["LogGroupName", "LogStreamName"], ..ResourceFacts::new("AWS::Logs::LogStream") } }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "LogStreamName", 512);
        let input = json!({"logGroupName": properties.get("LogGroupName"), "logStreamName": name});
        context.make("logs", "CreateLogStream", input).await?;
        context.exists(&name);
        Ok(MadeResource::new(name, []))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = json!({"logGroupName": text(&made.properties, "/LogGroupName"), "logStreamName": made.physical});
        context.unmake("logs", "DeleteLogStream", input).await
    }
}
