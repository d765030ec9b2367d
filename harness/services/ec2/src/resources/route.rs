//! `AWS::EC2::Route`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-route.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick, text};
use serde_json::Value;

pub(super) struct Route;

#[async_trait]
impl ResourceProvider for Route {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["DestinationCidrBlock", "GatewayId", "NatGatewayId", "RouteTableId"],
                attributes: &["CidrBlock"],
                ..ResourceFacts::new("AWS::EC2::Route")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        context.make("ec2", "CreateRoute", properties.clone()).await?;
        let destination = text(properties, "/DestinationCidrBlock");
        let id = format!("{}|{destination}", text(properties, "/RouteTableId"));
        context.exists(&id);
        Ok(MadeResource::new(id, [("CidrBlock", destination.into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        context.make("ec2", "ReplaceRoute", properties.clone()).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = pick(&made.properties, &["RouteTableId", "DestinationCidrBlock"]);
        context.unmake("ec2", "DeleteRoute", input).await
    }
}
