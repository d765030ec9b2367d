//! `AWS::Lambda::Url`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-url.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick, text};
use serde_json::{Value, json};

pub(super) struct Url;

#[async_trait]
impl ResourceProvider for Url {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["AuthType", "Cors", "InvokeMode", "Qualifier", "TargetFunctionArn"],
                attributes: &["FunctionArn", "FunctionUrl"],
                ..ResourceFacts::new("AWS::Lambda::Url")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let answer = context.make("lambda", "CreateFunctionUrlConfig", input(properties)).await?;
        let (arn, url) = (text(&answer, "/FunctionArn"), text(&answer, "/FunctionUrl"));
        context.exists(&arn);
        Ok(MadeResource::new(&arn, [("FunctionArn", arn.as_str().into()), ("FunctionUrl", url.into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let mut input = input(properties);
        if properties.get("Cors").is_none() {
            input["Cors"] = json!({});
        }
        if properties.get("InvokeMode").is_none() {
            input["InvokeMode"] = "BUFFERED".into();
        }
        context.make("lambda", "UpdateFunctionUrlConfig", input).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = pick(&input(&made.properties), &["FunctionName", "Qualifier"]);
        context.unmake("lambda", "DeleteFunctionUrlConfig", input).await
    }
}

fn input(properties: &Value) -> Value {
    let mut input = pick(properties, &["AuthType", "Cors", "InvokeMode", "Qualifier"]);
    input["FunctionName"] = properties.get("TargetFunctionArn").cloned().unwrap_or_default();
    input
}
