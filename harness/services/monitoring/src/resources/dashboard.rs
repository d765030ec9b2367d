//! `AWS::CloudWatch::Dashboard`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-dashboard.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, pick};
use serde_json::{Value, json};

pub(super) struct Dashboard;

#[async_trait]
impl ResourceProvider for Dashboard {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["DashboardBody", "DashboardName"],
                naming: Some("DashboardName"),
                ..ResourceFacts::new("AWS::CloudWatch::Dashboard")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "DashboardName", 255);
        put(context, &name, properties).await?;
        context.exists(&name);
        Ok(MadeResource::new(name.as_str(), []))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        put(context, &old.physical, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let found = context.read("monitoring", "GetDashboard", json!({ "DashboardName": made.physical }), "").await?;
        Ok(pick(&found, &["DashboardBody", "DashboardName"]))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("monitoring", "DeleteDashboards", json!({ "DashboardNames": [made.physical] })).await
    }
}

async fn put(context: &Context, name: &str, properties: &Value) -> Result<()> {
    let input = json!({ "DashboardName": name, "DashboardBody": properties["DashboardBody"] });
    context.make("monitoring", "PutDashboard", input).await.map(drop)
}
