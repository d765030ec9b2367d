//! `AWS::SSM::MaintenanceWindow`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-maintenancewindow.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick, tag_list, text};
use serde_json::{Value, json};

use super::tags::change_tags;
use crate::maintenance_windows::window::TAGGED_AS;

/// What `CreateMaintenanceWindow` and `UpdateMaintenanceWindow` take.
const SETTINGS: [&str; 10] = [
    "AllowUnassociatedTargets",
    "Cutoff",
    "Description",
    "Duration",
    "EndDate",
    "Name",
    "Schedule",
    "ScheduleOffset",
    "ScheduleTimezone",
    "StartDate",
];

pub(super) struct MaintenanceWindow;

#[async_trait]
impl ResourceProvider for MaintenanceWindow {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "AllowUnassociatedTargets",
                    "Cutoff",
                    "Description",
                    "Duration",
                    "EndDate",
                    "Name",
                    "Schedule",
                    "ScheduleOffset",
                    "ScheduleTimezone",
                    "StartDate",
                    "Tags",
                ],
                attributes: &["WindowId"],
                ..ResourceFacts::new("AWS::SSM::MaintenanceWindow")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(properties, &SETTINGS);
        input["Tags"] = tag_list(properties, "Key", "Value");
        let made = context.make("ssm", "CreateMaintenanceWindow", input).await?;
        let id = text(&made, "/WindowId");
        context.exists(&id);
        Ok(MadeResource::new(&id, [("WindowId", id.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(properties, &SETTINGS);
        input["WindowId"] = old.physical.as_str().into();
        input["Replace"] = true.into();
        context.make("ssm", "UpdateMaintenanceWindow", input).await?;
        change_tags(context, TAGGED_AS, &old.physical, &old.properties, properties).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ssm", "DeleteMaintenanceWindow", json!({ "WindowId": made.physical })).await
    }
}
