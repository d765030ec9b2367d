//! `AWS::EC2::Subnet`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-subnet.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, changed, pick, text};
use serde_json::{Value, json};

use super::tags::{change_tags, tag_specification};

pub(super) struct Subnet;

#[async_trait]
impl ResourceProvider for Subnet {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["AvailabilityZone", "CidrBlock", "MapPublicIpOnLaunch", "Tags", "VpcId"],
                attributes: &["AvailabilityZone", "CidrBlock", "SubnetId", "VpcId"],
                ..ResourceFacts::new("AWS::EC2::Subnet")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let mut input = pick(properties, &["VpcId", "CidrBlock", "AvailabilityZone"]);
        input["TagSpecifications"] = tag_specification("subnet", properties);
        let answer = context.make("ec2", "CreateSubnet", input).await?;
        let id = text(&answer, "/Subnet/SubnetId");
        context.exists(&id);
        change_attributes(context, &id, &Value::Null, properties).await?;
        let attribute = |name: &str| Value::from(text(&answer, &format!("/Subnet/{name}")));
        Ok(MadeResource::new(
            &id,
            [
                ("SubnetId", id.as_str().into()),
                ("AvailabilityZone", attribute("AvailabilityZone")),
                ("VpcId", attribute("VpcId")),
                ("CidrBlock", attribute("CidrBlock")),
            ],
        ))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        change_attributes(context, &old.physical, &old.properties, properties).await?;
        change_tags(context, &old.physical, &old.properties, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        context.read("ec2", "DescribeSubnets", json!({"SubnetIds": [made.physical]}), "/Subnets/0").await
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ec2", "DeleteSubnet", json!({"SubnetId": made.physical})).await
    }
}

async fn change_attributes(context: &Context, id: &str, old: &Value, new: &Value) -> Result<()> {
    if let Some((_, value)) = changed(old, new, "MapPublicIpOnLaunch") {
        let input = json!({"SubnetId": id, "MapPublicIpOnLaunch": {"Value": value.as_bool().unwrap_or(false)}});
        context.make("ec2", "ModifySubnetAttribute", input).await?;
    }
    Ok(())
}
