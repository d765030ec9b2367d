//! `AWS::Events::ApiDestination`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-apidestination.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, pick, text};
use serde_json::{Value, json};

use super::connection::for_policy;

pub(super) struct ApiDestination;

const GIVEN: &[&str] = &["ConnectionArn", "HttpMethod", "InvocationEndpoint"];
/// Calls a second that a destination takes if its template does not say.
const RATE: u32 = 300;

#[async_trait]
impl ResourceProvider for ApiDestination {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "ConnectionArn",
                    "Description",
                    "HttpMethod",
                    "InvocationEndpoint",
                    "InvocationRateLimitPerSecond",
                    "Name",
                ],
                naming: Some("Name"),
                attributes: &["Arn", "ArnForPolicy"],
                ..ResourceFacts::new("AWS::Events::ApiDestination")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "Name", 64);
        let mut input = pick(properties, GIVEN);
        for optional in ["Description", "InvocationRateLimitPerSecond"] {
            input[optional] = properties.get(optional).cloned().unwrap_or_default();
        }
        input["Name"] = name.as_str().into();
        let made = context.make("events", "CreateApiDestination", input).await?;
        context.exists(&name);
        let arn = text(&made, "/ApiDestinationArn");
        let of_policy = for_policy(&arn);
        Ok(MadeResource::new(name, [("Arn", arn.into()), ("ArnForPolicy", of_policy.into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(properties, GIVEN);
        input["Name"] = old.physical.as_str().into();
        input["Description"] = text(properties, "/Description").into();
        let rate = properties.get("InvocationRateLimitPerSecond").cloned();
        input["InvocationRateLimitPerSecond"] = rate.unwrap_or_else(|| RATE.into());
        context.make("events", "UpdateApiDestination", input).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let mut found = context.read("events", "DescribeApiDestination", json!({"Name": made.physical}), "").await?;
        let arn = text(&found, "/ApiDestinationArn");
        found["ArnForPolicy"] = for_policy(&arn).into();
        found["Arn"] = arn.into();
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("events", "DeleteApiDestination", json!({"Name": made.physical})).await
    }
}
