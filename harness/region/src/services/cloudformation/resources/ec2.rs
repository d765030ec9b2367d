//! `AWS::EC2::…`

use serde_json::{Value, json};

use super::Result;
use super::context::{Context, made, pick, text, typed};
use crate::services::cloudformation::stack::MadeResource;

const INTEGERS: &[&str] = &["FromPort", "ToPort", "HttpPutResponseHopLimit", "VolumeSize", "Iops", "Throughput", "DeviceIndex"];
const BOOLEANS: &[&str] = &[
    "EnableDnsSupport",
    "EnableDnsHostnames",
    "MapPublicIpOnLaunch",
    "Encrypted",
    "DeleteOnTermination",
    "DisableApiTermination",
    "EbsOptimized",
    "AssociatePublicIpAddress",
];

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    let properties = &typed(properties, INTEGERS, BOOLEANS);
    match kind {
        "AWS::EC2::VPC" => vpc(context, properties).await,
        "AWS::EC2::Subnet" => subnet(context, properties).await,
        "AWS::EC2::InternetGateway" => {
            let answer = context
                .make(
                    "ec2",
                    "CreateInternetGateway",
                    json!({"TagSpecifications": context.tag_specification("internet-gateway", properties)}),
                )
                .await?;
            let id = text(&answer, "/InternetGateway/InternetGatewayId");
            Ok(made(&id, [("InternetGatewayId", id.as_str().into())]))
        }
        "AWS::EC2::VPCGatewayAttachment" => {
            context.make("ec2", "AttachInternetGateway", pick(properties, &["VpcId", "InternetGatewayId"])).await?;
            Ok(made(format!("IGW|{}", text(properties, "/VpcId")), [("AttachmentType", "IGW".into())]))
        }
        "AWS::EC2::RouteTable" => {
            let input = json!({"VpcId": properties.get("VpcId"), "TagSpecifications": context.tag_specification("route-table", properties)});
            let id = text(&context.make("ec2", "CreateRouteTable", input).await?, "/RouteTable/RouteTableId");
            Ok(made(&id, [("RouteTableId", id.as_str().into())]))
        }
        "AWS::EC2::Route" => {
            context.make("ec2", "CreateRoute", properties.clone()).await?;
            let destination = text(properties, "/DestinationCidrBlock");
            Ok(made(format!("{}|{destination}", text(properties, "/RouteTableId")), [("CidrBlock", destination.into())]))
        }
        "AWS::EC2::SubnetRouteTableAssociation" => {
            let id = text(&context.make("ec2", "AssociateRouteTable", properties.clone()).await?, "/AssociationId");
            Ok(made(&id, [("Id", id.as_str().into())]))
        }
        "AWS::EC2::SecurityGroup" => security_group(context, properties).await,
        _ => instance(context, properties).await,
    }
}

async fn vpc(context: &Context, properties: &Value) -> Result<MadeResource> {
    let mut input = pick(properties, &["CidrBlock", "InstanceTenancy"]);
    input["TagSpecifications"] = context.tag_specification("vpc", properties);
    let answer = context.make("ec2", "CreateVpc", input).await?;
    let id = text(&answer, "/Vpc/VpcId");
    for attribute in ["EnableDnsSupport", "EnableDnsHostnames"] {
        if let Some(value) = properties.get(attribute) {
            let mut input = json!({"VpcId": id});
            input[attribute] = json!({"Value": value});
            context.make("ec2", "ModifyVpcAttribute", input).await?;
        }
    }
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

async fn subnet(context: &Context, properties: &Value) -> Result<MadeResource> {
    let mut input = pick(properties, &["VpcId", "CidrBlock", "AvailabilityZone"]);
    input["TagSpecifications"] = context.tag_specification("subnet", properties);
    let answer = context.make("ec2", "CreateSubnet", input).await?;
    let id = text(&answer, "/Subnet/SubnetId");
    if let Some(value) = properties.get("MapPublicIpOnLaunch") {
        context.make("ec2", "ModifySubnetAttribute", json!({"SubnetId": id, "MapPublicIpOnLaunch": {"Value": value}})).await?;
    }
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

async fn security_group(context: &Context, properties: &Value) -> Result<MadeResource> {
    let name = context.name_or(properties, "GroupName", 255);
    let input = json!({
        "GroupName": name,
        "Description": properties.get("GroupDescription"),
        "VpcId": properties.get("VpcId"),
        "TagSpecifications": context.tag_specification("security-group", properties),
    });
    let id = text(&context.make("ec2", "CreateSecurityGroup", input).await?, "/GroupId");
    let rules = |name: &str| {
        properties
            .get(name)
            .and_then(Value::as_array)
            .map(|rules| rules.iter().map(permission).collect::<Result<Vec<_>>>())
            .transpose()
    };
    if let Some(ingress) = rules("SecurityGroupIngress")?.filter(|rules| !rules.is_empty()) {
        context.make("ec2", "AuthorizeSecurityGroupIngress", json!({"GroupId": id, "IpPermissions": ingress})).await?;
    }
    if let Some(egress) = rules("SecurityGroupEgress")?.filter(|rules| !rules.is_empty()) {
        // Rules of one's own replace the one that lets everything out.
        let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
        context.make("ec2", "RevokeSecurityGroupEgress", json!({"GroupId": id, "IpPermissions": all})).await?;
        context.make("ec2", "AuthorizeSecurityGroupEgress", json!({"GroupId": id, "IpPermissions": egress})).await?;
    }
    Ok(made(&id, [("GroupId", id.as_str().into()), ("Id", id.as_str().into()), ("VpcId", text(properties, "/VpcId").into())]))
}

/// A rule as `IpPermissions` has it.
fn permission(rule: &Value) -> Result<Value> {
    let known = [
        "IpProtocol",
        "FromPort",
        "ToPort",
        "CidrIp",
        "CidrIpv6",
        "Description",
        "SourceSecurityGroupId",
        "DestinationSecurityGroupId",
    ];
    if let Some((name, _)) = rule.as_object().into_iter().flatten().find(|(name, _)| !known.contains(&name.as_str())) {
        return Err(format!("Encountered unsupported property {name} of a security group rule"));
    }
    let mut permission = pick(rule, &["IpProtocol", "FromPort", "ToPort"]);
    if let Some(Value::Number(protocol)) = rule.get("IpProtocol") {
        permission["IpProtocol"] = protocol.to_string().into();
    }
    let described = |mut target: Value| {
        if let Some(description) = rule.get("Description") {
            target["Description"] = description.clone();
        }
        json!([target])
    };
    if let Some(range) = rule.get("CidrIp") {
        permission["IpRanges"] = described(json!({"CidrIp": range}));
    }
    if let Some(range) = rule.get("CidrIpv6") {
        permission["Ipv6Ranges"] = described(json!({"CidrIpv6": range}));
    }
    if let Some(group) = rule.get("SourceSecurityGroupId").or_else(|| rule.get("DestinationSecurityGroupId")) {
        permission["UserIdGroupPairs"] = described(json!({"GroupId": group}));
    }
    Ok(permission)
}

async fn instance(context: &Context, properties: &Value) -> Result<MadeResource> {
    let mut input = pick(
        properties,
        &[
            "ImageId",
            "InstanceType",
            "SubnetId",
            "SecurityGroupIds",
            "MetadataOptions",
            "BlockDeviceMappings",
            "UserData",
            "DisableApiTermination",
            "EbsOptimized",
            "PrivateIpAddress",
        ],
    );
    if let Some(interfaces) = properties.get("NetworkInterfaces").and_then(Value::as_array) {
        let renamed = interfaces.iter().map(|interface| {
            let mut interface = interface.clone();
            // The API calls the same thing `Groups`.
            if let Some(members) = interface.as_object_mut()
                && let Some(groups) = members.remove("GroupSet")
            {
                members.insert("Groups".to_owned(), groups);
            }
            interface
        });
        input["NetworkInterfaces"] = typed(&renamed.collect(), INTEGERS, BOOLEANS);
    }
    if let Some(profile) = properties.get("IamInstanceProfile") {
        input["IamInstanceProfile"] = json!({"Name": profile});
    }
    input["MinCount"] = 1.into();
    input["MaxCount"] = 1.into();
    input["TagSpecifications"] = context.tag_specification("instance", properties);
    let id = text(&context.make("ec2", "RunInstances", input).await?, "/Instances/0/InstanceId");
    let running = context.until("ec2", "DescribeInstances", json!({"InstanceIds": [id]}), |answer| is_running(answer, &id)).await;
    let running = match running {
        Ok(running) => running,
        Err(reason) => {
            // What never ran is no resource of the stack: nobody else would end it.
            context.unmake("ec2", "TerminateInstances", json!({"InstanceIds": [id]})).await?;
            return Err(reason);
        }
    };
    let attribute = |name: &str| Value::from(text(&running, &format!("/Reservations/0/Instances/0/{name}")));
    Ok(made(
        &id,
        [
            ("InstanceId", id.as_str().into()),
            ("PrivateIp", attribute("PrivateIpAddress")),
            ("PublicIp", attribute("PublicIpAddress")),
            ("PrivateDnsName", attribute("PrivateDnsName")),
            ("PublicDnsName", attribute("PublicDnsName")),
            ("VpcId", attribute("VpcId")),
            ("AvailabilityZone", attribute("Placement/AvailabilityZone")),
        ],
    ))
}

fn is_running(answer: &Value, id: &str) -> Result<bool> {
    match text(answer, "/Reservations/0/Instances/0/State/Name").as_str() {
        "running" => Ok(true),
        "pending" => Ok(false),
        state => {
            Err(format!("the instance {id} is {state}: {}", text(answer, "/Reservations/0/Instances/0/StateReason/Message")))
        }
    }
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
        "AWS::EC2::SubnetRouteTableAssociation" => ("DisassociateRouteTable", json!({"AssociationId": id})),
        "AWS::EC2::SecurityGroup" => ("DeleteSecurityGroup", json!({"GroupId": id})),
        _ => {
            context.unmake("ec2", "TerminateInstances", json!({"InstanceIds": [id]})).await?;
            let gone =
                |answer: &Value| Ok(matches!(text(answer, "/Reservations/0/Instances/0/State/Name").as_str(), "terminated" | ""));
            return context.until("ec2", "DescribeInstances", json!({"InstanceIds": [id]}), gone).await.map(|_| ());
        }
    };
    context.unmake("ec2", operation, input).await
}
