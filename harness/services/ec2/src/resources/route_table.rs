//! `AWS::EC2::RouteTable`, and its association with a subnet
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-routetable.html>
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-subnetroutetableassociation.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, text};
use serde_json::{Value, json};

use super::tags::{change_tags, tag_specification};

pub(super) struct RouteTable;

#[async_trait]
impl ResourceProvider for RouteTable {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Tags", "VpcId"],
                attributes: &["RouteTableId"],
                ..ResourceFacts::new("AWS::EC2::RouteTable")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let tags = tag_specification("route-table", properties);
        let input = json!({"VpcId": properties.get("VpcId"), "TagSpecifications": tags});
        let id = text(&context.make("ec2", "CreateRouteTable", input).await?, "/RouteTable/RouteTableId");
        context.exists(&id);
        Ok(MadeResource::new(&id, [("RouteTableId", id.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        change_tags(context, &old.physical, &old.properties, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        context.read("ec2", "DescribeRouteTables", json!({"RouteTableIds": [made.physical]}), "/RouteTables/0").await
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ec2", "DeleteRouteTable", json!({"RouteTableId": made.physical})).await
    }
}

pub(super) struct SubnetRouteTableAssociation;

#[async_trait]
impl ResourceProvider for SubnetRouteTableAssociation {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["RouteTableId", "SubnetId"],
                attributes: &["Id"],
                ..ResourceFacts::new("AWS::EC2::SubnetRouteTableAssociation")
            }
        }
    }

    /// A subnet has one route table at a time: the association is replaced by one call, not by two side by side.
    fn replaces(&self, property: &str, _new: &Value) -> Option<bool> {
        (property == "RouteTableId").then_some(false)
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let id = text(&context.make("ec2", "AssociateRouteTable", properties.clone()).await?, "/AssociationId");
        context.exists(&id);
        Ok(MadeResource::new(&id, [("Id", id.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let input = json!({"AssociationId": old.physical, "RouteTableId": properties.get("RouteTableId")});
        let id = text(&context.make("ec2", "ReplaceRouteTableAssociation", input).await?, "/NewAssociationId");
        context.exists(&id);
        Ok(MadeResource::new(&id, [("Id", id.as_str().into())]))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ec2", "DisassociateRouteTable", json!({"AssociationId": made.physical})).await
    }
}
