use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use nightproof_service_iam::Iam;
use nightproof_service_sts::Sts;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{BootError, Booter, Ec2, Ended, Launch, Running};
use nightproof_machine_image::IMAGES;

/// How long a test waits for an event that takes milliseconds on an idle machine.
const BOUND: Duration = Duration::from_secs(20);

pub(super) const ACCOUNT: &str = "111122223333";

/// Boots nothing, and remembers what it was asked to.
#[derive(Default)]
pub(super) struct Recorder {
    pub(super) launches: Mutex<Vec<Launch>>,
    machines: Mutex<Vec<Arc<Double>>>,
    refuses: bool,
}

#[derive(Default)]
pub(super) struct Double {
    ended: CancellationToken,
    reboots: CancellationToken,
    ports: Mutex<BTreeSet<u16>>,
}

#[async_trait]
impl Running for Double {
    async fn stop(&self) {
        self.ended.cancel();
    }

    async fn ended(&self) -> Ended {
        tokio::select! {
            () = self.ended.cancelled() => Ended::Down,
            () = self.reboots.cancelled() => Ended::Reboot,
        }
    }

    fn open_ports(&self, ports: BTreeSet<u16>) {
        *self.ports.lock() = ports;
    }

    async fn console(&self) -> Vec<u8> {
        b"login:".to_vec()
    }
}

#[async_trait]
impl Booter for Recorder {
    async fn boot(&self, _region: &Region, launch: Launch) -> Result<Arc<dyn Running>, BootError> {
        self.launches.lock().push(launch);
        if self.refuses {
            return Err(BootError("no namespaces".to_owned()));
        }
        let machine = Arc::new(Double::default());
        self.machines.lock().push(Arc::clone(&machine));
        Ok(machine)
    }
}

pub(super) struct Bed {
    pub(super) region: Region,
    pub(super) recorder: Arc<Recorder>,
    ec2: Arc<Ec2>,
    caller: Caller,
}

impl Bed {
    pub(super) fn new() -> Self {
        Self::with(Recorder::default())
    }

    fn with(recorder: Recorder) -> Self {
        let recorder = Arc::new(recorder);
        let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
        let iam = Iam::new();
        let ec2 = Ec2::new(Arc::clone(&recorder) as Arc<dyn Booter>);
        region.install(vec![
            ("iam", Arc::clone(&iam) as Arc<_>),
            ("sts", Sts::new(iam) as Arc<_>),
            ("ec2", Arc::clone(&ec2) as Arc<_>),
        ]);
        Self { region, recorder, ec2, caller: Caller::root(ACCOUNT) }
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&self.caller, "ec2", operation, input).await
    }

    pub(super) async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn refused(&self, operation: &str, input: Value) -> String {
        self.call(operation, input).await.expect_err(operation).to_string()
    }

    async fn iam(&self, operation: &str, input: Value) -> Value {
        self.region.call(&self.caller, "iam", operation, input).await.expect(operation)
    }

    /// An instance profile `web` with a role of the same name.
    pub(super) async fn profile(&self) {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        self.iam("CreateRole", json!({ "RoleName": "web", "AssumeRolePolicyDocument": trust })).await;
        self.iam("CreateInstanceProfile", json!({ "InstanceProfileName": "web" })).await;
        self.iam("AddRoleToInstanceProfile", json!({ "InstanceProfileName": "web", "RoleName": "web" })).await;
    }

    pub(super) async fn run(&self, mut more: Value) -> String {
        let input = more.as_object_mut().unwrap();
        input.entry("ImageId").or_insert(IMAGES[0].id.into());
        input.entry("InstanceType").or_insert("t3.micro".into());
        input.insert("MinCount".into(), 1.into());
        input.insert("MaxCount".into(), 1.into());
        let output = self.ok("RunInstances", more).await;
        assert_eq!(output["Instances"][0]["State"]["Name"], "pending");
        output["Instances"][0]["InstanceId"].as_str().unwrap().to_owned()
    }

    async fn instance(&self, id: &str) -> Value {
        self.ok("DescribeInstances", json!({ "InstanceIds": [id] })).await["Reservations"][0]["Instances"][0].clone()
    }

    pub(super) async fn becomes(&self, id: &str, state: &str) -> Value {
        let becomes = nightproof_poll::until(BOUND, || async {
            let last = self.instance(id).await;
            if last["State"]["Name"] == state { Ok(last) } else { Err(last) }
        });
        becomes.await.unwrap_or_else(|last| panic!("{id} is not {state}, but {}", last["State"]["Name"]))
    }
}

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
        ("CreateNatGateway", json!({}), "NotImplemented"),
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
        let link = *bed.ec2.links.watch(id).borrow();
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
async fn an_image_brings_its_root_device_architecture_and_metadata_options() {
    let bed = Bed::new();
    let ubuntu = json!({ "Owners": ["099720109477"], "Filters": [
        { "Name": "name", "Values": ["ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-*"] },
    ]});
    let images = bed.ok("DescribeImages", ubuntu).await["Images"].clone();
    assert_eq!(images.as_array().unwrap().len(), 1, "{images}");
    assert_eq!(images[0]["BlockDeviceMappings"][0]["Ebs"]["VolumeType"], "gp2");
    assert_eq!(images[0].get("ImdsSupport"), None);
    let id = bed.run(json!({ "ImageId": images[0]["ImageId"] })).await;
    let running = bed.becomes(&id, "running").await;
    assert_eq!((&running["RootDeviceName"], &running["ImageId"]), (&json!("/dev/sda1"), &images[0]["ImageId"]));
    assert_eq!(running["MetadataOptions"]["HttpTokens"], "optional");
    assert_eq!(running["MetadataOptions"]["HttpPutResponseHopLimit"], 1);
    let arm = bed.ok("DescribeImages", json!({ "Filters": [{ "Name": "architecture", "Values": ["arm64"] }] })).await;
    let launch = json!({ "ImageId": arm["Images"][0]["ImageId"], "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1 });
    assert!(bed.refused("RunInstances", launch).await.contains("does not match the architecture 'arm64'"));
    let launches = bed.recorder.launches.lock();
    assert_eq!((launches[0].platform.name, launches[0].platform.version), ("Ubuntu", "22.04"));
}

#[tokio::test]
async fn an_instance_boots_stops_starts_and_terminates_with_its_machine() {
    let bed = Bed::new();
    bed.profile().await;
    let tags = json!([{ "ResourceType": "instance", "Tags": [{ "Key": "Backup", "Value": "Enabled" }] }]);
    let id = bed
        .run(json!({
            "IamInstanceProfile": { "Name": "web" }, "TagSpecifications": tags, "UserData": "IyEvYmluL3NoCg==",
            "BlockDeviceMappings": [{ "DeviceName": "/dev/xvda", "Ebs": { "Encrypted": true, "VolumeType": "gp3" } }],
        }))
        .await;
    let running = bed.becomes(&id, "running").await;
    assert_eq!(running["Tags"], json!([{ "Key": "Backup", "Value": "Enabled" }]));
    assert_eq!(running["IamInstanceProfile"]["Arn"], format!("arn:aws:iam::{ACCOUNT}:instance-profile/web"));
    assert_eq!(running["MetadataOptions"]["HttpTokens"], "required");
    assert_eq!(running["PrivateIpAddress"], "172.31.0.4");
    assert!(running["PublicIpAddress"].is_string());
    let volumes = bed.ok("DescribeVolumes", json!({ "Filters": [{ "Name": "attachment.instance-id", "Values": [id] }] })).await;
    assert_eq!(volumes["Volumes"][0]["Encrypted"], true);

    bed.ok("StopInstances", json!({ "InstanceIds": [id] })).await;
    let stopped = bed.becomes(&id, "stopped").await;
    assert_eq!(stopped["StateReason"]["Code"], "Client.UserInitiatedShutdown");
    assert!(bed.recorder.machines.lock()[0].ended.is_cancelled());
    bed.ok("StartInstances", json!({ "InstanceIds": [id] })).await;
    bed.becomes(&id, "running").await;
    let firsts: Vec<bool> = bed.recorder.launches.lock().iter().map(|launch| launch.first_boot).collect();
    assert_eq!(firsts, [true, false]);

    let changes = bed.ok("TerminateInstances", json!({ "InstanceIds": [id] })).await;
    assert_eq!(changes["TerminatingInstances"][0]["CurrentState"]["Name"], "shutting-down");
    bed.becomes(&id, "terminated").await;
    assert!(bed.recorder.machines.lock()[1].ended.is_cancelled());
    assert_eq!(bed.ok("DescribeVolumes", json!({})).await["Volumes"], json!([]));
    assert!(bed.refused("StartInstances", json!({ "InstanceIds": [id] })).await.starts_with("IncorrectInstanceState"));
}

#[tokio::test]
async fn a_machine_that_does_not_boot_terminates_its_instance_with_the_reason() {
    let bed = Bed::with(Recorder { refuses: true, ..Recorder::default() });
    let id = bed.run(json!({})).await;
    let gone = bed.becomes(&id, "terminated").await;
    assert_eq!(gone["StateReason"]["Message"], "Server.InternalError: no namespaces");
}

#[tokio::test]
async fn a_machine_that_ends_by_itself_stops_its_instance() {
    let bed = Bed::new();
    let id = bed.run(json!({})).await;
    bed.becomes(&id, "running").await;
    let machine = Arc::clone(&bed.recorder.machines.lock()[0]);
    machine.ended.cancel();
    let stopped = bed.becomes(&id, "stopped").await;
    assert_eq!(stopped["StateReason"]["Code"], "Client.InstanceInitiatedShutdown");
}

#[tokio::test]
async fn a_machine_that_reboots_itself_boots_again_and_its_instance_stays_running() {
    let bed = Bed::new();
    let id = bed.run(json!({})).await;
    bed.becomes(&id, "running").await;
    let machine = Arc::clone(&bed.recorder.machines.lock()[0]);
    machine.reboots.cancel();
    let again = nightproof_poll::until(BOUND, || async {
        let boots = bed.recorder.launches.lock().iter().map(|launch| launch.first_boot).collect::<Vec<_>>();
        if boots.len() < 2 { Err(boots) } else { Ok(boots) }
    });
    assert_eq!(again.await, Ok(vec![true, false]));
    assert_eq!(bed.instance(&id).await["State"]["Name"], "running");
}

#[tokio::test]
async fn instances_are_found_by_tags_and_states() {
    let bed = Bed::new();
    let tags = json!([{ "ResourceType": "instance", "Tags": [{ "Key": "Backup", "Value": "Enabled" }] }]);
    let tagged = bed.run(json!({ "TagSpecifications": tags })).await;
    bed.run(json!({})).await;
    let found = async |filters: Value| {
        let output = bed.ok("DescribeInstances", json!({ "Filters": filters })).await;
        let reservations = output["Reservations"].as_array().unwrap().clone();
        reservations.iter().map(|reservation| reservation["Instances"][0]["InstanceId"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(found(json!([{ "Name": "tag:Backup", "Values": ["Enab*"] }])).await, [json!(tagged)]);
    assert_eq!(found(json!([{ "Name": "tag:Backup", "Values": ["enabled"] }])).await, [] as [Value; 0]);
    assert_eq!(found(json!([{ "Name": "tag-key", "Values": ["Backup"] }])).await.len(), 1);
    assert_eq!(found(json!([{ "Name": "instance-state-name", "Values": ["pending", "running"] }])).await.len(), 2);
    assert!(
        bed.refused("DescribeInstances", json!({ "Filters": [{ "Name": "colour", "Values": ["red"] }] }))
            .await
            .contains("'colour' is invalid")
    );
    let page = bed.ok("DescribeInstances", json!({ "MaxResults": 1 })).await;
    let rest = bed.ok("DescribeInstances", json!({ "MaxResults": 1, "NextToken": page["NextToken"] })).await;
    assert_eq!(rest["Reservations"].as_array().unwrap().len(), 1);
    assert_eq!(rest["NextToken"], Value::Null);
}

#[tokio::test]
async fn launches_that_aws_refuses_are_refused_and_leave_nothing() {
    let bed = Bed::new();
    let base = |more: Value| {
        let mut input = json!({ "ImageId": IMAGES[0].id, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1 });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    for (more, expected) in [
        (
            json!({ "IamInstanceProfile": { "Name": "none" } }),
            "InvalidParameterValue: Value (none) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
        ),
        (json!({ "InstanceType": "t9.huge" }), "InvalidParameterValue: Invalid value 't9.huge' for InstanceType."),
        (json!({ "InstanceType": "t4g.micro" }), "InvalidParameterValue: The architecture 'arm64'"),
        (json!({ "UserData": "%%%" }), "InvalidParameterValue: Invalid BASE64 encoding of user data."),
        (json!({ "KeyName": "mine" }), "InvalidKeyPair.NotFound: The key pair 'mine' does not exist"),
        (json!({ "LaunchTemplate": { "LaunchTemplateId": "lt-1" } }), "NotImplemented: ec2: RunInstances with LaunchTemplate"),
        (json!({ "SubnetId": "subnet-1" }), "InvalidSubnetID.NotFound"),
        (json!({ "SecurityGroupIds": ["sg-1"] }), "InvalidGroup.NotFound"),
        (json!({ "MaxCount": 0 }), "InvalidParameterValue"),
        (json!({ "DryRun": true }), "DryRunOperation: Request would have succeeded, but DryRun flag is set."),
        (
            json!({ "BlockDeviceMappings": [{ "DeviceName": "/dev/xvda", "Ebs": { "VolumeSize": 1 } }] }),
            "InvalidBlockDeviceMapping",
        ),
    ] {
        let refusal = bed.refused("RunInstances", base(more)).await;
        assert!(refusal.starts_with(expected), "{refusal}");
    }
    assert_eq!(bed.ok("DescribeInstances", json!({})).await["Reservations"], json!([]));
    assert!(bed.recorder.launches.lock().is_empty());
}

#[tokio::test]
async fn a_client_token_launches_once() {
    let bed = Bed::new();
    let first = bed.run(json!({ "ClientToken": "once" })).await;
    let again =
        json!({ "ImageId": IMAGES[0].id, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "ClientToken": "once" });
    assert_eq!(bed.ok("RunInstances", again.clone()).await["Instances"][0]["InstanceId"], first);
    let mut other = again;
    other["InstanceType"] = "t3.small".into();
    assert!(bed.refused("RunInstances", other).await.starts_with("IdempotentParameterMismatch"));
}

#[tokio::test]
async fn a_machine_is_told_the_ports_that_are_open_to_everybody_as_they_change() {
    let bed = Bed::new();
    let group = bed.ok("CreateSecurityGroup", json!({ "GroupName": "web", "Description": "web" })).await["GroupId"].clone();
    let rule = |protocol: &str, from: i64, to: i64, block: &str| {
        json!({ "GroupId": group, "IpPermissions": [{
            "IpProtocol": protocol, "FromPort": from, "ToPort": to, "IpRanges": [{ "CidrIp": block }],
        }]})
    };
    // Not published: a range too wide to say what is served, other protocols, other peers.
    for (protocol, from, to, block) in [
        ("tcp", 443, 443, "0.0.0.0/0"),
        ("tcp", 1000, 1016, "0.0.0.0/0"),
        ("udp", 8081, 8081, "0.0.0.0/0"),
        ("tcp", 22, 22, "10.0.0.0/8"),
        ("tcp", 8000, 8001, "0.0.0.0/0"),
    ] {
        bed.ok("AuthorizeSecurityGroupIngress", rule(protocol, from, to, block)).await;
    }
    let id = bed.run(json!({ "SecurityGroupIds": [group] })).await;
    bed.becomes(&id, "running").await;
    let told = || bed.recorder.machines.lock().first().map(|machine| machine.ports.lock().clone());
    let first = nightproof_poll::until(BOUND, || async {
        let ports = told();
        if ports == Some([443, 8000, 8001].into()) { Ok(()) } else { Err(ports) }
    });
    assert_eq!(first.await, Ok(()));
    bed.ok("AuthorizeSecurityGroupIngress", rule("tcp", 8443, 8443, "0.0.0.0/0")).await;
    assert_eq!(told(), Some([443, 8000, 8001, 8443].into()));
    bed.ok("RevokeSecurityGroupIngress", rule("tcp", 8000, 8001, "0.0.0.0/0")).await;
    assert_eq!(told(), Some([443, 8443].into()));
    let none = bed.ok("CreateSecurityGroup", json!({ "GroupName": "none", "Description": "none" })).await["GroupId"].clone();
    bed.ok("ModifyInstanceAttribute", json!({ "InstanceId": id, "Groups": [none] })).await;
    assert_eq!(told(), Some([].into()));
}

#[tokio::test]
async fn a_group_in_use_and_a_protected_instance_stay() {
    let bed = Bed::new();
    let group = bed.ok("CreateSecurityGroup", json!({ "GroupName": "web", "Description": "web" })).await["GroupId"].clone();
    let id = bed.run(json!({ "SecurityGroupIds": [group], "DisableApiTermination": true })).await;
    bed.becomes(&id, "running").await;
    assert!(
        bed.refused("DeleteSecurityGroup", json!({ "GroupId": group })).await.starts_with("DependencyViolation: resource sg-")
    );
    assert!(bed.refused("TerminateInstances", json!({ "InstanceIds": [id] })).await.starts_with("OperationNotPermitted"));
    bed.ok("ModifyInstanceAttribute", json!({ "InstanceId": id, "DisableApiTermination": { "Value": false } })).await;
    bed.ok("TerminateInstances", json!({ "InstanceIds": [id] })).await;
    bed.becomes(&id, "terminated").await;
    bed.ok("DeleteSecurityGroup", json!({ "GroupId": group })).await;
}
