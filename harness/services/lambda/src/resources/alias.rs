//! `AWS::Lambda::Alias`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-alias.html>

use async_trait::async_trait;
use nightproof_journal::Event;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick, text};
use serde_json::{Map, Value, json};

use super::provisioned_concurrency;

pub(super) struct Alias;

#[async_trait]
impl ResourceProvider for Alias {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "Description",
                    "FunctionName",
                    "FunctionVersion",
                    "Name",
                    provisioned_concurrency::PROPERTY,
                    "RoutingConfig",
                ],
                attributes: &["AliasArn"],
                ..ResourceFacts::new("AWS::Lambda::Alias")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let arn = text(&context.make("lambda", "CreateAlias", input(properties)).await?, "/AliasArn");
        context.exists(&arn);
        provisioned_concurrency::set(context, &text(properties, "/Name"), &Value::Null, properties).await?;
        tell_recorded(context);
        Ok(MadeResource::new(&arn, [("AliasArn", arn.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        context.make("lambda", "UpdateAlias", input(properties)).await?;
        provisioned_concurrency::set(context, &text(properties, "/Name"), &old.properties, properties).await?;
        tell_recorded(context);
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("lambda", "DeleteAlias", pick(&made.properties, &["FunctionName", "Name"])).await
    }
}

/// Tells the journal of a policy by which CodeDeploy would shift the traffic of an update, which is shifted at once here.
fn tell_recorded(context: &Context) {
    if context.update_policy().is_some() {
        let (logical_id, kind) = (context.logical_id().to_owned(), "AWS::Lambda::Alias".to_owned());
        context.handle().journal().record(Event::Recorded { logical_id, kind, properties: vec!["UpdatePolicy".to_owned()] });
    }
}

/// All that an alias is: members that are not given are emptied by an update.
fn input(properties: &Value) -> Value {
    let mut input = pick(properties, &["FunctionName", "FunctionVersion", "Name"]);
    input["Description"] = properties.get("Description").cloned().unwrap_or_else(|| "".into());
    let weights = properties.pointer("/RoutingConfig/AdditionalVersionWeights").and_then(Value::as_array);
    let weight = |one: &Value| (text(one, "/FunctionVersion"), one.get("FunctionWeight").cloned().unwrap_or_default());
    let weights: Map<String, Value> = weights.into_iter().flatten().map(weight).collect();
    input["RoutingConfig"] = json!({ "AdditionalVersionWeights": weights });
    input
}
