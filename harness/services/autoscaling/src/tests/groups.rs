//! Groups that launch, replace and take away instances.

use nightproof_machine_image::IMAGES;
use serde_json::{Value, json};

use super::bed::Bed;

fn tags(instance: &Value) -> Vec<(&str, &str)> {
    let tags = instance["Tags"].as_array().unwrap().iter();
    tags.map(|tag| (tag["Key"].as_str().unwrap(), tag["Value"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_group_launches_its_instances_with_the_tags_that_propagate() {
    let bed = Bed::new();
    let given = json!([
        { "Key": "Backup", "Value": "Enabled", "PropagateAtLaunch": true },
        { "Key": "Own", "Value": "1", "PropagateAtLaunch": false },
    ]);
    bed.group(json!({ "DesiredCapacity": 2, "Tags": given })).await;
    let ids = bed.instances(2, "InService").await;
    let mut zones = Vec::new();
    for id in &ids {
        let instance = bed.instance(id).await;
        let tags = tags(&instance);
        for tag in [("Backup", "Enabled"), ("aws:autoscaling:groupName", "web"), ("Of", "template")] {
            assert!(tags.contains(&tag), "{tags:?}");
        }
        assert!(tags.iter().all(|(key, _)| *key != "Own"), "{tags:?}");
        zones.push(instance["Placement"]["AvailabilityZone"].clone());
    }
    assert_ne!(zones[0], zones[1], "the zones are balanced");
    let group = bed.described().await;
    assert_eq!((&group["HealthCheckType"], &group["TerminationPolicies"]), (&json!("EC2"), &json!(["Default"])));
    assert_eq!(group["LaunchTemplate"]["LaunchTemplateName"], "web");
    assert_eq!(group["Tags"].as_array().unwrap().len(), 2);
    let activities = bed.ok("DescribeScalingActivities", json!({ "AutoScalingGroupName": "web" })).await;
    assert_eq!(activities["Activities"][0]["StatusCode"], "Successful");
    let cause = activities["Activities"][0]["Cause"].as_str().unwrap();
    assert!(cause.contains("created an AutoScalingGroup changing the desired capacity from 0 to 2"), "{cause}");
    let found = bed.ok("DescribeAutoScalingInstances", json!({ "InstanceIds": [ids[0]] })).await;
    assert_eq!(found["AutoScalingInstances"][0]["AutoScalingGroupName"], "web");
    let role = bed.call("iam", "GetRole", json!({ "RoleName": "AWSServiceRoleForAutoScaling" })).await.unwrap();
    assert_eq!(group["ServiceLinkedRoleARN"], role["Role"]["Arn"]);
}

#[tokio::test]
async fn an_instance_that_is_terminated_or_stopped_is_replaced() {
    let bed = Bed::new();
    bed.group(json!({ "DesiredCapacity": 2 })).await;
    let ids = bed.instances(2, "InService").await;
    bed.ec2("TerminateInstances", json!({ "InstanceIds": [ids[0]] })).await;
    let now = bed.replaced(2, &ids[..1]).await;
    bed.ec2("StopInstances", json!({ "InstanceIds": [ids[1]] })).await;
    bed.replaced(2, &ids).await;
    assert!(now.contains(&ids[1]));
    let stopped = bed.instance(&ids[1]).await;
    assert!(matches!(stopped["State"]["Name"].as_str(), Some("shutting-down" | "terminated")), "{stopped}");
    let activities = bed.ok("DescribeScalingActivities", json!({ "AutoScalingGroupName": "web" })).await;
    let causes: Vec<&str> = activities["Activities"].as_array().unwrap().iter().filter_map(|one| one["Cause"].as_str()).collect();
    let check = "in response to an EC2 health check indicating it has been terminated or stopped.";
    assert!(causes.iter().any(|cause| cause.ends_with(check)), "{causes:?}");
}

#[tokio::test]
async fn nothing_is_replaced_while_the_process_is_suspended() {
    let bed = Bed::new();
    bed.group(json!({})).await;
    let ids = bed.instances(1, "InService").await;
    let named = json!({ "AutoScalingGroupName": "web", "ScalingProcesses": ["ReplaceUnhealthy"] });
    bed.ok("SuspendProcesses", named.clone()).await;
    bed.ok("SetInstanceHealth", json!({ "InstanceId": ids[0], "HealthStatus": "Unhealthy" })).await;
    assert_eq!(bed.described().await["Instances"][0]["HealthStatus"], "Unhealthy");
    assert_eq!(bed.instances(1, "InService").await, ids);
    bed.ok("ResumeProcesses", named).await;
    bed.replaced(1, &ids).await;
}

#[tokio::test]
async fn the_capacity_is_what_it_is_set_to_and_protected_instances_stay() {
    let bed = Bed::new();
    bed.group(json!({ "DesiredCapacity": 3, "MinSize": 1 })).await;
    let ids = bed.instances(3, "InService").await;
    let protect = json!({ "AutoScalingGroupName": "web", "InstanceIds": ids[..1], "ProtectedFromScaleIn": true });
    bed.ok("SetInstanceProtection", protect).await;
    bed.ok("SetDesiredCapacity", json!({ "AutoScalingGroupName": "web", "DesiredCapacity": 1 })).await;
    assert_eq!(bed.instances(1, "InService").await, ids[..1]);
    bed.ok("UpdateAutoScalingGroup", json!({ "AutoScalingGroupName": "web", "DesiredCapacity": 2, "MaxSize": 2 })).await;
    let two = bed.instances(2, "InService").await;
    let leave = json!({ "InstanceId": two[1], "ShouldDecrementDesiredCapacity": true });
    let activity = bed.ok("TerminateInstanceInAutoScalingGroup", leave).await["Activity"].clone();
    assert_eq!(activity["Description"], format!("Terminating EC2 instance: {}", two[1]));
    assert_eq!(bed.instances(1, "InService").await, ids[..1]);
    assert_eq!(bed.described().await["DesiredCapacity"], 1);
    let below = bed
        .refused("TerminateInstanceInAutoScalingGroup", json!({ "InstanceId": ids[0], "ShouldDecrementDesiredCapacity": true }))
        .await;
    assert!(below.starts_with("ValidationError: Currently, desiredSize equals minSize (1)."), "{below}");
}

#[tokio::test]
async fn a_group_is_deleted_with_its_instances_if_it_is_forced_to_be() {
    let bed = Bed::new();
    let hook = json!([{ "LifecycleHookName": "late", "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING" }]);
    bed.group(json!({ "LifecycleHookSpecificationList": hook })).await;
    let ids = bed.instances(1, "InService").await;
    let refused = bed.refused("DeleteAutoScalingGroup", json!({ "AutoScalingGroupName": "web" })).await;
    assert!(refused.starts_with("ResourceInUse"), "{refused}");
    bed.ok("DeleteAutoScalingGroup", json!({ "AutoScalingGroupName": "web", "ForceDelete": true })).await;
    let gone = nightproof_poll::until(std::time::Duration::from_secs(20), || async {
        let group = bed.described().await;
        if group.is_null() { Ok(()) } else { Err(group) }
    });
    gone.await.unwrap();
    assert_eq!(bed.instance(&ids[0]).await["State"]["Name"], "terminated");
    let past = json!({ "AutoScalingGroupName": "web", "IncludeDeletedGroups": true });
    assert_eq!(bed.ok("DescribeScalingActivities", past).await["Activities"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_instance_is_launched_by_a_launch_configuration_too() {
    let bed = Bed::new();
    let configuration = json!({
        "LaunchConfigurationName": "old", "ImageId": IMAGES[0].id, "InstanceType": "t3.small", "AssociatePublicIpAddress": false,
        "BlockDeviceMappings": [{ "DeviceName": "/dev/xvda", "Ebs": { "Encrypted": true } }], "MetadataOptions": { "HttpTokens": "required" },
    });
    bed.ok("CreateLaunchConfiguration", configuration).await;
    let group = json!({
        "AutoScalingGroupName": "web", "MinSize": 1, "MaxSize": 1, "AvailabilityZones": ["us-east-1a"], "LaunchConfigurationName": "old",
    });
    bed.ok("CreateAutoScalingGroup", group).await;
    let ids = bed.instances(1, "InService").await;
    let instance = bed.instance(&ids[0]).await;
    assert_eq!((&instance["InstanceType"], instance.get("PublicIpAddress")), (&json!("t3.small"), None));
    assert_eq!(instance["MetadataOptions"]["HttpTokens"], "required");
    assert_eq!(bed.described().await["Instances"][0]["LaunchConfigurationName"], "old");
    let used = bed.refused("DeleteLaunchConfiguration", json!({ "LaunchConfigurationName": "old" })).await;
    assert!(used.starts_with("ResourceInUse"), "{used}");
    let described = bed.ok("DescribeLaunchConfigurations", json!({})).await["LaunchConfigurations"][0].clone();
    assert_eq!((&described["InstanceType"], &described["EbsOptimized"]), (&json!("t3.small"), &json!(false)));
}

#[tokio::test]
async fn a_launch_that_ec2_refuses_is_an_activity_that_failed_and_is_tried_again_later() {
    let bed = Bed::new();
    let id = bed.template().await;
    let group = json!({
        "AutoScalingGroupName": "web", "MinSize": 0, "MaxSize": 1, "AvailabilityZones": ["us-east-1a"],
        "LaunchTemplate": { "LaunchTemplateId": id, "Version": "$Latest" },
    });
    bed.ok("CreateAutoScalingGroup", group).await;
    let bad = json!({ "LaunchTemplateId": id, "LaunchTemplateData": { "ImageId": "ami-0123456789abcdef0" } });
    bed.ec2("CreateLaunchTemplateVersion", bad).await;
    bed.ok("SetDesiredCapacity", json!({ "AutoScalingGroupName": "web", "DesiredCapacity": 1 })).await;
    let failed = nightproof_poll::until(std::time::Duration::from_secs(20), || async {
        let activities = bed.ok("DescribeScalingActivities", json!({ "AutoScalingGroupName": "web" })).await;
        let first = activities["Activities"][0].clone();
        if first["StatusCode"] == "Failed" { Ok(first) } else { Err(activities) }
    });
    let message = failed.await.unwrap()["StatusMessage"].as_str().unwrap().to_owned();
    assert_eq!(message, "The image id '[ami-0123456789abcdef0]' does not exist Launching EC2 instance failed.");
    let good = json!({ "LaunchTemplateId": id, "SourceVersion": "1", "LaunchTemplateData": {} });
    bed.ec2("CreateLaunchTemplateVersion", good).await;
    bed.pass(16);
    bed.instances(1, "InService").await;
}

#[tokio::test]
async fn tags_of_a_group_are_changed_and_found() {
    let bed = Bed::new();
    bed.group(json!({ "DesiredCapacity": 0 })).await;
    let tag = |key: &str, value: &str| json!({ "ResourceId": "web", "ResourceType": "auto-scaling-group", "Key": key, "Value": value, "PropagateAtLaunch": true });
    bed.ok("CreateOrUpdateTags", json!({ "Tags": [tag("a", "1"), tag("b", "2")] })).await;
    bed.ok("CreateOrUpdateTags", json!({ "Tags": [tag("a", "3")] })).await;
    let found = bed.ok("DescribeTags", json!({ "Filters": [{ "Name": "key", "Values": ["a"] }] })).await;
    assert_eq!(found["Tags"], json!([tag("a", "3")]));
    let by_tag = bed.ok("DescribeAutoScalingGroups", json!({ "Filters": [{ "Name": "tag:b", "Values": ["2"] }] })).await;
    assert_eq!(by_tag["AutoScalingGroups"][0]["AutoScalingGroupName"], "web");
    bed.ok("DeleteTags", json!({ "Tags": [{ "ResourceId": "web", "ResourceType": "auto-scaling-group", "Key": "b" }] })).await;
    assert_eq!(bed.ok("DescribeTags", json!({})).await["Tags"].as_array().unwrap().len(), 1);
}
