//! `AWS::Lambda::Version`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick, text};
use serde_json::{Value, json};

use super::provisioned_concurrency;

pub(super) struct Version;

#[async_trait]
impl ResourceProvider for Version {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["CodeSha256", "Description", "FunctionName", provisioned_concurrency::PROPERTY],
                attributes: &["FunctionArn", "Version"],
                ..ResourceFacts::new("AWS::Lambda::Version")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let published = published(context, properties).await?;
        let answer =
            context.make("lambda", "PublishVersion", pick(properties, &["CodeSha256", "Description", "FunctionName"])).await?;
        let (arn, number) = (text(&answer, "/FunctionArn"), text(&answer, "/Version"));
        // Lambda returns the last version again if the function has not changed since.
        if published.contains(&number) {
            return Err(format!(
                "A version for this Lambda function exists ( {number} ). Modify the function to create a new version."
            ));
        }
        context.exists(&arn);
        provisioned_concurrency::set(context, &number, &Value::Null, properties).await?;
        Ok(MadeResource::new(&arn, [("FunctionArn", arn.as_str().into()), ("Version", number.into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let number = old.physical.rsplit(':').next().unwrap_or_default();
        provisioned_concurrency::set(context, number, &old.properties, properties).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let number = made.physical.rsplit(':').next();
        let input = json!({ "FunctionName": made.properties.get("FunctionName"), "Qualifier": number });
        context.unmake("lambda", "DeleteFunction", input).await
    }
}

/// The versions that a function has.
async fn published(context: &Context, properties: &Value) -> Result<Vec<String>> {
    let (mut found, mut marker) = (Vec::new(), Value::Null);
    loop {
        let input = json!({ "FunctionName": properties.get("FunctionName"), "Marker": marker });
        let answer = context.make("lambda", "ListVersionsByFunction", input).await?;
        let versions = answer.get("Versions").and_then(Value::as_array).into_iter().flatten();
        found.extend(versions.map(|version| text(version, "/Version")));
        marker = answer.get("NextMarker").cloned().unwrap_or_default();
        if marker.as_str().is_none_or(str::is_empty) {
            return Ok(found);
        }
    }
}
