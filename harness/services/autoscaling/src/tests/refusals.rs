//! What AWS refuses is refused, and so is what the caller may not do.

use nightproof_core::Caller;
use nightproof_core::caller::Principal;
use nightproof_machine_image::IMAGES;
use serde_json::{Value, json};

use super::bed::{ACCOUNT, Bed};

#[tokio::test]
async fn what_aws_refuses_is_refused_in_its_words() {
    let bed = Bed::new();
    bed.group(json!({ "DesiredCapacity": 1, "MinSize": 1, "MaxSize": 2 })).await;
    let new = |more: Value| {
        let mut input = json!({
            "AutoScalingGroupName": "new", "MinSize": 0, "MaxSize": 1, "AvailabilityZones": ["us-east-1a"],
            "LaunchTemplate": { "LaunchTemplateName": "web" },
        });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        input
    };
    for (operation, input, expected) in [
        (
            "CreateAutoScalingGroup",
            new(json!({ "AutoScalingGroupName": "web" })),
            "AlreadyExists: AutoScalingGroup by this name already exists - A group with the name web already exists",
        ),
        (
            "CreateAutoScalingGroup",
            new(json!({ "LaunchTemplate": null })),
            "ValidationError: Valid requests must contain either LaunchTemplate, LaunchConfigurationName,",
        ),
        (
            "CreateAutoScalingGroup",
            new(json!({ "AvailabilityZones": null })),
            "ValidationError: At least one Availability Zone or VPC Subnet is required.",
        ),
        (
            "CreateAutoScalingGroup",
            new(json!({ "DesiredCapacity": 3 })),
            "ValidationError: Desired capacity:3 must be between the specified min size:0 and max size:1",
        ),
        ("CreateAutoScalingGroup", new(json!({ "MinSize": 3 })), "ValidationError: Max bound, 1, must be greater"),
        (
            "CreateAutoScalingGroup",
            new(json!({ "VPCZoneIdentifier": "subnet-1" })),
            "ValidationError: The subnet ID 'subnet-1' does not exist",
        ),
        (
            "CreateAutoScalingGroup",
            new(json!({ "AvailabilityZones": ["mars-1a"] })),
            "ValidationError: Availability Zone mars-1a",
        ),
        (
            "CreateAutoScalingGroup",
            new(json!({ "LaunchTemplate": { "LaunchTemplateName": "web", "Version": "7" } })),
            "ValidationError: You must use a valid fully-formed launch template. Could not find the specified version 7",
        ),
        ("CreateAutoScalingGroup", new(json!({ "HealthCheckType": "MOOD" })), "ValidationError: Invalid HealthCheckType: MOOD"),
        (
            "CreateAutoScalingGroup",
            new(json!({ "LaunchTemplate": null, "MixedInstancesPolicy": {} })),
            "NotImplemented: autoscaling: CreateAutoScalingGroup with MixedInstancesPolicy",
        ),
        (
            "CreateAutoScalingGroup",
            new(json!({ "LaunchTemplate": null, "LaunchConfigurationName": "none" })),
            "ValidationError: Launch configuration name not found - Launch configuration none not found",
        ),
        (
            "UpdateAutoScalingGroup",
            json!({ "AutoScalingGroupName": "none" }),
            "ValidationError: AutoScalingGroup name not found - AutoScalingGroup 'none' not found",
        ),
        (
            "SetDesiredCapacity",
            json!({ "AutoScalingGroupName": "web", "DesiredCapacity": 3 }),
            "ValidationError: New SetDesiredCapacity value 3 is above max value 2 for the AutoScalingGroup.",
        ),
        (
            "SetDesiredCapacity",
            json!({ "AutoScalingGroupName": "web", "DesiredCapacity": 0 }),
            "ValidationError: New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup.",
        ),
        (
            "TerminateInstanceInAutoScalingGroup",
            json!({ "InstanceId": "i-0123456789abcdef0", "ShouldDecrementDesiredCapacity": false }),
            "ValidationError: Instance Id not found - No managed instance found for instance ID: i-0123456789abcdef0",
        ),
        (
            "SuspendProcesses",
            json!({ "AutoScalingGroupName": "web", "ScalingProcesses": ["Sleep"] }),
            "ValidationError: Invalid process",
        ),
        (
            "PutLifecycleHook",
            json!({ "AutoScalingGroupName": "web", "LifecycleHookName": "h" }),
            "ValidationError: LifecycleTransition is required when creating a lifecycle hook.",
        ),
        (
            "PutLifecycleHook",
            json!({ "AutoScalingGroupName": "web", "LifecycleHookName": "h", "NotificationTargetARN": "arn:aws:sns:us-east-1:1:t" }),
            "NotImplemented: autoscaling: PutLifecycleHook with NotificationTargetARN",
        ),
        (
            "CreateLaunchConfiguration",
            json!({ "LaunchConfigurationName": "c", "ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.micro" }),
            "ValidationError: AMI cannot be described",
        ),
    ] {
        let refusal = bed.refused(operation, input).await;
        assert!(refusal.replace("Fault: ", ": ").starts_with(expected), "{operation}: {refusal}");
    }
}

#[tokio::test]
async fn who_may_not_launch_by_a_template_may_not_make_a_group_of_it() {
    let bed = Bed::new();
    let id = bed.template().await;
    let iam = |operation: &'static str, input: Value| bed.call("iam", operation, input);
    let user = iam("CreateUser", json!({ "UserName": "ops" })).await.unwrap()["User"]["UserId"].as_str().unwrap().to_owned();
    let statement = |actions: Value| json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }] });
    let put = |actions: Value| json!({ "UserName": "ops", "PolicyName": "p", "PolicyDocument": statement(actions).to_string() });
    let ops = Caller { principal: Principal::User { name: "ops".to_owned(), id: user }, ..Caller::root(ACCOUNT) };
    let group = json!({
        "AutoScalingGroupName": "web", "MinSize": 1, "MaxSize": 1, "AvailabilityZones": ["us-east-1a"],
        "LaunchTemplate": { "LaunchTemplateId": id },
    });
    let create = || bed.region.call(&ops, "autoscaling", "CreateAutoScalingGroup", group.clone());
    iam("PutUserPolicy", put(json!(["autoscaling:*"]))).await.unwrap();
    let denied = create().await.unwrap_err();
    assert!(denied.message.contains("iam:CreateServiceLinkedRole"), "{denied}");
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
    iam("CreateRole", json!({ "RoleName": "server", "AssumeRolePolicyDocument": trust.to_string() })).await.unwrap();
    iam("CreateInstanceProfile", json!({ "InstanceProfileName": "server" })).await.unwrap();
    iam("AddRoleToInstanceProfile", json!({ "InstanceProfileName": "server", "RoleName": "server" })).await.unwrap();
    let configuration = json!({
        "LaunchConfigurationName": "c", "ImageId": IMAGES[0].id, "InstanceType": "t3.micro", "IamInstanceProfile": "server",
    });
    let denied = bed.region.call(&ops, "autoscaling", "CreateLaunchConfiguration", configuration).await.unwrap_err();
    assert!(denied.message.contains("iam:PassRole on resource: arn:aws:iam::111122223333:role/server"), "{denied}");
    iam("PutUserPolicy", put(json!(["autoscaling:*", "iam:CreateServiceLinkedRole"]))).await.unwrap();
    let denied = create().await.unwrap_err();
    let words = format!("You are not authorized to use launch template: {}", id.as_str().unwrap());
    assert_eq!((denied.code.as_str(), denied.message), ("AccessDenied", words));
    let launch = json!(["autoscaling:*", "iam:CreateServiceLinkedRole", "ec2:RunInstances", "ec2:CreateTags"]);
    iam("PutUserPolicy", put(launch)).await.unwrap();
    create().await.unwrap();
    bed.instances(1, "InService").await;
}
