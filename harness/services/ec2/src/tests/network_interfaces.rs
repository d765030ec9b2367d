//! Interfaces that are made by themselves, and instances that translate addresses.

use serde_json::{Value, json};

use super::bed::Bed;

/// A VPC with a public and a private subnet.
struct Net {
    bed: Bed,
    vpc: Value,
    public: Value,
    private: Value,
    group: Value,
}

impl Net {
    async fn new() -> Self {
        let bed = Bed::new();
        let vpc = bed.ok("CreateVpc", json!({ "CidrBlock": "10.7.0.0/16" })).await["Vpc"]["VpcId"].clone();
        let mut subnets = Vec::new();
        for block in ["10.7.1.0/24", "10.7.2.0/24"] {
            let made = bed.ok("CreateSubnet", json!({ "VpcId": vpc, "CidrBlock": block })).await;
            subnets.push(made["Subnet"]["SubnetId"].clone());
        }
        let gateway = bed.ok("CreateInternetGateway", json!({})).await["InternetGateway"]["InternetGatewayId"].clone();
        bed.ok("AttachInternetGateway", json!({ "VpcId": vpc, "InternetGatewayId": gateway })).await;
        let net = Self { group: Value::Null, private: subnets.remove(1), public: subnets.remove(0), vpc, bed };
        let table = net.table(&net.public).await;
        net.bed.ok("CreateRoute", route(&table, json!({ "GatewayId": gateway }))).await;
        let groups =
            net.bed.ok("DescribeSecurityGroups", json!({ "Filters": [{ "Name": "vpc-id", "Values": [net.vpc] }] })).await;
        Self { group: groups["SecurityGroups"][0]["GroupId"].clone(), ..net }
    }

    /// A table of its own for a subnet.
    async fn table(&self, subnet: &Value) -> Value {
        let table = self.bed.ok("CreateRouteTable", json!({ "VpcId": self.vpc })).await["RouteTable"]["RouteTableId"].clone();
        self.bed.ok("AssociateRouteTable", json!({ "RouteTableId": table, "SubnetId": subnet })).await;
        table
    }

    async fn interface(&self, more: Value) -> Value {
        let mut input = json!({ "SubnetId": self.public });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.bed.ok("CreateNetworkInterface", input).await["NetworkInterface"].clone()
    }

    async fn shown(&self, id: &Value) -> Value {
        let found = self.bed.ok("DescribeNetworkInterfaces", json!({ "NetworkInterfaceIds": [id] })).await;
        found["NetworkInterfaces"][0].clone()
    }

    /// An address that is associated with an interface.
    async fn address(&self, interface: &Value) -> Value {
        let made = self.bed.ok("AllocateAddress", json!({})).await;
        let input = json!({ "AllocationId": made["AllocationId"], "NetworkInterfaceId": interface });
        self.bed.ok("AssociateAddress", input).await;
        made["PublicIp"].clone()
    }

    async fn launch(&self, interface: &Value) -> String {
        let interfaces = json!([{ "DeviceIndex": 0, "NetworkInterfaceId": interface }]);
        let id = self.bed.run(json!({ "NetworkInterfaces": interfaces })).await;
        self.bed.becomes(&id, "running").await;
        id
    }
}

fn route(table: &Value, more: Value) -> Value {
    let mut input = json!({ "RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0" });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

#[tokio::test]
async fn an_interface_outlives_the_instance_that_is_launched_with_it() {
    let net = Net::new().await;
    let made = net
        .interface(json!({ "Description": "front", "PrivateIpAddress": "10.7.1.9", "SecondaryPrivateIpAddressCount": 2 }))
        .await;
    let id = made["NetworkInterfaceId"].clone();
    assert_eq!((&made["Status"], &made["Groups"][0]["GroupId"]), (&json!("available"), &net.group));
    assert_eq!(made["PrivateIpAddresses"].as_array().unwrap().len(), 3);
    let ip = net.address(&id).await;
    let instance = net.launch(&id).await;
    let shown = net.bed.instance(&instance).await;
    assert_eq!((&shown["PrivateIpAddress"], &shown["PublicIpAddress"]), (&json!("10.7.1.9"), &ip));
    assert_eq!(shown["NetworkInterfaces"][0]["NetworkInterfaceId"], id);
    let attached = net.shown(&id).await;
    assert_eq!((&attached["Status"], &attached["Attachment"]["InstanceId"]), (&json!("in-use"), &json!(instance)));
    let again = json!({ "MinCount": 1, "MaxCount": 1, "ImageId": shown["ImageId"], "InstanceType": "t3.micro",
        "NetworkInterfaces": [{ "DeviceIndex": 0, "NetworkInterfaceId": id }] });
    let taken = net.bed.refused("RunInstances", again).await;
    assert_eq!(taken, format!("InvalidNetworkInterface.InUse: Interface: [{}] in use.", id.as_str().unwrap()));
    let kept = net.bed.refused("DeleteNetworkInterface", json!({ "NetworkInterfaceId": id })).await;
    assert!(kept.starts_with("InvalidParameterValue: ") && kept.ends_with("is currently in use."), "{kept}");
    net.bed.ok("TerminateInstances", json!({ "InstanceIds": [instance] })).await;
    net.bed.becomes(&instance, "terminated").await;
    let left = net.shown(&id).await;
    assert_eq!((&left["Status"], &left["Association"]["PublicIp"]), (&json!("available"), &ip));
    let dependent = net.bed.refused("DeleteSubnet", json!({ "SubnetId": net.public })).await;
    assert!(dependent.starts_with("DependencyViolation"), "{dependent}");
    net.bed.ok("DeleteNetworkInterface", json!({ "NetworkInterfaceId": id })).await;
    net.bed.ok("DeleteSubnet", json!({ "SubnetId": net.public })).await;
    let addresses = net.bed.ok("DescribeAddresses", json!({ "PublicIps": [ip] })).await;
    assert_eq!(addresses["Addresses"][0].get("AssociationId"), None);
}

#[tokio::test]
async fn an_interface_is_changed_one_attribute_at_a_time() {
    let net = Net::new().await;
    let id = net.interface(json!({})).await["NetworkInterfaceId"].clone();
    let modify = |more: Value| {
        let mut input = json!({ "NetworkInterfaceId": id });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let operation = "ModifyNetworkInterfaceAttribute";
    net.bed.ok(operation, modify(json!({ "Description": { "Value": "new" } }))).await;
    net.bed.ok(operation, modify(json!({ "SourceDestCheck": { "Value": false } }))).await;
    let shown = net.shown(&id).await;
    assert_eq!((&shown["Description"], &shown["SourceDestCheck"]), (&json!("new"), &json!(false)));
    let both = modify(json!({ "Description": { "Value": "x" }, "SourceDestCheck": { "Value": true } }));
    assert!(net.bed.refused(operation, both).await.starts_with("InvalidParameterCombination"));
    let unknown = net.bed.refused(operation, modify(json!({ "Groups": ["sg-0123456789abcdef0"] }))).await;
    assert!(unknown.starts_with("InvalidGroup.NotFound"), "{unknown}");
    let instance = net.launch(&id).await;
    assert_eq!(net.bed.instance(&instance).await["SourceDestCheck"], false);
}

#[tokio::test]
async fn a_private_subnet_reaches_aws_through_an_instance_that_translates_addresses() {
    let net = Net::new().await;
    let nat = net.interface(json!({})).await["NetworkInterfaceId"].clone();
    net.address(&nat).await;
    let gateway = net.launch(&nat).await;
    let inner = net.bed.run(json!({ "SubnetId": net.private })).await;
    net.bed.becomes(&inner, "running").await;
    let reaches = || net.bed.ec2.links.watch(&inner).borrow().reaches("s3");
    let table = net.table(&net.private).await;
    net.bed.ok("CreateRoute", route(&table, json!({ "InstanceId": gateway }))).await;
    let tables = net.bed.ok("DescribeRouteTables", json!({ "RouteTableIds": [table] })).await;
    let shown = &tables["RouteTables"][0]["Routes"][1];
    assert_eq!((&shown["InstanceId"], &shown["NetworkInterfaceId"], &shown["State"]), (&json!(gateway), &nat, &json!("active")));
    assert!(!reaches(), "it takes only what is addressed to itself");
    let check = |on: bool| json!({ "InstanceId": gateway, "SourceDestCheck": { "Value": on } });
    net.bed.ok("ModifyInstanceAttribute", check(false)).await;
    assert!(reaches());
    let rules = json!([{ "IpProtocol": "-1", "UserIdGroupPairs": [{ "GroupId": net.group }] }]);
    let rule = json!({ "GroupId": net.group, "IpPermissions": rules });
    net.bed.ok("RevokeSecurityGroupIngress", rule.clone()).await;
    assert!(!reaches(), "its group lets nobody in");
    net.bed.ok("AuthorizeSecurityGroupIngress", rule).await;
    assert!(reaches());
    net.bed.ok("StopInstances", json!({ "InstanceIds": [gateway] })).await;
    net.bed.becomes(&gateway, "stopped").await;
    assert!(!reaches());
    let tables = net.bed.ok("DescribeRouteTables", json!({ "RouteTableIds": [table] })).await;
    assert_eq!(tables["RouteTables"][0]["Routes"][1]["State"], "blackhole");
}

#[tokio::test]
async fn what_is_no_target_of_a_route_or_no_interface_is_refused() {
    let net = Net::new().await;
    let table = net.table(&net.private).await;
    let both = route(&table, json!({ "InstanceId": "i-0123456789abcdef0", "GatewayId": "igw-0123456789abcdef0" }));
    assert!(net.bed.refused("CreateRoute", both).await.starts_with("InvalidParameterCombination"));
    let elsewhere = net.bed.run(json!({})).await;
    let refused = net.bed.refused("CreateRoute", route(&table, json!({ "InstanceId": elsewhere }))).await;
    assert!(refused.contains("belong to different networks"), "{refused}");
    let kind = json!({ "SubnetId": net.public, "InterfaceType": "efa" });
    assert!(net.bed.refused("CreateNetworkInterface", kind).await.starts_with("NotImplemented"));
    let taken = json!({ "SubnetId": net.public, "PrivateIpAddress": "10.7.1.1" });
    assert!(net.bed.refused("CreateNetworkInterface", taken).await.contains("reserved address range"));
    let id = net.interface(json!({})).await["NetworkInterfaceId"].clone();
    let more = json!({ "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro",
        "ImageId": net.bed.ok("DescribeImages", json!({})).await["Images"][0]["ImageId"],
        "NetworkInterfaces": [{ "DeviceIndex": 0, "NetworkInterfaceId": id, "SubnetId": net.public }] });
    assert!(net.bed.refused("RunInstances", more).await.starts_with("InvalidParameterCombination"));
}
