//! Auto scaling groups: signals of their instances, and the policies by which they are changed.

use nightproof_journal::Event;
use serde_json::{Value, json};

use super::signal::made;
use super::world::{BOUND, World, submission};

const IMAGE: &str = "'{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}'";

/// A group of instances of this type, with these attributes and properties.
fn template(kind: &str, attributes: &str, properties: &str) -> String {
    format!(
        "Resources:\n  Launch:\n    Type: AWS::EC2::LaunchTemplate\n    Properties: {{LaunchTemplateData: {{ImageId: {IMAGE}, InstanceType: {kind}}}}}\n  \
         Group:\n    Type: AWS::AutoScaling::AutoScalingGroup\n    {attributes}\n    Properties:\n      AvailabilityZones: [us-east-1a]\n      \
         LaunchTemplate: {{LaunchTemplateId: !Ref Launch, Version: !GetAtt Launch.LatestVersionNumber}}\n      \
         Tags: [{{Key: Backup, Value: Enabled, PropagateAtLaunch: true}}, {{Key: Own, Value: x, PropagateAtLaunch: false}}]\n      {properties}\n"
    )
}

const ONE: &str = "MinSize: '1'\n      MaxSize: '2'";
const SIGNALS: &str = "CreationPolicy: {ResourceSignal: {Count: 1, Timeout: PT5M}}";

async fn group(world: &World) -> Value {
    let name = world.physical("s", "Group").await;
    let found = world.ok("autoscaling", "DescribeAutoScalingGroups", json!({"AutoScalingGroupNames": [name]})).await;
    found["AutoScalingGroups"][0].clone()
}

/// The instances in service, once there are so many and none of `gone` is among them.
async fn in_service(world: &World, count: usize, gone: &[String]) -> Vec<String> {
    let found = nightproof_poll::until(BOUND, || async {
        let seen = group(world).await;
        let all = seen["Instances"].as_array().cloned().unwrap_or_default();
        let ready = all.iter().filter(|one| one["LifecycleState"] == "InService");
        let ids: Vec<String> =
            ready.map(|one| one["InstanceId"].as_str().unwrap().to_owned()).filter(|id| !gone.contains(id)).collect();
        if ids.len() == count { Ok(ids) } else { Err(seen) }
    });
    found.await.unwrap_or_else(|seen| panic!("not {count} instances: {seen}"))
}

async fn signal(world: &World, id: &str, status: &str) {
    let input = json!({"StackName": "s", "LogicalResourceId": "Group", "UniqueId": id, "Status": status});
    world.stack("SignalResource", input).await;
}

async fn instance(world: &World, id: &str) -> Value {
    let found = world.ok("ec2", "DescribeInstances", json!({"InstanceIds": [id]})).await;
    found["Reservations"][0]["Instances"][0].clone()
}

/// The reasons of the group's events, oldest first.
async fn reasons(world: &World) -> Vec<String> {
    let answer = world.stack("DescribeStackEvents", json!({"StackName": "s"})).await;
    let events = answer["StackEvents"].as_array().unwrap().iter().rev();
    let of_group = events.filter(|event| event["LogicalResourceId"] == "Group");
    of_group.filter_map(|event| event["ResourceStatusReason"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_group_is_made_when_its_instances_have_told_that_they_are_well() {
    let world = World::new();
    world.stack("CreateStack", submission("s", &template("t3.micro", SIGNALS, ONE))).await;
    made(&world, "Group").await;
    let ids = in_service(&world, 1, &[]).await;
    assert!(!world.history("s").await.contains(&"Group CREATE_COMPLETE".to_owned()), "it waits");
    signal(&world, &ids[0], "SUCCESS").await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let tags = instance(&world, &ids[0]).await["Tags"].as_array().unwrap().clone();
    let value = |key: &str| tags.iter().find(|tag| tag["Key"] == key).map(|tag| tag["Value"].clone());
    assert_eq!((value("Backup"), value("Own")), (Some(json!("Enabled")), None));
    assert_eq!(value("aws:cloudformation:stack-name"), Some(json!("s")), "an instance of a group has the tags of its stack");
    assert_eq!(value("aws:autoscaling:groupName"), Some(json!(world.physical("s", "Group").await)));
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    assert_eq!(instance(&world, &ids[0]).await["State"]["Name"], "terminated");
}

#[tokio::test]
async fn a_signal_of_a_failure_rolls_the_stack_back_with_the_instances() {
    let world = World::new();
    world.stack("CreateStack", submission("s", &template("t3.micro", SIGNALS, ONE))).await;
    made(&world, "Group").await;
    let ids = in_service(&world, 1, &[]).await;
    signal(&world, &ids[0], "FAILURE").await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    let reason = world.reason("s", "Group", "CREATE_FAILED").await;
    assert_eq!(reason, "Received 1 FAILURE signal(s) out of 1. Unable to satisfy 100% MinSuccessfulInstancesPercent requirement");
    assert_eq!(instance(&world, &ids[0]).await["State"]["Name"], "terminated");
}

const ROLLING: &str = "UpdatePolicy: {AutoScalingRollingUpdate: {MinInstancesInService: 1, MaxBatchSize: 1, WaitOnResourceSignals: true, PauseTime: PT5M}}";

#[tokio::test]
async fn a_rolling_update_replaces_instances_batch_by_batch_as_they_tell_that_they_are_well() {
    let world = World::new();
    assert_eq!(
        world.create("s", &template("t3.micro", ROLLING, ONE)).await,
        "CREATE_COMPLETE",
        "{:?}",
        world.failures("s").await
    );
    let old = in_service(&world, 1, &[]).await;
    world.stack("UpdateStack", submission("s", &template("t3.small", ROLLING, ONE))).await;
    let new = in_service(&world, 1, &old).await;
    assert_eq!(instance(&world, &old[0]).await["State"]["Name"], "running", "one is in service all the time");
    signal(&world, &new[0], "SUCCESS").await;
    assert_eq!(world.status("s").await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(in_service(&world, 1, &[]).await, new);
    assert_eq!(instance(&world, &new[0]).await["InstanceType"], "t3.small");
    let sizes = group(&world).await;
    assert_eq!((&sizes["MinSize"], &sizes["DesiredCapacity"], &sizes["MaxSize"]), (&json!(1), &json!(1), &json!(2)));
    let told = reasons(&world).await;
    for line in [
        "Rolling update initiated. Terminating 1 obsolete instance(s) in batches of 1, while keeping at least 1 instance(s) in service. Waiting on resource signals with a timeout of PT5M when new instances are added to the autoscaling group.".to_owned(),
        "Temporarily setting autoscaling group MinSize and DesiredCapacity to 2.".to_owned(),
        "New instance(s) added to autoscaling group - Waiting on 1 resource signal(s) with a timeout of PT5M.".to_owned(),
        format!("Terminating instance(s) [{}]; replacing with 0 new instance(s).", old[0]),
    ] {
        assert!(told.contains(&line), "{line} is not in {told:#?}");
    }
}

#[tokio::test]
async fn a_rolling_update_without_spare_capacity_terminates_before_it_launches() {
    let world = World::new();
    let policy = "UpdatePolicy: {AutoScalingRollingUpdate: {MaxBatchSize: 1, SuspendProcesses: [AZRebalance]}}";
    let two = "MinSize: '2'\n      MaxSize: '2'";
    assert_eq!(world.create("s", &template("t3.micro", policy, two)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let old = in_service(&world, 2, &[]).await;
    assert_eq!(world.update("s", &template("t3.small", policy, two)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let new = in_service(&world, 2, &old).await;
    for id in &new {
        assert_eq!(instance(&world, id).await["InstanceType"], "t3.small");
    }
    assert_eq!(group(&world).await["SuspendedProcesses"], json!([]));
}

#[tokio::test]
async fn a_rolling_update_whose_instances_tell_of_a_failure_is_rolled_back() {
    let world = World::new();
    assert_eq!(
        world.create("s", &template("t3.micro", ROLLING, ONE)).await,
        "CREATE_COMPLETE",
        "{:?}",
        world.failures("s").await
    );
    let old = in_service(&world, 1, &[]).await;
    world.stack("UpdateStack", submission("s", &template("t3.small", ROLLING, ONE))).await;
    let new = in_service(&world, 1, &old).await;
    signal(&world, &new[0], "FAILURE").await;
    // Rolled back by the same policy: whatever is there then is of the old type.
    let again = nightproof_poll::until(BOUND, || async {
        let seen = group(&world).await["Instances"].as_array().cloned().unwrap_or_default();
        let fresh = seen.iter().find(|one| {
            let id = one["InstanceId"].as_str().unwrap();
            one["LifecycleState"] == "InService" && one["InstanceType"] == "t3.micro" && id != old[0] && id != new[0]
        });
        fresh.map(|one| one["InstanceId"].as_str().unwrap().to_owned()).ok_or(seen)
    });
    let first = again.await.unwrap();
    signal(&world, &first, "SUCCESS").await;
    let reason = world.reason("s", "Group", "UPDATE_FAILED").await;
    assert!(reason.starts_with("Received 1 FAILURE signal(s) out of 1."), "{reason}");
    let settled = nightproof_poll::until(BOUND, || async {
        for one in group(&world).await["Instances"].as_array().into_iter().flatten() {
            let id = one["InstanceId"].as_str().unwrap();
            let input = json!({"StackName": "s", "LogicalResourceId": "Group", "UniqueId": id, "Status": "SUCCESS"});
            let _ = world.call("cloudformation", "SignalResource", input).await;
        }
        let stack = world.stack("DescribeStacks", json!({"StackName": "s"})).await["Stacks"][0]["StackStatus"].clone();
        if stack == "UPDATE_ROLLBACK_COMPLETE" { Ok(()) } else { Err(stack) }
    });
    settled.await.unwrap();
    for one in group(&world).await["Instances"].as_array().unwrap() {
        assert_eq!(one["InstanceType"], "t3.micro");
    }
}

#[tokio::test]
async fn a_replacing_update_makes_another_group() {
    let world = World::new();
    let policy = "UpdatePolicy: {AutoScalingReplacingUpdate: {WillReplace: true}}";
    assert_eq!(world.create("s", &template("t3.micro", policy, ONE)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let (name, old) = (world.physical("s", "Group").await, in_service(&world, 1, &[]).await);
    assert_eq!(world.update("s", &template("t3.small", policy, ONE)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_ne!(world.physical("s", "Group").await, name);
    in_service(&world, 1, &old).await;
    assert_eq!(instance(&world, &old[0]).await["State"]["Name"], "terminated");
}

#[tokio::test]
async fn sizes_that_a_template_leaves_alone_are_left_alone_if_the_policy_says_so() {
    let world = World::new();
    let policy = "UpdatePolicy: {AutoScalingScheduledAction: {IgnoreUnmodifiedGroupSizeProperties: true}}";
    let with = |policy: &str, cooldown: &str| template("t3.micro", policy, &format!("{ONE}\n      Cooldown: '{cooldown}'"));
    assert_eq!(world.create("s", &with(policy, "60")).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let name = world.physical("s", "Group").await;
    world.ok("autoscaling", "UpdateAutoScalingGroup", json!({"AutoScalingGroupName": name, "MinSize": 2})).await;
    in_service(&world, 2, &[]).await;
    assert_eq!(world.update("s", &with(policy, "90")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let seen = group(&world).await;
    assert_eq!((&seen["MinSize"], &seen["DefaultCooldown"]), (&json!(2), &json!(90)));
    assert_eq!(world.update("s", &with("", "60")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(group(&world).await["MinSize"], 1);
}

#[tokio::test]
async fn a_launch_configuration_and_a_hook_are_made_changed_and_deleted() {
    let world = World::new();
    let hooked = |heartbeat: i64| {
        format!(
            "Resources:\n  Config: {{Type: AWS::AutoScaling::LaunchConfiguration, Properties: {{ImageId: {IMAGE}, InstanceType: t3.micro, InstanceMonitoring: false}}}}\n  \
             Group:\n    Type: AWS::AutoScaling::AutoScalingGroup\n    Properties: {{AvailabilityZones: [us-east-1a], LaunchConfigurationName: !Ref Config, MinSize: '0', MaxSize: '1'}}\n  \
             Hook: {{Type: AWS::AutoScaling::LifecycleHook, Properties: {{AutoScalingGroupName: !Ref Group, LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING', HeartbeatTimeout: {heartbeat}}}}}\n"
        )
    };
    assert_eq!(world.create("s", &hooked(60)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let name = world.physical("s", "Group").await;
    assert_eq!(world.update("s", &hooked(90)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let hooks = world.ok("autoscaling", "DescribeLifecycleHooks", json!({"AutoScalingGroupName": name})).await;
    assert_eq!(hooks["LifecycleHooks"][0]["HeartbeatTimeout"], 90);
    assert_eq!(hooks["LifecycleHooks"][0]["LifecycleHookName"], world.physical("s", "Hook").await);
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    let left = world.ok("autoscaling", "DescribeLaunchConfigurations", json!({})).await;
    assert_eq!(left["LaunchConfigurations"], json!([]));
}

#[tokio::test]
async fn what_is_lacking_of_a_group_is_named_before_anything_is_made() {
    let world = World::new();
    let lacking =
        template("t3.micro", "UpdatePolicy: {UseOnlineResharding: true}", &format!("{ONE}\n      MaxInstanceLifetime: 86400"));
    let refused = world.refused("CreateStack", submission("s", &lacking)).await;
    for name in
        ["`UseOnlineResharding` of attribute `UpdatePolicy`", "`MaxInstanceLifetime` of `AWS::AutoScaling::AutoScalingGroup`"]
    {
        assert!(refused.contains(name), "{name} is not in {refused}");
    }
}

#[tokio::test]
async fn a_scheduled_action_is_made_changed_and_deleted_with_its_group() {
    let world = World::new();
    let scheduled = |recurrence: &str, least: i64| {
        let action = format!(
            "\n  Night: {{Type: AWS::AutoScaling::ScheduledAction, Properties: {{AutoScalingGroupName: !Ref Group, Recurrence: '{recurrence}', MinSize: '{least}', DesiredCapacity: 1, TimeZone: Europe/Berlin}}}}"
        );
        template("t3.micro", "", &format!("{ONE}{action}"))
    };
    let listed =
        async || world.ok("autoscaling", "DescribeScheduledActions", json!({})).await["ScheduledUpdateGroupActions"].clone();
    assert_eq!(world.create("s", &scheduled("0 22 * * *", 0)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let name = world.physical("s", "Night").await;
    let made = listed().await;
    assert_eq!((&made[0]["ScheduledActionName"], &made[0]["Recurrence"]), (&json!(name), &json!("0 22 * * *")));
    assert_eq!(world.update("s", &scheduled("0 23 * * *", 1)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let changed = listed().await;
    assert_eq!((&changed[0]["ScheduledActionName"], &changed[0]["MinSize"]), (&json!(name), &json!(1)));
    world.update("s", &scheduled("nightly", 1)).await;
    let reason = world.reason("s", "Night", "UPDATE_FAILED").await;
    assert!(reason.starts_with("Given recurrence string:nightly is invalid"), "{reason}");
    assert_eq!(world.update("s", &template("t3.micro", "", ONE)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(listed().await, json!([]));
}

#[tokio::test]
async fn a_check_of_health_by_load_balancers_is_told_where_those_are_records() {
    let world = World::new();
    let told = || {
        let events = world.region.journal().records().into_iter().map(|record| record.event);
        let recorded = events.filter_map(|event| match event {
            Event::Recorded { logical_id, properties, .. } if logical_id == "Group" => Some(properties),
            _ => None,
        });
        recorded.flatten().collect::<Vec<_>>()
    };
    let none = "MinSize: '0'\n      MaxSize: '1'\n      HealthCheckType: ELB";
    assert_eq!(world.create("s", &template("t3.micro", "", none)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!((group(&world).await["HealthCheckType"].clone(), told()), (json!("ELB"), Vec::<String>::new()));
    let attached = format!("{none}\n      LoadBalancerNames: [front]");
    assert_eq!(
        world.update("s", &template("t3.micro", "", &attached)).await,
        "UPDATE_COMPLETE",
        "{:?}",
        world.failures("s").await
    );
    assert!(told().contains(&"HealthCheckType ELB".to_owned()), "{:?}", told());
}
