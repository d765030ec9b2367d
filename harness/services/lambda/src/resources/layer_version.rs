//! `AWS::Lambda::LayerVersion`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-layerversion.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick, text};
use serde_json::{Value, json};

pub(super) struct LayerVersion;

#[async_trait]
impl ResourceProvider for LayerVersion {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "CompatibleArchitectures",
                    "CompatibleRuntimes",
                    "Content",
                    "Description",
                    "LayerName",
                    "LicenseInfo",
                ],
                members: &[("Content", &["S3Bucket", "S3Key", "S3ObjectVersion"])],
                attributes: &["LayerVersionArn"],
                ..ResourceFacts::new("AWS::Lambda::LayerVersion")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let mut input = properties.clone();
        // A new version has the name of the layer that there is: it is no name of the version's own.
        input["LayerName"] = match properties.get("LayerName") {
            Some(name) => name.clone(),
            None => context.name(140).into(),
        };
        let arn = text(&context.make("lambda", "PublishLayerVersion", input).await?, "/LayerVersionArn");
        context.exists(&arn);
        Ok(MadeResource::new(&arn, [("LayerVersionArn", arn.as_str().into())]))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let Some((layer, number)) = made.physical.rsplit_once(':') else { return Ok(()) };
        let input = json!({ "LayerName": layer, "VersionNumber": number.parse::<u64>().unwrap_or_default() });
        context.unmake("lambda", "DeleteLayerVersion", input).await
    }
}

/// `AWS::Lambda::LayerVersionPermission`
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-layerversionpermission.html>
pub(super) struct LayerVersionPermission;

#[async_trait]
impl ResourceProvider for LayerVersionPermission {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Action", "LayerVersionArn", "OrganizationId", "Principal"],
                attributes: &["Id"],
                ..ResourceFacts::new("AWS::Lambda::LayerVersionPermission")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let arn = text(properties, "/LayerVersionArn");
        let (layer, number) = arn.rsplit_once(':').ok_or_else(|| format!("{arn} is no version of a layer"))?;
        let sid = context.name(100);
        let mut input = pick(properties, &["Action", "OrganizationId", "Principal"]);
        input["LayerName"] = layer.into();
        input["VersionNumber"] = number.parse::<u64>().map_err(|_| format!("{arn} is no version of a layer"))?.into();
        input["StatementId"] = sid.as_str().into();
        context.make("lambda", "AddLayerVersionPermission", input).await?;
        let id = format!("{arn}#{sid}");
        context.exists(&id);
        Ok(MadeResource::new(&id, [("Id", id.as_str().into())]))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let Some((arn, sid)) = made.physical.split_once('#') else { return Ok(()) };
        let Some((layer, number)) = arn.rsplit_once(':') else { return Ok(()) };
        let number = number.parse::<u64>().unwrap_or_default();
        let input = json!({ "LayerName": layer, "VersionNumber": number, "StatementId": sid });
        context.unmake("lambda", "RemoveLayerVersionPermission", input).await
    }
}
