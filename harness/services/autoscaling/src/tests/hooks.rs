//! Lifecycle hooks: instances that wait, and how their waiting ends.

use serde_json::{Value, json};

use super::bed::Bed;

fn hook(name: &str, transition: &str, default: &str) -> Value {
    json!({
        "LifecycleHookName": name, "LifecycleTransition": format!("autoscaling:EC2_INSTANCE_{transition}"), "HeartbeatTimeout": 60,
        "DefaultResult": default, "NotificationMetadata": "note",
    })
}

#[tokio::test]
async fn an_instance_waits_by_a_hook_until_its_action_is_completed() {
    let mut bed = Bed::new();
    bed.group(json!({ "LifecycleHookSpecificationList": [hook("ready", "LAUNCHING", "ABANDON"), hook("saved", "TERMINATING", "CONTINUE")] }))
        .await;
    let ids = bed.instances(1, "Pending:Wait").await;
    let event = bed.event("EC2 Instance-launch Lifecycle Action").await;
    assert_eq!((&event["EC2InstanceId"], &event["NotificationMetadata"]), (&json!(ids[0]), &json!("note")));
    let token = event["LifecycleActionToken"].clone();
    let action = json!({ "AutoScalingGroupName": "web", "LifecycleHookName": "ready", "LifecycleActionToken": token });
    bed.pass(50);
    bed.ok("RecordLifecycleActionHeartbeat", action.clone()).await;
    bed.pass(50);
    assert_eq!(bed.instances(1, "Pending:Wait").await, ids, "its time-out has begun anew");
    let mut done = action;
    done["LifecycleActionResult"] = "CONTINUE".into();
    bed.ok("CompleteLifecycleAction", done.clone()).await;
    bed.instances(1, "InService").await;
    assert_eq!(bed.event("EC2 Instance Launch Successful").await["EC2InstanceId"], ids[0]);
    let again = bed.refused("CompleteLifecycleAction", done).await;
    assert!(again.starts_with("ValidationError: No active Lifecycle Action found with token "), "{again}");

    bed.ok("SetDesiredCapacity", json!({ "AutoScalingGroupName": "web", "DesiredCapacity": 0 })).await;
    bed.instances(1, "Terminating:Wait").await;
    assert_eq!(bed.instance(&ids[0]).await["State"]["Name"], "running", "it runs while it waits");
    let event = bed.event("EC2 Instance-terminate Lifecycle Action").await;
    assert_eq!(event["LifecycleTransition"], "autoscaling:EC2_INSTANCE_TERMINATING");
    let done = json!({
        "AutoScalingGroupName": "web", "LifecycleHookName": "saved", "InstanceId": ids[0], "LifecycleActionResult": "CONTINUE",
    });
    bed.ok("CompleteLifecycleAction", done).await;
    bed.instances(0, "InService").await;
    assert_eq!(bed.event("EC2 Instance Terminate Successful").await["EC2InstanceId"], ids[0]);
}

#[tokio::test]
async fn the_default_result_comes_with_the_heartbeat_time_out() {
    let mut bed = Bed::new();
    bed.group(json!({ "LifecycleHookSpecificationList": [hook("ready", "LAUNCHING", "ABANDON")] })).await;
    let ids = bed.instances(1, "Pending:Wait").await;
    bed.pass(61);
    let failed = bed.event("EC2 Instance Launch Unsuccessful").await;
    assert_eq!((&failed["EC2InstanceId"], &failed["StatusCode"]), (&json!(ids[0]), &json!("Cancelled")));
    let message = failed["StatusMessage"].as_str().unwrap();
    assert!(message.ends_with("was abandoned: Heartbeat Timeout"), "{message}");
    bed.instances(0, "InService").await;
    let default = json!({ "AutoScalingGroupName": "web", "LifecycleHookName": "ready", "DefaultResult": "CONTINUE" });
    bed.ok("PutLifecycleHook", default).await;
    // What follows is a new attempt.
    bed.pass(16);
    assert_ne!(bed.instances(1, "Pending:Wait").await, ids);
    bed.pass(61);
    bed.instances(1, "InService").await;
}

#[tokio::test]
async fn hooks_are_listed_changed_and_deleted_and_whoever_waits_goes_on() {
    let bed = Bed::new();
    bed.group(json!({ "LifecycleHookSpecificationList": [hook("ready", "LAUNCHING", "ABANDON")] })).await;
    bed.instances(1, "Pending:Wait").await;
    let named = json!({ "AutoScalingGroupName": "web", "LifecycleHookName": "ready" });
    let described = bed.ok("DescribeLifecycleHooks", json!({ "AutoScalingGroupName": "web" })).await["LifecycleHooks"][0].clone();
    assert_eq!((&described["GlobalTimeout"], &described["HeartbeatTimeout"]), (&json!(6000), &json!(60)));
    bed.ok("DeleteLifecycleHook", named.clone()).await;
    bed.instances(1, "InService").await;
    let gone = bed.refused("DeleteLifecycleHook", named).await;
    assert!(gone.starts_with("ValidationError: No Lifecycle Hook found"), "{gone}");
}
