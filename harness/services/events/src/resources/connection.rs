//! `AWS::Events::Connection`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-connection.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TemplateValue, pick, text};
use serde_json::{Map, Value, json};

pub(super) struct Connection;

#[async_trait]
impl ResourceProvider for Connection {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["AuthParameters", "AuthorizationType", "Description", "Name"],
                naming: Some("Name"),
                attributes: &["Arn", "ArnForPolicy", "SecretArn"],
                ..ResourceFacts::new("AWS::Events::Connection")
            }
        }
    }

    fn lacking_value(&self, value: &TemplateValue<'_>) -> Option<String> {
        let is_private = value.path == ["AuthParameters", "ConnectivityParameters"];
        is_private.then(|| "`AuthParameters.ConnectivityParameters` of `AWS::Events::Connection`".to_owned())
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "Name", 64);
        let mut input = pick(properties, &["AuthParameters", "AuthorizationType", "Description"]);
        input["Name"] = name.as_str().into();
        context.make("events", "CreateConnection", input).await?;
        context.exists(&name);
        let found = context.make("events", "DescribeConnection", json!({"Name": name})).await?;
        Ok(MadeResource { physical: name, attributes: attributes(&found), ..MadeResource::default() })
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(properties, &["AuthParameters", "AuthorizationType"]);
        input["Name"] = old.physical.as_str().into();
        input["Description"] = text(properties, "/Description").into();
        context.make("events", "UpdateConnection", input).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let mut found = context.read("events", "DescribeConnection", json!({"Name": made.physical}), "").await?;
        for (name, value) in attributes(&found) {
            found[name] = value;
        }
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("events", "DeleteConnection", json!({"Name": made.physical})).await
    }
}

fn attributes(found: &Value) -> Map<String, Value> {
    let (arn, secret) = (text(found, "/ConnectionArn"), text(found, "/SecretArn"));
    let of_policy = for_policy(&arn);
    let attributes = [("Arn", arn), ("ArnForPolicy", of_policy), ("SecretArn", secret)];
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// An ARN as policies name it: without the id that stands after the name.
pub(super) fn for_policy(arn: &str) -> String {
    arn.rsplit_once('/').map_or(arn, |(before, _)| before).to_owned()
}
