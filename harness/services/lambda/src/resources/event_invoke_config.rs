//! `AWS::Lambda::EventInvokeConfig`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick};
use serde_json::Value;

pub(super) struct EventInvokeConfig;

#[async_trait]
impl ResourceProvider for EventInvokeConfig {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "DestinationConfig",
                    "FunctionName",
                    "MaximumEventAgeInSeconds",
                    "MaximumRetryAttempts",
                    "Qualifier",
                ],
                ..ResourceFacts::new("AWS::Lambda::EventInvokeConfig")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let id = context.name(64);
        context.make("lambda", "PutFunctionEventInvokeConfig", properties.clone()).await?;
        context.exists(&id);
        Ok(MadeResource::new(id, []))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        context.make("lambda", "PutFunctionEventInvokeConfig", properties.clone()).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = pick(&made.properties, &["FunctionName", "Qualifier"]);
        context.unmake("lambda", "DeleteFunctionEventInvokeConfig", input).await
    }
}
