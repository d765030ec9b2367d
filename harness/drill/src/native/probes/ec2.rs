//! EC2.

use crate::native::probe::{Probe, once, probe, there, wanted};

const VPC: &[&str] = &["AWS::EC2::VPC"];
const SUBNET: &[&str] = &["AWS::EC2::Subnet"];
const GROUP: &[&str] = &["AWS::EC2::SecurityGroup"];
const INSTANCE: &[&str] = &["AWS::EC2::Instance"];
const EIP: &[&str] = &["AWS::EC2::EIP"];

const VPCS: (&str, &str, &str) = ("ec2", "DescribeVpcs", r#"{"VpcIds":["$id"]}"#);
const SUBNETS: (&str, &str, &str) = ("ec2", "DescribeSubnets", r#"{"SubnetIds":["$id"]}"#);
const GROUPS: (&str, &str, &str) = ("ec2", "DescribeSecurityGroups", r#"{"GroupIds":["$id"]}"#);
const GROUP_OF_RULE: (&str, &str, &str) = ("ec2", "DescribeSecurityGroups", r#"{"GroupIds":["$GroupId"]}"#);
const ROUTES: (&str, &str, &str) = ("ec2", "DescribeRouteTables", r#"{"RouteTableIds":["$RouteTableId"]}"#);
const INSTANCES: (&str, &str, &str) = ("ec2", "DescribeInstances", r#"{"InstanceIds":["$id"]}"#);
const ADDRESS: (&str, &str, &str) = ("ec2", "DescribeAddresses", r#"{"PublicIps":["$id"]}"#);

pub(super) const ASPECTS: &[Probe] = &[
    probe(VPC, &["CidrBlock"], VPCS, "Vpcs/0/CidrBlock"),
    probe(VPC, &["InstanceTenancy"], VPCS, "Vpcs/0/InstanceTenancy"),
    probe(
        VPC,
        &["EnableDnsSupport"],
        ("ec2", "DescribeVpcAttribute", r#"{"VpcId":"$id","Attribute":"enableDnsSupport"}"#),
        "EnableDnsSupport/Value",
    )
    .mended(&[once("ec2", "ModifyVpcAttribute", r#"{"VpcId":"$id","EnableDnsSupport":{"Value":"$want"}}"#)]),
    probe(
        VPC,
        &["EnableDnsHostnames"],
        ("ec2", "DescribeVpcAttribute", r#"{"VpcId":"$id","Attribute":"enableDnsHostnames"}"#),
        "EnableDnsHostnames/Value",
    )
    .mended(&[once("ec2", "ModifyVpcAttribute", r#"{"VpcId":"$id","EnableDnsHostnames":{"Value":"$want"}}"#)]),
    probe(SUBNET, &["VpcId"], SUBNETS, "Subnets/0/VpcId"),
    probe(SUBNET, &["CidrBlock"], SUBNETS, "Subnets/0/CidrBlock"),
    probe(SUBNET, &["AvailabilityZone"], SUBNETS, "Subnets/0/AvailabilityZone"),
    probe(SUBNET, &["MapPublicIpOnLaunch"], SUBNETS, "Subnets/0/MapPublicIpOnLaunch").mended(&[once(
        "ec2",
        "ModifySubnetAttribute",
        r#"{"SubnetId":"$id","MapPublicIpOnLaunch":{"Value":"$want"}}"#,
    )]),
    probe(
        &["AWS::EC2::VPCGatewayAttachment"],
        &["InternetGatewayId", "VpcId"],
        ("ec2", "DescribeInternetGateways", r#"{"InternetGatewayIds":["$InternetGatewayId"]}"#),
        "InternetGateways/0/Attachments/*/VpcId",
    )
    .mended(&[once("ec2", "AttachInternetGateway", r#"{"InternetGatewayId":"$InternetGatewayId","VpcId":"$VpcId"}"#)]),
    probe(
        &["AWS::EC2::RouteTable"],
        &["VpcId"],
        ("ec2", "DescribeRouteTables", r#"{"RouteTableIds":["$id"]}"#),
        "RouteTables/0/VpcId",
    ),
    probe(
        &["AWS::EC2::Route"],
        &["RouteTableId", "DestinationCidrBlock", "GatewayId"],
        ROUTES,
        "RouteTables/0/Routes/[DestinationCidrBlock=$DestinationCidrBlock]/{DestinationCidrBlock,GatewayId}",
    )
    .mended(&[
        there(
            "ec2",
            "DeleteRoute",
            r#"{"RouteTableId":"$RouteTableId","DestinationCidrBlock":"$item/DestinationCidrBlock"}"#,
        ),
        once(
            "ec2",
            "CreateRoute",
            r#"{"RouteTableId":"$RouteTableId","DestinationCidrBlock":"$DestinationCidrBlock","GatewayId":"$GatewayId"}"#,
        ),
    ]),
    probe(
        &["AWS::EC2::SubnetRouteTableAssociation"],
        &["SubnetId", "RouteTableId"],
        ROUTES,
        "RouteTables/0/Associations/*/SubnetId",
    )
    .mended(&[once("ec2", "AssociateRouteTable", r#"{"RouteTableId":"$RouteTableId","SubnetId":"$SubnetId"}"#)]),
    probe(GROUP, &["GroupDescription"], GROUPS, "SecurityGroups/0/Description"),
    probe(GROUP, &["GroupName"], GROUPS, "SecurityGroups/0/GroupName"),
    probe(GROUP, &["VpcId"], GROUPS, "SecurityGroups/0/VpcId"),
    probe(GROUP, &["SecurityGroupIngress"], GROUPS, "SecurityGroups/0/IpPermissions").mended(&[
        there("ec2", "RevokeSecurityGroupIngress", r#"{"GroupId":"$id","IpPermissions":["$item"]}"#),
        wanted("ec2", "AuthorizeSecurityGroupIngress", r#"{"GroupId":"$id","IpPermissions":["$item"]}"#),
    ]),
    probe(GROUP, &["SecurityGroupEgress"], GROUPS, "SecurityGroups/0/IpPermissionsEgress").mended(&[
        there("ec2", "RevokeSecurityGroupEgress", r#"{"GroupId":"$id","IpPermissions":["$item"]}"#),
        wanted("ec2", "AuthorizeSecurityGroupEgress", r#"{"GroupId":"$id","IpPermissions":["$item"]}"#),
    ]),
    probe(
        &["AWS::EC2::SecurityGroupIngress"],
        &["GroupId", "IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6", "SourceSecurityGroupId", "Description"],
        GROUP_OF_RULE,
        "SecurityGroups/0/IpPermissions",
    )
    .mended(&[
        there("ec2", "RevokeSecurityGroupIngress", r#"{"GroupId":"$GroupId","IpPermissions":["$item"]}"#),
        wanted("ec2", "AuthorizeSecurityGroupIngress", r#"{"GroupId":"$GroupId","IpPermissions":["$item"]}"#),
    ]),
    probe(
        &["AWS::EC2::SecurityGroupEgress"],
        &["GroupId", "IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6", "DestinationSecurityGroupId", "Description"],
        GROUP_OF_RULE,
        "SecurityGroups/0/IpPermissionsEgress",
    )
    .mended(&[
        there("ec2", "RevokeSecurityGroupEgress", r#"{"GroupId":"$GroupId","IpPermissions":["$item"]}"#),
        wanted("ec2", "AuthorizeSecurityGroupEgress", r#"{"GroupId":"$GroupId","IpPermissions":["$item"]}"#),
    ]),
    probe(EIP, &["Domain"], ADDRESS, "Addresses/0/Domain"),
    probe(EIP, &["InstanceId"], ADDRESS, "Addresses/0/InstanceId"),
    probe(
        &["AWS::EC2::EIPAssociation"],
        &["AllocationId", "EIP", "InstanceId", "NetworkInterfaceId"],
        ("ec2", "DescribeAddresses", r#"{"Filters":[{"Name":"association-id","Values":["$id"]}]}"#),
        "Addresses/*/InstanceId",
    ),
    probe(INSTANCE, &["ImageId"], INSTANCES, "Reservations/0/Instances/0/ImageId"),
    probe(INSTANCE, &["InstanceType"], INSTANCES, "Reservations/0/Instances/0/InstanceType"),
    probe(INSTANCE, &["SubnetId"], INSTANCES, "Reservations/0/Instances/0/SubnetId"),
    probe(INSTANCE, &["PrivateIpAddress"], INSTANCES, "Reservations/0/Instances/0/PrivateIpAddress"),
    probe(INSTANCE, &["EbsOptimized"], INSTANCES, "Reservations/0/Instances/0/EbsOptimized"),
    probe(INSTANCE, &["SecurityGroupIds"], INSTANCES, "Reservations/0/Instances/0/SecurityGroups/*/GroupId").mended(&[once(
        "ec2",
        "ModifyInstanceAttribute",
        r#"{"InstanceId":"$id","Groups":"$want"}"#,
    )]),
    probe(INSTANCE, &["IamInstanceProfile"], INSTANCES, "Reservations/0/Instances/0/IamInstanceProfile/Arn").mended(&[once(
        "ec2",
        "AssociateIamInstanceProfile",
        r#"{"InstanceId":"$id","IamInstanceProfile":{"Arn":"$want"}}"#,
    )]),
    probe(
        INSTANCE,
        &["MetadataOptions"],
        INSTANCES,
        "Reservations/0/Instances/0/MetadataOptions/{HttpTokens,HttpPutResponseHopLimit,HttpEndpoint}",
    )
    .mended(&[once(
        "ec2",
        "ModifyInstanceMetadataOptions",
        r#"{"InstanceId":"$id","HttpTokens":"$want/HttpTokens","HttpPutResponseHopLimit":"$want/HttpPutResponseHopLimit","HttpEndpoint":"$want/HttpEndpoint"}"#,
    )]),
    probe(
        INSTANCE,
        &["UserData"],
        ("ec2", "DescribeInstanceAttribute", r#"{"InstanceId":"$id","Attribute":"userData"}"#),
        "UserData/Value",
    ),
    probe(
        INSTANCE,
        &["DisableApiTermination"],
        ("ec2", "DescribeInstanceAttribute", r#"{"InstanceId":"$id","Attribute":"disableApiTermination"}"#),
        "DisableApiTermination/Value",
    )
    .mended(&[once("ec2", "ModifyInstanceAttribute", r#"{"InstanceId":"$id","DisableApiTermination":{"Value":"$want"}}"#)]),
    probe(
        INSTANCE,
        &["BlockDeviceMappings"],
        ("ec2", "DescribeVolumes", r#"{"Filters":[{"Name":"attachment.instance-id","Values":["$id"]}]}"#),
        "Volumes/*/{Encrypted,VolumeType,Size}",
    ),
    probe(
        &[
            "AWS::EC2::VPC",
            "AWS::EC2::Subnet",
            "AWS::EC2::InternetGateway",
            "AWS::EC2::RouteTable",
            "AWS::EC2::SecurityGroup",
            "AWS::EC2::Instance",
        ],
        &["Tags"],
        ("ec2", "DescribeTags", r#"{"Filters":[{"Name":"resource-id","Values":["$id"]}]}"#),
        "Tags/*/{Key,Value}",
    )
    .mended(&[once("ec2", "CreateTags", r#"{"Resources":["$id"],"Tags":"$want"}"#)]),
    probe(EIP, &["Tags"], ADDRESS, "Addresses/0/Tags"),
];
