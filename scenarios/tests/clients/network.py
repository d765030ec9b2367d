"""ec2 without machines: the VPC family, security groups, addresses, tags, what AWS itself publishes."""

from clients import ACCOUNT, client, pages, refused

ec2 = client("ec2")


def tagged(kind, name):
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


def only(items):
    assert len(items) == 1, items
    return items[0]


def vpc_family():
    refused("InvalidParameterValue", ec2.create_vpc, CidrBlock="10.0.0.0/33")
    refused("DryRunOperation", ec2.create_vpc, CidrBlock="10.9.0.0/16", DryRun=True)
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tagged("vpc", "drill"))["Vpc"]
    vpc_id = vpc["VpcId"]
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc_id])
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
    assert ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"]
    named = [{"Name": "tag:Name", "Values": ["dri*"]}]
    assert only(ec2.describe_vpcs(Filters=named)["Vpcs"])["VpcId"] == vpc_id

    refused("InvalidSubnet.Range", ec2.create_subnet, VpcId=vpc_id, CidrBlock="10.10.0.0/24")
    subnet = ec2.create_subnet(
        VpcId=vpc_id, CidrBlock="10.9.1.0/24", AvailabilityZone="us-east-1a", TagSpecifications=tagged("subnet", "drill")
    )["Subnet"]
    subnet_id = subnet["SubnetId"]
    assert subnet["AvailableIpAddressCount"] == 251, subnet
    refused("InvalidSubnet.Conflict", ec2.create_subnet, VpcId=vpc_id, CidrBlock="10.9.1.0/25")
    ec2.modify_subnet_attribute(SubnetId=subnet_id, MapPublicIpOnLaunch={"Value": True})
    ec2.get_waiter("subnet_available").wait(SubnetIds=[subnet_id])
    assert only(ec2.describe_subnets(SubnetIds=[subnet_id])["Subnets"])["MapPublicIpOnLaunch"]

    gateway = ec2.create_internet_gateway(TagSpecifications=tagged("internet-gateway", "drill"))["InternetGateway"]
    gateway_id = gateway["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc_id)
    refused("Resource.AlreadyAssociated", ec2.attach_internet_gateway, InternetGatewayId=gateway_id, VpcId=vpc_id)
    assert only(ec2.describe_internet_gateways(InternetGatewayIds=[gateway_id])["InternetGateways"])["Attachments"]

    table_id = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway_id)
    association = ec2.associate_route_table(RouteTableId=table_id, SubnetId=subnet_id)["AssociationId"]
    table = only(ec2.describe_route_tables(RouteTableIds=[table_id])["RouteTables"])
    assert {route["DestinationCidrBlock"]: route["GatewayId"] for route in table["Routes"]} == {
        "10.9.0.0/16": "local",
        "0.0.0.0/0": gateway_id,
    }, table

    refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc_id)
    refused("DependencyViolation", ec2.delete_route_table, RouteTableId=table_id)
    groups(vpc_id)
    tags(vpc_id, subnet_id)

    ec2.delete_route(RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0")
    ec2.disassociate_route_table(AssociationId=association)
    ec2.delete_route_table(RouteTableId=table_id)
    ec2.detach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc_id)
    ec2.delete_internet_gateway(InternetGatewayId=gateway_id)
    ec2.delete_subnet(SubnetId=subnet_id)
    ec2.delete_vpc(VpcId=vpc_id)
    refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[vpc_id])


def groups(vpc_id):
    made = ec2.create_security_group(GroupName="web", Description="web servers", VpcId=vpc_id)
    group_id = made["GroupId"]
    refused("InvalidGroup.Duplicate", ec2.create_security_group, GroupName="web", Description="again", VpcId=vpc_id)
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}]}
    rule = only(ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[https])["SecurityGroupRules"])
    assert (rule["CidrIpv4"], rule["IsEgress"], rule["Description"]) == ("0.0.0.0/0", False, "all"), rule
    refused("InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=group_id, IpPermissions=[https])
    group = only(ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"])
    assert group["OwnerId"] == ACCOUNT and only(group["IpPermissions"])["FromPort"] == 443, group
    # A new group lets everything out.
    assert only(group["IpPermissionsEgress"])["IpProtocol"] == "-1", group
    ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=group["IpPermissionsEgress"])
    ec2.authorize_security_group_egress(GroupId=group_id, IpPermissions=[https])
    rules = pages(ec2, "describe_security_group_rules", "SecurityGroupRules", Filters=[{"Name": "group-id", "Values": [group_id]}])
    assert sorted(rule["IsEgress"] for rule in rules) == [False, True], rules
    ec2.revoke_security_group_ingress(GroupId=group_id, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert not only(ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"])["IpPermissions"]
    ec2.delete_security_group(GroupId=group_id)
    refused("InvalidGroup.NotFound", ec2.describe_security_groups, GroupIds=[group_id])


def tags(*resources):
    ec2.create_tags(Resources=list(resources), Tags=[{"Key": "Night", "Value": "1"}, {"Key": "Gone", "Value": ""}])
    ec2.delete_tags(Resources=list(resources), Tags=[{"Key": "Gone"}])
    found = pages(ec2, "describe_tags", "Tags", Filters=[{"Name": "key", "Values": ["Night", "Gone"]}])
    assert sorted(tag["ResourceId"] for tag in found) == sorted(resources), found
    refused("InvalidParameterValue", ec2.create_tags, Resources=list(resources), Tags=[{"Key": "aws:mine", "Value": "1"}])


def addresses():
    address = ec2.allocate_address(Domain="vpc")
    found = only(ec2.describe_addresses(AllocationIds=[address["AllocationId"]])["Addresses"])
    assert found["PublicIp"] == address["PublicIp"]
    ec2.release_address(AllocationId=address["AllocationId"])
    refused("InvalidAllocationID.NotFound", ec2.describe_addresses, AllocationIds=[address["AllocationId"]])


def published():
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert {"us-east-1a", "us-east-1b"} <= {zone["ZoneName"] for zone in zones}
    assert ec2.describe_regions(RegionNames=["us-east-1"])["Regions"][0]["Endpoint"] == "ec2.us-east-1.amazonaws.com"
    only(ec2.describe_instance_types(InstanceTypes=["t3.micro"])["InstanceTypes"])
    refused("InvalidInstanceType", ec2.describe_instance_types, InstanceTypes=["t3.gigantic"])
    parameter = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    image = client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"]
    assert only(ec2.describe_images(ImageIds=[image])["Images"])["State"] == "available"
    default = only(ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"])
    assert default["CidrBlock"] == "172.31.0.0/16"


vpc_family()
addresses()
published()
