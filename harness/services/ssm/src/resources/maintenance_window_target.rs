//! `AWS::SSM::MaintenanceWindowTarget`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-maintenancewindowtarget.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick, text};
use serde_json::{Value, json};

pub(super) struct MaintenanceWindowTarget;

#[async_trait]
impl ResourceProvider for MaintenanceWindowTarget {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Description", "Name", "OwnerInformation", "ResourceType", "Targets", "WindowId"],
                attributes: &["WindowTargetId"],
                ..ResourceFacts::new("AWS::SSM::MaintenanceWindowTarget")
            }
        }
    }

    /// The type of resources, which no update of a target changes.
    fn replaces(&self, property: &str, _new: &Value) -> Option<bool> {
        (property == "ResourceType").then_some(true)
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let settings = ["Description", "Name", "OwnerInformation", "ResourceType", "Targets", "WindowId"];
        let made = context.make("ssm", "RegisterTargetWithMaintenanceWindow", pick(properties, &settings)).await?;
        let id = text(&made, "/WindowTargetId");
        context.exists(&id);
        Ok(MadeResource::new(&id, [("WindowTargetId", id.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(properties, &["Description", "Name", "OwnerInformation", "Targets", "WindowId"]);
        input["WindowTargetId"] = old.physical.as_str().into();
        input["Replace"] = true.into();
        context.make("ssm", "UpdateMaintenanceWindowTarget", input).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = json!({ "WindowId": made.properties.get("WindowId"), "WindowTargetId": made.physical });
        context.unmake("ssm", "DeregisterTargetFromMaintenanceWindow", input).await
    }
}
