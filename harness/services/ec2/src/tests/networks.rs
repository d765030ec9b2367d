use serde_json::{Value, json};

use super::bed::Bed;

#[tokio::test]
async fn an_account_begins_with_a_default_vpc() {
    let bed = Bed::new();
    let vpcs = bed.ok("DescribeVpcs", json!({ "Filters": [{ "Name": "is-default", "Values": ["true"] }] })).await;
    assert_eq!(vpcs["Vpcs"][0]["CidrBlock"], "172.31.0.0/16");
    let subnets = bed.ok("DescribeSubnets", json!({})).await;
    assert_eq!(subnets["Subnets"].as_array().unwrap().len(), 6);
    let tables = bed.ok("DescribeRouteTables", json!({})).await;
    assert_eq!(tables["RouteTables"][0]["Routes"][1]["DestinationCidrBlock"], "0.0.0.0/0");
    assert_eq!(tables["RouteTables"][0]["Routes"][1]["State"], "active");
}

#[tokio::test]
async fn references_to_nothing_are_refused_with_their_own_codes() {
    let bed = Bed::new();
    for (operation, input, code) in [
        ("CreateSubnet", json!({ "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24" }), "InvalidVpcID.NotFound"),
        ("CreateSecurityGroup", json!({ "GroupName": "a", "Description": "b", "VpcId": "vpc-1" }), "InvalidVpcID.NotFound"),
        (
            "ModifySubnetAttribute",
            json!({ "SubnetId": "subnet-1", "MapPublicIpOnLaunch": { "Value": true } }),
            "InvalidSubnetID.NotFound",
        ),
        ("AttachInternetGateway", json!({ "InternetGatewayId": "igw-1", "VpcId": "vpc-1" }), "InvalidInternetGatewayID.NotFound"),
        ("DeleteRouteTable", json!({ "RouteTableId": "rtb-1" }), "InvalidRouteTableID.NotFound"),
        ("DeleteSecurityGroup", json!({ "GroupId": "sg-1" }), "InvalidGroup.NotFound"),
        ("TerminateInstances", json!({ "InstanceIds": ["i-0123456789abcdef0"] }), "InvalidInstanceID.NotFound"),
        ("TerminateInstances", json!({ "InstanceIds": ["web"] }), "InvalidInstanceID.Malformed"),
        ("CreateTags", json!({ "Resources": ["vpc-1"], "Tags": [{ "Key": "a", "Value": "b" }] }), "InvalidVpcID.NotFound"),
        (
            "RunInstances",
            json!({ "ImageId": "ami-0123", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1 }),
            "InvalidAMIID.NotFound",
        ),
        ("DescribeDhcpOptions", json!({}), "NotImplemented"),
    ] {
        let refusal = bed.refused(operation, input).await;
        assert!(refusal.starts_with(&format!("{code}: ")), "{operation}: {refusal}");
    }
}

#[tokio::test]
async fn subnets_lie_in_their_vpc_and_not_over_each_other() {
    let bed = Bed::new();
    let vpc = bed.ok("CreateVpc", json!({ "CidrBlock": "10.0.0.0/16" })).await["Vpc"]["VpcId"].clone();
    let subnet = |cidr: &str| json!({ "VpcId": vpc, "CidrBlock": cidr });
    bed.ok("CreateSubnet", subnet("10.0.1.0/24")).await;
    assert_eq!(
        bed.refused("CreateSubnet", subnet("10.0.1.128/25")).await,
        "InvalidSubnet.Conflict: The CIDR '10.0.1.128/25' conflicts with another subnet"
    );
    assert_eq!(
        bed.refused("CreateSubnet", subnet("10.1.0.0/24")).await,
        "InvalidSubnet.Range: The CIDR '10.1.0.0/24' is invalid."
    );
    assert!(bed.refused("CreateSubnet", subnet("10.0.0.0")).await.starts_with("InvalidParameterValue"));
    assert!(bed.refused("CreateVpc", json!({ "CidrBlock": "10.0.0.0/8" })).await.starts_with("InvalidVpc.Range"));
    assert_eq!(
        bed.refused("DeleteVpc", json!({ "VpcId": vpc })).await,
        format!("DependencyViolation: The vpc '{}' has dependencies and cannot be deleted.", vpc.as_str().unwrap())
    );
}

#[tokio::test]
async fn a_network_is_made_and_taken_down_in_order() {
    let bed = Bed::new();
    let vpc = bed.ok("CreateVpc", json!({ "CidrBlock": "10.0.0.0/16" })).await["Vpc"]["VpcId"].clone();
    let gateway = bed.ok("CreateInternetGateway", json!({})).await["InternetGateway"]["InternetGatewayId"].clone();
    let table = bed.ok("CreateRouteTable", json!({ "VpcId": vpc })).await["RouteTable"]["RouteTableId"].clone();
    let subnet = bed.ok("CreateSubnet", json!({ "VpcId": vpc, "CidrBlock": "10.0.1.0/24" })).await["Subnet"]["SubnetId"].clone();
    let route = json!({ "RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway });
    assert!(bed.refused("CreateRoute", route.clone()).await.contains("belong to different networks"));
    bed.ok("AttachInternetGateway", json!({ "InternetGatewayId": gateway, "VpcId": vpc })).await;
    bed.ok("CreateRoute", route.clone()).await;
    assert!(bed.refused("CreateRoute", route).await.starts_with("RouteAlreadyExists"));
    let association =
        bed.ok("AssociateRouteTable", json!({ "RouteTableId": table, "SubnetId": subnet })).await["AssociationId"].clone();
    assert!(bed.refused("DeleteRouteTable", json!({ "RouteTableId": table })).await.starts_with("DependencyViolation"));
    assert!(
        bed.refused("DeleteInternetGateway", json!({ "InternetGatewayId": gateway })).await.starts_with("DependencyViolation")
    );
    bed.ok("DisassociateRouteTable", json!({ "AssociationId": association })).await;
    bed.ok("DeleteRouteTable", json!({ "RouteTableId": table })).await;
    bed.ok("DetachInternetGateway", json!({ "InternetGatewayId": gateway, "VpcId": vpc })).await;
    bed.ok("DeleteInternetGateway", json!({ "InternetGatewayId": gateway })).await;
    bed.ok("DeleteSubnet", json!({ "SubnetId": subnet })).await;
    bed.ok("DeleteVpc", json!({ "VpcId": vpc })).await;
}

#[tokio::test]
async fn what_an_instance_reaches_of_aws_follows_its_network_while_it_runs() {
    let bed = Bed::new();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let link = |id: &str| {
        let link = bed.ec2.links.watch(id).borrow().clone();
        (link.names, link.endpoints)
    };
    let default = bed.run(json!({})).await;
    bed.becomes(&default, "running").await;
    assert_eq!(link(&default), (true, true), "a default subnet is public");

    let vpc = text(&bed.ok("CreateVpc", json!({ "CidrBlock": "10.0.0.0/16" })).await["Vpc"]["VpcId"]);
    let subnet = text(&bed.ok("CreateSubnet", json!({ "VpcId": vpc, "CidrBlock": "10.0.1.0/24" })).await["Subnet"]["SubnetId"]);
    let group = json!({ "GroupName": "web", "Description": "web", "VpcId": vpc });
    let group = text(&bed.ok("CreateSecurityGroup", group).await["GroupId"]);
    let id = bed.run(json!({ "SubnetId": subnet, "SecurityGroupIds": [group] })).await;
    bed.becomes(&id, "running").await;
    assert_eq!(link(&id), (true, false));

    let gateway = text(&bed.ok("CreateInternetGateway", json!({})).await["InternetGateway"]["InternetGatewayId"]);
    bed.ok("AttachInternetGateway", json!({ "InternetGatewayId": gateway, "VpcId": vpc })).await;
    let table = text(&bed.ok("CreateRouteTable", json!({ "VpcId": vpc })).await["RouteTable"]["RouteTableId"]);
    let route = json!({ "RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway });
    bed.ok("CreateRoute", route.clone()).await;
    let address = text(&bed.ok("AllocateAddress", json!({})).await["AllocationId"]);
    let associated = bed.ok("AssociateAddress", json!({ "AllocationId": address, "InstanceId": id })).await;
    assert_eq!(link(&id), (true, false), "the subnet has the main table, and the route is in another");
    bed.ok("AssociateRouteTable", json!({ "RouteTableId": table, "SubnetId": subnet })).await;
    assert_eq!(link(&id), (true, true));

    bed.ok("DeleteRoute", json!({ "RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0" })).await;
    assert_eq!(link(&id), (true, false));
    bed.ok("CreateRoute", route).await;
    assert_eq!(link(&id), (true, true));

    let rule = |protocol: &str, port: i64| {
        let rule = json!({ "IpProtocol": protocol, "FromPort": port, "ToPort": port, "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] });
        json!({ "GroupId": group, "IpPermissions": [rule] })
    };
    bed.ok("RevokeSecurityGroupEgress", rule("-1", -1)).await;
    bed.ok("AuthorizeSecurityGroupEgress", rule("tcp", 80)).await;
    assert_eq!(link(&id), (true, false));
    bed.ok("AuthorizeSecurityGroupEgress", rule("tcp", 443)).await;
    assert_eq!(link(&id), (true, true));

    bed.ok("ModifyVpcAttribute", json!({ "VpcId": vpc, "EnableDnsSupport": { "Value": false } })).await;
    assert_eq!(link(&id), (false, true));
    bed.ok("DisassociateAddress", json!({ "AssociationId": associated["AssociationId"] })).await;
    assert_eq!(link(&id), (false, false));
    bed.ok("DetachInternetGateway", json!({ "InternetGatewayId": gateway, "VpcId": vpc })).await;
    assert_eq!((link(&id), link(&default)), ((false, false), (true, true)));
}

#[tokio::test]
async fn a_group_starts_with_all_egress_and_takes_rules_once() {
    let bed = Bed::new();
    let group = bed.ok("CreateSecurityGroup", json!({ "GroupName": "web", "Description": "web" })).await["GroupId"].clone();
    let https = json!({ "GroupId": group, "IpPermissions": [{
        "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{ "CidrIp": "0.0.0.0/0", "Description": "everybody" }],
    }]});
    let made = bed.ok("AuthorizeSecurityGroupIngress", https.clone()).await;
    assert_eq!(made["SecurityGroupRules"][0]["CidrIpv4"], "0.0.0.0/0");
    assert_eq!(
        bed.refused("AuthorizeSecurityGroupIngress", https.clone()).await,
        "InvalidPermission.Duplicate: the specified rule \"peer: 0.0.0.0/0, TCP, from port: 443, to port: 443, ALLOW\" already exists"
    );
    let all = json!({ "GroupId": group, "IpPermissions": [{ "IpProtocol": "-1", "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] }] });
    bed.ok("RevokeSecurityGroupEgress", all.clone()).await;
    assert!(bed.refused("RevokeSecurityGroupEgress", all).await.starts_with("InvalidPermission.NotFound"));
    let shown = bed.ok("DescribeSecurityGroups", json!({ "GroupIds": [group] })).await["SecurityGroups"][0].clone();
    assert_eq!(shown["IpPermissions"][0]["IpRanges"], json!([{ "CidrIp": "0.0.0.0/0", "Description": "everybody" }]));
    assert_eq!(shown["IpPermissionsEgress"], json!([]));
    let bad = json!({ "GroupId": group, "IpPermissions": [{ "IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "IpRanges": [{ "CidrIp": "10.0.0.1/8" }] }] });
    assert!(bed.refused("AuthorizeSecurityGroupIngress", bad).await.contains("is malformed"));
}

#[tokio::test]
async fn a_private_subnet_reaches_aws_through_a_nat_gateway_in_a_public_one() {
    let bed = Bed::new();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let vpc = text(&bed.ok("CreateVpc", json!({ "CidrBlock": "10.0.0.0/16" })).await["Vpc"]["VpcId"]);
    let mut subnets = Vec::new();
    for block in ["10.0.1.0/24", "10.0.2.0/24"] {
        let made = bed.ok("CreateSubnet", json!({ "VpcId": vpc, "CidrBlock": block })).await;
        subnets.push(text(&made["Subnet"]["SubnetId"]));
    }
    let [public, private] = [&subnets[0], &subnets[1]];
    let address = text(&bed.ok("AllocateAddress", json!({})).await["AllocationId"]);
    let nat = json!({ "SubnetId": public, "AllocationId": address });
    assert!(bed.refused("CreateNatGateway", nat.clone()).await.starts_with("Gateway.NotAttached"));
    let gateway = text(&bed.ok("CreateInternetGateway", json!({})).await["InternetGateway"]["InternetGatewayId"]);
    bed.ok("AttachInternetGateway", json!({ "InternetGatewayId": gateway, "VpcId": vpc })).await;
    let made = bed.ok("CreateNatGateway", nat.clone()).await["NatGateway"].clone();
    assert_eq!((&made["State"], &made["ConnectivityType"]), (&json!("pending"), &json!("public")));
    let nat_id = text(&made["NatGatewayId"]);
    assert!(bed.refused("CreateNatGateway", nat).await.starts_with("Resource.AlreadyAssociated"));

    let group =
        bed.ok("CreateSecurityGroup", json!({ "GroupName": "g", "Description": "g", "VpcId": vpc })).await["GroupId"].clone();
    let id = bed.run(json!({ "SubnetId": private, "SecurityGroupIds": [group] })).await;
    bed.becomes(&id, "running").await;
    let reaches = || bed.ec2.links.watch(&id).borrow().endpoints;
    let mut tables = Vec::new();
    for (subnet, target, to) in [(private, "NatGatewayId", &nat_id), (public, "GatewayId", &gateway)] {
        let table = text(&bed.ok("CreateRouteTable", json!({ "VpcId": vpc })).await["RouteTable"]["RouteTableId"]);
        bed.ok("CreateRoute", json!({ "RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", target: to })).await;
        bed.ok("AssociateRouteTable", json!({ "RouteTableId": table, "SubnetId": subnet })).await;
        assert_eq!(reaches(), subnet == public, "the NAT gateway needs a route of its own");
        tables.push(table);
    }
    let described =
        bed.ok("DescribeRouteTables", json!({ "RouteTableIds": [tables[0]] })).await["RouteTables"][0]["Routes"][1].clone();
    assert_eq!((&described["NatGatewayId"], &described["State"]), (&json!(nat_id), &json!("active")));
    let filter = json!({ "Filter": [{ "Name": "subnet-id", "Values": [public] }] });
    let shown = bed.ok("DescribeNatGateways", filter).await["NatGateways"][0].clone();
    assert_eq!((&shown["State"], &shown["NatGatewayAddresses"][0]["AllocationId"]), (&json!("available"), &json!(address)));

    // It keeps its address, its subnet and the gateway of its VPC.
    let association = shown["NatGatewayAddresses"][0]["AssociationId"].clone();
    assert!(bed.refused("DisassociateAddress", json!({ "AssociationId": association })).await.starts_with("AuthFailure"));
    assert!(bed.refused("ReleaseAddress", json!({ "AllocationId": address })).await.starts_with("InvalidIPAddress.InUse"));
    assert!(bed.refused("DeleteSubnet", json!({ "SubnetId": public })).await.starts_with("DependencyViolation"));
    let detach = json!({ "InternetGatewayId": gateway, "VpcId": vpc });
    assert!(bed.refused("DetachInternetGateway", detach.clone()).await.starts_with("DependencyViolation"));

    bed.ok("DeleteNatGateway", json!({ "NatGatewayId": nat_id })).await;
    assert!(!reaches());
    let described =
        bed.ok("DescribeRouteTables", json!({ "RouteTableIds": [tables[0]] })).await["RouteTables"][0]["Routes"][1].clone();
    assert_eq!(described["State"], "blackhole");
    let shown = bed.ok("DescribeNatGateways", json!({ "NatGatewayIds": [nat_id] })).await["NatGateways"][0].clone();
    assert_eq!(shown["State"], "deleted");
    bed.ok("ReleaseAddress", json!({ "AllocationId": address })).await;
    bed.ok("DetachInternetGateway", detach).await;

    let private_nat = json!({ "SubnetId": public, "ConnectivityType": "private" });
    let made = bed.ok("CreateNatGateway", private_nat).await["NatGateway"].clone();
    let route = json!({ "RouteTableId": tables[0], "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": made["NatGatewayId"] });
    bed.ok("ReplaceRoute", route).await;
    assert!(!reaches(), "a private one leads nowhere");
    for (input, code) in [
        (json!({ "SubnetId": public }), "MissingParameter"),
        (json!({ "SubnetId": public, "ConnectivityType": "private", "SecondaryPrivateIpAddressCount": 1 }), "NotImplemented"),
        (json!({ "SubnetId": public, "AllocationId": "eipalloc-1" }), "InvalidAllocationID.NotFound"),
    ] {
        let refusal = bed.refused("CreateNatGateway", input).await;
        assert!(refusal.starts_with(code), "{refusal}");
    }
    assert!(bed.refused("DeleteNatGateway", json!({ "NatGatewayId": "nat-1" })).await.starts_with("NatGatewayNotFound"));
}

#[tokio::test]
async fn a_client_token_that_was_used_before_answers_what_it_made() {
    let bed = Bed::new();
    let vpc = bed.ok("DescribeVpcs", json!({})).await["Vpcs"][0]["VpcId"].clone();
    let with = |token: &str| json!({ "VpcId": vpc, "ClientToken": token });
    let made = bed.ok("CreateRouteTable", with("one")).await;
    assert_eq!(made["ClientToken"], "one");
    let again = bed.ok("CreateRouteTable", with("one")).await;
    assert_eq!(again["RouteTable"]["RouteTableId"], made["RouteTable"]["RouteTableId"]);
    let other = bed.ok("CreateRouteTable", with("two")).await;
    assert_ne!(other["RouteTable"]["RouteTableId"], made["RouteTable"]["RouteTableId"]);
}

#[tokio::test]
async fn a_rule_is_described_anew_by_its_id() {
    let bed = Bed::new();
    let group = bed.ok("CreateSecurityGroup", json!({ "GroupName": "web", "Description": "d" })).await["GroupId"].clone();
    let rule = json!({ "GroupId": group, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8" });
    let made = bed.ok("AuthorizeSecurityGroupIngress", rule).await;
    let id = made["SecurityGroupRules"][0]["SecurityGroupRuleId"].clone();
    let describe = |id: &Value| json!({ "GroupId": group, "SecurityGroupRuleDescriptions": [{ "SecurityGroupRuleId": id, "Description": "https" }] });
    bed.ok("UpdateSecurityGroupRuleDescriptionsIngress", describe(&id)).await;
    let rules = bed.ok("DescribeSecurityGroupRules", json!({ "SecurityGroupRuleIds": [id] })).await;
    assert_eq!(rules["SecurityGroupRules"][0]["Description"], "https");
    let refused = bed.refused("UpdateSecurityGroupRuleDescriptionsEgress", describe(&id)).await;
    assert!(refused.starts_with("InvalidSecurityGroupRuleId.NotFound"), "{refused}");
}
