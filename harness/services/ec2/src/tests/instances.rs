use std::sync::Arc;

use nightproof_machine_image::IMAGES;
use serde_json::{Value, json};

use super::bed::{ACCOUNT, BOUND, Bed, Recorder};

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
        (json!({ "LaunchTemplate": { "LaunchTemplateId": "lt-1" } }), "InvalidLaunchTemplateId.Malformed: Invalid id: \"lt-1\""),
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

#[tokio::test]
async fn an_unlisted_image_has_on_it_what_the_regions_user_says() {
    use nightproof_machine_image::UBUNTU_24_04;
    let bed = Bed::with(Recorder { unlisted: Some(&UBUNTU_24_04), ..Recorder::default() });
    let input = json!({ "ImageId": "ami-0feedc0ffee00dead", "InstanceType": "t4g.micro", "MinCount": 1, "MaxCount": 1 });
    let made = bed.ok("RunInstances", input).await["Instances"][0].clone();
    assert_eq!((&made["ImageId"], &made["RootDeviceName"]), (&json!("ami-0feedc0ffee00dead"), &json!("/dev/sda1")));
    bed.becomes(made["InstanceId"].as_str().unwrap(), "running").await;
    assert_eq!(bed.recorder.launches.lock()[0].platform.key, "ubuntu-24.04");
    let shown = bed.ok("DescribeImages", json!({ "ImageIds": ["ami-0feedc0ffee00dead"] })).await;
    assert_eq!(shown["Images"].as_array().unwrap().len(), 1);
    assert!(bed.refused("DescribeImages", json!({ "ImageIds": ["ami-what"] })).await.starts_with("InvalidAMIID.Malformed"));
}
