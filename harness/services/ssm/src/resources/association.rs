//! `AWS::SSM::Association`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-association.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick, tag_list, text};
use serde_json::{Value, json};

use super::tags::change_tags;
use crate::association::TAGGED_AS;

/// What `CreateAssociation` and `UpdateAssociation` take.
const SETTINGS: [&str; 13] = [
    "ApplyOnlyAtCronInterval",
    "AssociationName",
    "ComplianceSeverity",
    "DocumentVersion",
    "MaxConcurrency",
    "MaxErrors",
    "Name",
    "OutputLocation",
    "Parameters",
    "ScheduleExpression",
    "ScheduleOffset",
    "SyncCompliance",
    "Targets",
];

pub(super) struct Association;

#[async_trait]
impl ResourceProvider for Association {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "ApplyOnlyAtCronInterval",
                    "AssociationName",
                    "ComplianceSeverity",
                    "DocumentVersion",
                    "InstanceId",
                    "MaxConcurrency",
                    "MaxErrors",
                    "Name",
                    "OutputLocation",
                    "Parameters",
                    "ScheduleExpression",
                    "ScheduleOffset",
                    "SyncCompliance",
                    "Tags",
                    "Targets",
                ],
                attributes: &["AssociationId"],
                ..ResourceFacts::new("AWS::SSM::Association")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(properties, &SETTINGS);
        input["InstanceId"] = properties.get("InstanceId").cloned().unwrap_or_default();
        input["Tags"] = tag_list(properties, "Key", "Value");
        let made = context.make("ssm", "CreateAssociation", input).await?;
        let id = text(&made, "/AssociationDescription/AssociationId");
        context.exists(&id);
        Ok(MadeResource::new(&id, [("AssociationId", id.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(properties, &SETTINGS);
        input["AssociationId"] = old.physical.as_str().into();
        context.make("ssm", "UpdateAssociation", input).await?;
        change_tags(context, TAGGED_AS, &old.physical, &old.properties, properties).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ssm", "DeleteAssociation", json!({ "AssociationId": made.physical })).await
    }
}
