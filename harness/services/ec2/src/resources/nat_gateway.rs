//! `AWS::EC2::NatGateway`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-natgateway.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, Unread, pick, text};
use serde_json::{Value, json};

use super::tags::{change_tags, tag_specification};

pub(super) struct NatGateway;

#[async_trait]
impl ResourceProvider for NatGateway {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["AllocationId", "ConnectivityType", "PrivateIpAddress", "SubnetId", "Tags"],
                attributes: &["NatGatewayId"],
                ..ResourceFacts::new("AWS::EC2::NatGateway")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(properties, &["AllocationId", "ConnectivityType", "PrivateIpAddress", "SubnetId"]);
        input["TagSpecifications"] = tag_specification("natgateway", properties);
        let id = text(&context.make("ec2", "CreateNatGateway", input).await?, "/NatGateway/NatGatewayId");
        context.exists(&id);
        Ok(MadeResource::new(&id, [("NatGatewayId", id.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        change_tags(context, &old.physical, &old.properties, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let input = json!({"NatGatewayIds": [made.physical]});
        let mut found = context.read("ec2", "DescribeNatGateways", input, "/NatGateways/0").await?;
        if matches!(text(&found, "/State").as_str(), "deleting" | "deleted") {
            return Err(Unread::Gone);
        }
        found["AllocationId"] = found.pointer("/NatGatewayAddresses/0/AllocationId").cloned().unwrap_or_default();
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ec2", "DeleteNatGateway", json!({"NatGatewayId": made.physical})).await
    }
}
