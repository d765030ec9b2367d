//! Instance refreshes, from their start to the last instance.

use serde_json::{Value, json};

use super::bed::{BOUND, Bed};

async fn start(bed: &Bed, preferences: Value) -> String {
    let input = json!({ "AutoScalingGroupName": "web", "Preferences": preferences });
    bed.ok("StartInstanceRefresh", input).await["InstanceRefreshId"].as_str().unwrap().to_owned()
}

async fn refresh(bed: &Bed) -> Value {
    bed.ok("DescribeInstanceRefreshes", json!({ "AutoScalingGroupName": "web" })).await["InstanceRefreshes"][0].clone()
}

/// The newest refresh, once it has this status.
async fn with_status(bed: &Bed, status: &str) -> Value {
    let found = nightproof_poll::until(BOUND, || async {
        let refresh = refresh(bed).await;
        if refresh["Status"] == status { Ok(refresh) } else { Err(refresh) }
    });
    found.await.unwrap_or_else(|refresh| panic!("not {status}: {refresh}"))
}

#[tokio::test]
async fn a_refresh_replaces_every_instance_and_the_group_stays_as_large() {
    let mut bed = Bed::new();
    bed.group(json!({ "DesiredCapacity": 3 })).await;
    let before = bed.instances(3, "InService").await;
    let id = start(&bed, json!({})).await;
    let ended = with_status(&bed, "Successful").await;
    assert_eq!(
        (&ended["InstanceRefreshId"], &ended["PercentageComplete"], &ended["InstancesToUpdate"]),
        (&json!(id), &json!(100), &json!(0))
    );
    bed.replaced(3, &before).await;
    assert_eq!(bed.event("EC2 Auto Scaling Instance Refresh Started").await["InstanceRefreshId"], json!(id));
    assert_eq!(bed.event("EC2 Auto Scaling Instance Refresh Succeeded").await["AutoScalingGroupName"], "web");
}

#[tokio::test]
async fn one_instance_after_the_other_warms_up() {
    let bed = Bed::new();
    bed.group(json!({ "DesiredCapacity": 2 })).await;
    let before = bed.instances(2, "InService").await;
    start(&bed, json!({ "InstanceWarmup": 300 })).await;
    let first = nightproof_poll::until(BOUND, || async {
        let group = bed.described().await;
        let all = group["Instances"].as_array().unwrap().clone();
        let left = all.iter().filter(|one| before.contains(&one["InstanceId"].as_str().unwrap().to_owned())).count();
        let in_service = all.iter().filter(|one| one["LifecycleState"] == "InService").count();
        if (left, in_service, all.len()) == (1, 2, 2) { Ok(()) } else { Err(group) }
    });
    first.await.unwrap();
    let halfway = refresh(&bed).await;
    assert_eq!((&halfway["Status"], &halfway["InstancesToUpdate"]), (&json!("InProgress"), &json!(2)), "the new one is not warm");
    bed.pass(300);
    bed.replaced(2, &before).await;
    bed.pass(300);
    with_status(&bed, "Successful").await;
}

#[tokio::test]
async fn with_room_above_the_capacity_instances_come_before_others_leave() {
    let bed = Bed::new();
    bed.group(json!({ "DesiredCapacity": 1, "MaxSize": 1 })).await;
    let before = bed.instances(1, "InService").await;
    start(&bed, json!({ "MinHealthyPercentage": 100, "MaxHealthyPercentage": 200, "InstanceWarmup": 60 })).await;
    let both = bed.instances(2, "InService").await;
    assert!(both.contains(&before[0]));
    bed.pass(60);
    with_status(&bed, "Successful").await;
    bed.replaced(1, &before).await;
}

#[tokio::test]
async fn matching_instances_are_skipped_and_the_group_takes_the_desired_version_over() {
    let bed = Bed::new();
    bed.group(json!({ "DesiredCapacity": 1 })).await;
    let before = bed.instances(1, "InService").await;
    start(&bed, json!({ "SkipMatching": true })).await;
    with_status(&bed, "Successful").await;
    assert_eq!(bed.instances(1, "InService").await, before);

    let data = json!({ "LaunchTemplateName": "web", "SourceVersion": "1", "LaunchTemplateData": { "InstanceType": "t3.small" } });
    bed.ec2("CreateLaunchTemplateVersion", data).await;
    let input = json!({
        "AutoScalingGroupName": "web", "Preferences": { "SkipMatching": true },
        "DesiredConfiguration": { "LaunchTemplate": { "LaunchTemplateName": "web", "Version": "2" } },
    });
    bed.ok("StartInstanceRefresh", input).await;
    let ended = with_status(&bed, "Successful").await;
    assert_eq!(ended["DesiredConfiguration"]["LaunchTemplate"]["Version"], "2");
    bed.replaced(1, &before).await;
    let group = bed.described().await;
    assert_eq!(group["LaunchTemplate"]["Version"], "2");
    assert_eq!(group["Instances"][0]["InstanceType"], "t3.small");
}

#[tokio::test]
async fn protected_instances_are_waited_for_an_hour() {
    let bed = Bed::new();
    bed.group(json!({ "DesiredCapacity": 1, "NewInstancesProtectedFromScaleIn": true })).await;
    let before = bed.instances(1, "InService").await;
    start(&bed, json!({})).await;
    with_status(&bed, "InProgress").await;
    bed.pass(3600);
    let failed = with_status(&bed, "Failed").await;
    assert!(failed["StatusReason"].as_str().unwrap().contains("protected"), "{failed}");
    assert_eq!(bed.instances(1, "InService").await, before);
    start(&bed, json!({ "ScaleInProtectedInstances": "Ignore" })).await;
    with_status(&bed, "Successful").await;
    assert_eq!(bed.instances(1, "InService").await, before);
    start(&bed, json!({ "ScaleInProtectedInstances": "Refresh" })).await;
    bed.replaced(1, &before).await;
}

#[tokio::test]
async fn a_refresh_is_cancelled_and_bakes() {
    let bed = Bed::new();
    bed.group(json!({ "DesiredCapacity": 2 })).await;
    bed.instances(2, "InService").await;
    start(&bed, json!({ "InstanceWarmup": 600 })).await;
    with_status(&bed, "InProgress").await;
    let named = json!({ "AutoScalingGroupName": "web" });
    let refused = bed.refused("StartInstanceRefresh", named.clone()).await;
    assert!(refused.starts_with("InstanceRefreshInProgress"), "{refused}");
    bed.ok("CancelInstanceRefresh", json!({ "AutoScalingGroupName": "web", "WaitForTransitioningInstances": false })).await;
    assert_eq!(refresh(&bed).await["Status"], "Cancelled");
    let refused = bed.refused("CancelInstanceRefresh", named).await;
    assert!(refused.starts_with("ActiveInstanceRefreshNotFound"), "{refused}");

    start(&bed, json!({ "MinHealthyPercentage": 0, "BakeTime": 120 })).await;
    with_status(&bed, "Baking").await;
    bed.pass(120);
    with_status(&bed, "Successful").await;
}

#[tokio::test]
async fn what_no_refresh_does_here_is_refused_by_name() {
    let bed = Bed::new();
    bed.group(json!({})).await;
    for (more, part) in [
        (json!({ "Preferences": { "MaxHealthyPercentage": 110 } }), "ValidationError: MinHealthyPercentage"),
        (
            json!({ "Preferences": { "MinHealthyPercentage": 50, "MaxHealthyPercentage": 200 } }),
            "ValidationError: The difference",
        ),
        (json!({ "Preferences": { "AutoRollback": true } }), "NotImplemented: autoscaling: AutoRollback"),
        (json!({ "Preferences": { "CheckpointDelay": 1, "CheckpointPercentages": [50] } }), "NotImplemented"),
        (json!({ "Strategy": "ReplaceRootVolume" }), "NotImplemented: autoscaling: the strategy ReplaceRootVolume"),
    ] {
        let mut input = json!({ "AutoScalingGroupName": "web" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = bed.refused("StartInstanceRefresh", input).await;
        assert!(refused.starts_with(part), "{refused}");
    }
}
