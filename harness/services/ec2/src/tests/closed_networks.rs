//! Network ACLs and VPC endpoints, and what instances reach by them.

use std::collections::BTreeSet;

use nightproof_machine_protocol::link::Link;
use serde_json::{Value, json};

use super::bed::{ACCOUNT, Bed};

/// A private subnet of a VPC of its own, and an instance in it.
struct Private {
    bed: Bed,
    vpc: Value,
    subnet: Value,
    group: Value,
    instance: String,
}

impl Private {
    async fn new() -> Self {
        let bed = Bed::new();
        let vpc = bed.ok("CreateVpc", json!({ "CidrBlock": "10.7.0.0/16" })).await["Vpc"]["VpcId"].clone();
        bed.ok("ModifyVpcAttribute", json!({ "VpcId": vpc, "EnableDnsHostnames": { "Value": true } })).await;
        let subnet =
            bed.ok("CreateSubnet", json!({ "VpcId": vpc, "CidrBlock": "10.7.1.0/24" })).await["Subnet"]["SubnetId"].clone();
        let instance = bed.run(json!({ "SubnetId": subnet })).await;
        bed.becomes(&instance, "running").await;
        let groups = bed.ok("DescribeSecurityGroups", json!({ "Filters": [{ "Name": "vpc-id", "Values": [vpc] }] })).await;
        let group = groups["SecurityGroups"][0]["GroupId"].clone();
        Self { bed, vpc, subnet, group, instance }
    }

    fn link(&self) -> Link {
        self.bed.ec2.links.watch(&self.instance).borrow().clone()
    }

    fn reaches(&self) -> Vec<&'static str> {
        let link = self.link();
        ["ssm", "ec2messages", "s3", "logs"].into_iter().filter(|service| link.reaches(service)).collect()
    }

    async fn interface(&self, service: &str, more: Value) -> Value {
        let mut input = json!({
            "VpcId": self.vpc, "ServiceName": format!("com.amazonaws.us-east-1.{service}"), "VpcEndpointType": "Interface",
            "SubnetIds": [self.subnet],
        });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.bed.ok("CreateVpcEndpoint", input).await["VpcEndpoint"].clone()
    }

    async fn table(&self) -> Value {
        let filters = json!([{ "Name": "vpc-id", "Values": [self.vpc] }]);
        self.bed.ok("DescribeRouteTables", json!({ "Filters": filters })).await["RouteTables"][0].clone()
    }

    async fn acl(&self) -> Value {
        let filters = json!([{ "Name": "association.subnet-id", "Values": [self.subnet] }]);
        self.bed.ok("DescribeNetworkAcls", json!({ "Filters": filters })).await["NetworkAcls"][0].clone()
    }
}

#[tokio::test]
async fn an_instance_of_a_private_subnet_reaches_what_has_an_endpoint() {
    let private = Private::new().await;
    assert!(private.reaches().is_empty());
    let ssm = private.interface("ssm", json!({})).await;
    assert_eq!(ssm["PrivateDnsEnabled"], true);
    assert_eq!(ssm["Groups"][0]["GroupId"], private.group, "the VPC's default group, which lets itself in");
    assert_eq!(private.reaches(), ["ssm"]);
    private.interface("ssmmessages", json!({})).await;
    assert_eq!(private.reaches(), ["ssm", "ec2messages"]);
    let table = private.table().await["RouteTableId"].clone();
    let input = json!({ "VpcId": private.vpc, "ServiceName": "com.amazonaws.us-east-1.s3", "RouteTableIds": [table] });
    let s3 = private.bed.ok("CreateVpcEndpoint", input.clone()).await["VpcEndpoint"]["VpcEndpointId"].clone();
    assert_eq!(private.reaches(), ["ssm", "ec2messages", "s3"]);
    let route = private.table().await["Routes"][1].clone();
    assert_eq!((&route["DestinationPrefixListId"], &route["GatewayId"]), (&json!("pl-63a5400a"), &s3));
    let taken = private.bed.refused("CreateVpcEndpoint", input).await;
    assert!(taken.starts_with("RouteAlreadyExists: "), "{taken}");
    private.bed.ok("ModifyVpcEndpoint", json!({ "VpcEndpointId": s3, "RemoveRouteTableIds": [table] })).await;
    assert_eq!(private.reaches(), ["ssm", "ec2messages"]);
    private.bed.ok("ModifyVpcEndpoint", json!({ "VpcEndpointId": ssm["VpcEndpointId"], "PrivateDnsEnabled": false })).await;
    assert_eq!(private.reaches(), ["ec2messages"], "its name leads to public addresses again");
}

#[tokio::test]
async fn security_groups_decide_between_an_instance_and_an_endpoint() {
    let private = Private::new().await;
    let input = json!({ "GroupName": "endpoints", "Description": "d", "VpcId": private.vpc });
    let group = private.bed.ok("CreateSecurityGroup", input).await["GroupId"].clone();
    private.interface("ssm", json!({ "SecurityGroupIds": [group] })).await;
    assert!(private.reaches().is_empty(), "nothing lets it in");
    let from = json!([{ "GroupId": private.group }]);
    let rule = json!({ "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": from });
    private.bed.ok("AuthorizeSecurityGroupIngress", json!({ "GroupId": group, "IpPermissions": [rule] })).await;
    assert_eq!(private.reaches(), ["ssm"]);
    let used = private.bed.refused("DeleteSecurityGroup", json!({ "GroupId": group })).await;
    assert!(used.starts_with("DependencyViolation: "), "{used}");
}

#[tokio::test]
async fn calls_of_an_instance_pass_the_endpoint_of_their_service() {
    let private = Private::new().await;
    let policy = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ssm:*","Resource":"*"}]}"#;
    let ssm = private.interface("ssm", json!({ "PolicyDocument": policy })).await;
    let passed = private.bed.ec2.endpoint_of(ACCOUNT, &private.instance, "ssm").unwrap();
    assert_eq!(
        (ssm["VpcEndpointId"].as_str(), private.vpc.as_str()),
        (Some(passed.endpoint.as_str()), Some(passed.vpc.as_str()))
    );
    assert_eq!(&*passed.policy, policy);
    assert_eq!(private.bed.ec2.endpoint_of(ACCOUNT, &private.instance, "s3"), None);
}

#[tokio::test]
async fn what_an_endpoint_cannot_be_is_refused() {
    let private = Private::new().await;
    let endpoint = |service: &str, kind: &str, more: Value| {
        let mut input = json!({ "VpcId": private.vpc, "ServiceName": service, "VpcEndpointType": kind });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    private.interface("sqs", json!({})).await;
    for (input, begin) in [
        (endpoint("com.amazonaws.eu-west-1.ssm", "Interface", json!({})), "InvalidServiceName: The Vpc Endpoint Service"),
        (endpoint("com.amazonaws.us-east-1.bedrock", "Interface", json!({})), "NotImplemented: "),
        (
            endpoint("com.amazonaws.us-east-1.ssm", "Gateway", json!({})),
            "InvalidParameter: Endpoint type (Gateway) does not match",
        ),
        (endpoint("com.amazonaws.us-east-1.sqs", "Interface", json!({})), "InvalidParameter: private-dns-enabled cannot be set"),
        (endpoint("com.amazonaws.us-east-1.sns", "Interface", json!({ "SubnetIds": ["subnet-1"] })), "InvalidSubnetID.NotFound"),
        (endpoint("com.amazonaws.us-east-1.sns", "Interface", json!({ "PolicyDocument": "{" })), "InvalidPolicyDocument"),
        (endpoint("com.amazonaws.us-east-1.s3", "Interface", json!({})), "NotImplemented: "),
        (endpoint("com.amazonaws.us-east-1.s3", "GatewayLoadBalancer", json!({})), "NotImplemented: "),
    ] {
        let refusal = private.bed.refused("CreateVpcEndpoint", input).await;
        assert!(refusal.starts_with(begin), "{refusal}");
    }
    private.bed.ok("ModifyVpcAttribute", json!({ "VpcId": private.vpc, "EnableDnsHostnames": { "Value": false } })).await;
    let refusal = private.bed.refused("CreateVpcEndpoint", endpoint("com.amazonaws.us-east-1.sns", "Interface", json!({}))).await;
    assert!(refusal.contains("requires both enableDnsSupport and enableDnsHostnames"), "{refusal}");
    let gone = private.bed.ok("DeleteVpcEndpoints", json!({ "VpcEndpointIds": ["vpce-1"] })).await;
    assert_eq!(gone["Unsuccessful"][0]["Error"]["Code"], "InvalidVpcEndpointId.NotFound");
}

#[tokio::test]
async fn a_network_acl_closes_a_subnet_that_is_public() {
    let bed = Bed::new();
    let instance = bed.run(json!({})).await;
    bed.becomes(&instance, "running").await;
    let carries = || bed.ec2.links.watch(&instance).borrow().carries();
    let subnet = bed.instance(&instance).await["SubnetId"].clone();
    let of_subnet = json!({ "Filters": [{ "Name": "association.subnet-id", "Values": [subnet] }] });
    let acl = bed.ok("DescribeNetworkAcls", of_subnet).await["NetworkAcls"][0].clone();
    assert_eq!((&acl["IsDefault"], acl["Entries"].as_array().unwrap().len()), (&json!(true), 4));
    assert!(carries());
    let own = bed.ok("CreateNetworkAcl", json!({ "VpcId": acl["VpcId"] })).await["NetworkAcl"]["NetworkAclId"].clone();
    let associations = acl["Associations"].as_array().unwrap();
    let association = associations.iter().find(|one| one["SubnetId"] == subnet).unwrap()["NetworkAclAssociationId"].clone();
    bed.ok("ReplaceNetworkAclAssociation", json!({ "AssociationId": association, "NetworkAclId": own })).await;
    assert!(!carries(), "a new one denies everything");
    let entry = |number: i64, egress: bool, from: i64, to: i64| {
        json!({
            "NetworkAclId": own, "RuleNumber": number, "Protocol": "6", "RuleAction": "allow", "Egress": egress,
            "CidrBlock": "0.0.0.0/0", "PortRange": { "From": from, "To": to },
        })
    };
    bed.ok("CreateNetworkAclEntry", entry(100, true, 443, 443)).await;
    assert!(!carries(), "answers do not come back");
    bed.ok("CreateNetworkAclEntry", entry(100, false, 49152, 65535)).await;
    assert!(!carries(), "nor do those to Linux's lower ports");
    bed.ok("ReplaceNetworkAclEntry", entry(100, false, 1024, 65535)).await;
    assert!(carries());
    let denying = json!({
        "NetworkAclId": own, "RuleNumber": 50, "Protocol": "-1", "RuleAction": "deny", "Egress": true, "CidrBlock": "52.0.0.0/8",
    });
    bed.ok("CreateNetworkAclEntry", denying).await;
    assert!(!carries());
    bed.ok("DeleteNetworkAclEntry", json!({ "NetworkAclId": own, "RuleNumber": 50, "Egress": true })).await;
    assert!(carries());
    for (operation, input, begin) in [
        ("CreateNetworkAclEntry", entry(100, true, 1, 2), "NetworkAclEntryAlreadyExists: "),
        ("ReplaceNetworkAclEntry", entry(7, true, 1, 2), "InvalidNetworkAclEntry.NotFound: "),
        ("CreateNetworkAclEntry", entry(32767, true, 1, 2), "InvalidParameterValue: Value (32767)"),
        ("CreateNetworkAclEntry", entry(8, true, 2, 1), "InvalidParameterValue: Invalid TCP/UDP port range (2:1)"),
        ("DeleteNetworkAcl", json!({ "NetworkAclId": own }), "DependencyViolation: "),
        ("DeleteNetworkAcl", json!({ "NetworkAclId": acl["NetworkAclId"] }), "InvalidParameterValue: cannot delete default"),
        ("DeleteNetworkAcl", json!({ "NetworkAclId": "acl-1" }), "InvalidNetworkAclID.NotFound: "),
    ] {
        let refusal = bed.refused(operation, input).await;
        assert!(refusal.starts_with(begin), "{operation}: {refusal}");
    }
}

#[tokio::test]
async fn links_of_other_services_follow_the_public_way() {
    let private = Private::new().await;
    private.interface("ssm", json!({})).await;
    assert_eq!(private.link(), Link { names: true, endpoints: false, others: BTreeSet::from(["ssm".to_owned()]) });
    let acl = private.acl().await;
    assert_eq!(acl["VpcId"], private.vpc);
}
