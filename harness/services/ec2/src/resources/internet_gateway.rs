//! `AWS::EC2::InternetGateway`, and its attachment to a VPC
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-internetgateway.html>
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcgatewayattachment.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, changed, pick, text};
use serde_json::{Value, json};

use super::tags::{change_tags, tag_specification};

pub(super) struct InternetGateway;

#[async_trait]
impl ResourceProvider for InternetGateway {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Tags"],
                attributes: &["InternetGatewayId"],
                ..ResourceFacts::new("AWS::EC2::InternetGateway")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let input = json!({"TagSpecifications": tag_specification("internet-gateway", properties)});
        let answer = context.make("ec2", "CreateInternetGateway", input).await?;
        let id = text(&answer, "/InternetGateway/InternetGatewayId");
        context.exists(&id);
        Ok(MadeResource::new(&id, [("InternetGatewayId", id.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        change_tags(context, &old.physical, &old.properties, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let input = json!({"InternetGatewayIds": [made.physical]});
        context.read("ec2", "DescribeInternetGateways", input, "/InternetGateways/0").await
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ec2", "DeleteInternetGateway", json!({"InternetGatewayId": made.physical})).await
    }
}

pub(super) struct VpcGatewayAttachment;

#[async_trait]
impl ResourceProvider for VpcGatewayAttachment {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["InternetGatewayId", "VpcId"],
                attributes: &["AttachmentType"],
                ..ResourceFacts::new("AWS::EC2::VPCGatewayAttachment")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        context.make("ec2", "AttachInternetGateway", ends(properties)).await?;
        let id = format!("IGW|{}", text(properties, "/VpcId"));
        context.exists(&id);
        Ok(MadeResource::new(id, [("AttachmentType", "IGW".into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        if changed(&old.properties, properties, "InternetGatewayId").is_some() {
            context.unmake("ec2", "DetachInternetGateway", ends(&old.properties)).await?;
            // Undoing an update that failed half-way, the gateway may be there already.
            let tolerated = "Resource.AlreadyAssociated";
            context.make_or("ec2", "AttachInternetGateway", ends(properties), tolerated).await?;
        }
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ec2", "DetachInternetGateway", ends(&made.properties)).await
    }
}

fn ends(properties: &Value) -> Value {
    pick(properties, &["VpcId", "InternetGatewayId"])
}
