//! Networks: VPCs, subnets, gateways, route tables and routes.

use serde_json::{Value, json};

use super::Result;
use super::context::{Context, changed, made, pick, tag_specification, text, typed};
use super::tag;
use crate::stack::MadeResource;

const BOOLEANS: &[&str] = &["EnableDnsSupport", "EnableDnsHostnames", "MapPublicIpOnLaunch"];

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    let properties = &typed(properties, &[], BOOLEANS);
    match kind {
        "AWS::EC2::VPC" => vpc(context, properties).await,
        "AWS::EC2::Subnet" => subnet(context, properties).await,
        "AWS::EC2::InternetGateway" => {
            let input = json!({"TagSpecifications": tag_specification("internet-gateway", properties)});
            let answer = context.make("ec2", "CreateInternetGateway", input).await?;
            let id = text(&answer, "/InternetGateway/InternetGatewayId");
            context.exists(&id);
            Ok(made(&id, [("InternetGatewayId", id.as_str().into())]))
        }
        "AWS::EC2::VPCGatewayAttachment" => {
            context.make("ec2", "AttachInternetGateway", pick(properties, &["VpcId", "InternetGatewayId"])).await?;
            let id = format!("IGW|{}", text(properties, "/VpcId"));
            context.exists(&id);
            Ok(made(id, [("AttachmentType", "IGW".into())]))
        }
        "AWS::EC2::RouteTable" => {
            let input =
                json!({"VpcId": properties.get("VpcId"), "TagSpecifications": tag_specification("route-table", properties)});
            let id = text(&context.make("ec2", "CreateRouteTable", input).await?, "/RouteTable/RouteTableId");
            context.exists(&id);
            Ok(made(&id, [("RouteTableId", id.as_str().into())]))
        }
        "AWS::EC2::Route" => {
            context.make("ec2", "CreateRoute", properties.clone()).await?;
            let destination = text(properties, "/DestinationCidrBlock");
            let id = format!("{}|{destination}", text(properties, "/RouteTableId"));
            context.exists(&id);
            Ok(made(id, [("CidrBlock", destination.into())]))
        }
        _ => {
            let id = text(&context.make("ec2", "AssociateRouteTable", properties.clone()).await?, "/AssociationId");
            context.exists(&id);
            Ok(made(&id, [("Id", id.as_str().into())]))
        }
    }
}

async fn vpc(context: &Context, properties: &Value) -> Result<MadeResource> {
    let mut input = pick(properties, &["CidrBlock", "InstanceTenancy"]);
    input["TagSpecifications"] = tag_specification("vpc", properties);
    let answer = context.make("ec2", "CreateVpc", input).await?;
    let id = text(&answer, "/Vpc/VpcId");
    context.exists(&id);
    vpc_attributes(context, &id, &Value::Null, properties).await?;
    let groups = json!({"Filters": [{"Name": "vpc-id", "Values": [id]}, {"Name": "group-name", "Values": ["default"]}]});
    let groups = context.make("ec2", "DescribeSecurityGroups", groups).await?;
    let default = text(&groups, "/SecurityGroups/0/GroupId");
    Ok(made(
        &id,
        [
            ("VpcId", id.as_str().into()),
            ("CidrBlock", text(&answer, "/Vpc/CidrBlock").into()),
            ("DefaultSecurityGroup", default.into()),
        ],
    ))
}

async fn vpc_attributes(context: &Context, id: &str, old: &Value, new: &Value) -> Result<()> {
    for (attribute, default) in [("EnableDnsSupport", true), ("EnableDnsHostnames", false)] {
        if let Some((_, value)) = changed(old, new, attribute) {
            let mut input = json!({"VpcId": id});
            input[attribute] = json!({"Value": value.as_bool().unwrap_or(default)});
            context.make("ec2", "ModifyVpcAttribute", input).await?;
        }
    }
    Ok(())
}

async fn subnet(context: &Context, properties: &Value) -> Result<MadeResource> {
    let mut input = pick(properties, &["VpcId", "CidrBlock", "AvailabilityZone"]);
    input["TagSpecifications"] = tag_specification("subnet", properties);
    let answer = context.make("ec2", "CreateSubnet", input).await?;
    let id = text(&answer, "/Subnet/SubnetId");
    context.exists(&id);
    subnet_attributes(context, &id, &Value::Null, properties).await?;
    let attribute = |name: &str| Value::from(text(&answer, &format!("/Subnet/{name}")));
    Ok(made(
        &id,
        [
            ("SubnetId", id.as_str().into()),
            ("AvailabilityZone", attribute("AvailabilityZone")),
            ("VpcId", attribute("VpcId")),
            ("CidrBlock", attribute("CidrBlock")),
        ],
    ))
}

async fn subnet_attributes(context: &Context, id: &str, old: &Value, new: &Value) -> Result<()> {
    if let Some((_, value)) = changed(old, new, "MapPublicIpOnLaunch") {
        let input = json!({"SubnetId": id, "MapPublicIpOnLaunch": {"Value": value.as_bool().unwrap_or(false)}});
        context.make("ec2", "ModifySubnetAttribute", input).await?;
    }
    Ok(())
}

pub(super) async fn update(context: &Context, kind: &str, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (id, properties) = (&old.physical, &typed(properties, &[], BOOLEANS));
    let before = &typed(&old.properties, &[], BOOLEANS);
    match kind {
        "AWS::EC2::VPC" => {
            vpc_attributes(context, id, before, properties).await?;
            if let Some((_, tenancy)) = changed(before, properties, "InstanceTenancy") {
                let tenancy = tenancy.as_str().unwrap_or("default");
                context.make("ec2", "ModifyVpcTenancy", json!({"VpcId": id, "InstanceTenancy": tenancy})).await?;
            }
        }
        "AWS::EC2::Subnet" => subnet_attributes(context, id, before, properties).await?,
        "AWS::EC2::VPCGatewayAttachment" if changed(before, properties, "InternetGatewayId").is_some() => {
            context.unmake("ec2", "DetachInternetGateway", pick(before, &["VpcId", "InternetGatewayId"])).await?;
            // Undoing an update that failed on the way, the gateway may be there already.
            context
                .make_or(
                    "ec2",
                    "AttachInternetGateway",
                    pick(properties, &["VpcId", "InternetGatewayId"]),
                    "Resource.AlreadyAssociated",
                )
                .await?;
        }
        "AWS::EC2::Route" => {
            context.make("ec2", "ReplaceRoute", properties.clone()).await?;
        }
        "AWS::EC2::SubnetRouteTableAssociation" => {
            let input = json!({"AssociationId": id, "RouteTableId": properties.get("RouteTableId")});
            let id = text(&context.make("ec2", "ReplaceRouteTableAssociation", input).await?, "/NewAssociationId");
            context.exists(&id);
            return Ok(made(&id, [("Id", id.as_str().into())]));
        }
        _ => {}
    }
    retag(context, id, &old.properties, properties).await?;
    Ok(old.clone())
}

/// Changes the tags of a resource of EC2.
pub(super) async fn retag(context: &Context, id: &str, old: &Value, new: &Value) -> Result<()> {
    let tags = tag::Changed::between(old, new);
    if let Some(keys) = tags.removed() {
        let keys: Vec<Value> = keys.as_array().into_iter().flatten().map(|key| json!({"Key": key})).collect();
        context.make("ec2", "DeleteTags", json!({"Resources": [id], "Tags": keys})).await?;
    }
    if let Some(tags) = tags.set("Key", "Value") {
        context.make("ec2", "CreateTags", json!({"Resources": [id], "Tags": tags})).await?;
    }
    Ok(())
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    let (id, properties) = (&made.physical, &made.properties);
    let (operation, input) = match kind {
        "AWS::EC2::VPC" => ("DeleteVpc", json!({"VpcId": id})),
        "AWS::EC2::Subnet" => ("DeleteSubnet", json!({"SubnetId": id})),
        "AWS::EC2::InternetGateway" => ("DeleteInternetGateway", json!({"InternetGatewayId": id})),
        "AWS::EC2::VPCGatewayAttachment" => ("DetachInternetGateway", pick(properties, &["VpcId", "InternetGatewayId"])),
        "AWS::EC2::RouteTable" => ("DeleteRouteTable", json!({"RouteTableId": id})),
        "AWS::EC2::Route" => ("DeleteRoute", pick(properties, &["RouteTableId", "DestinationCidrBlock"])),
        _ => ("DisassociateRouteTable", json!({"AssociationId": id})),
    };
    context.unmake("ec2", operation, input).await
}
