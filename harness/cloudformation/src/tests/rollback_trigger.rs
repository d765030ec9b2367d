//! Alarms that take a creation or an update back.

use serde_json::{Value, json};

use super::world::{BOUND, World, submission, template};

const ARN: &str = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:watch";
const BEFORE: &str = "{Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1}}}";
const AFTER: &str = "{Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 2}}}";

async fn world() -> World {
    let world = World::new();
    let alarm = json!({
        "AlarmName": "watch", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 86400, "EvaluationPeriods": 1,
        "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "ignore",
    });
    world.ok("monitoring", "PutMetricAlarm", alarm).await;
    world
}

async fn set(world: &World, state: &str) {
    world.ok("monitoring", "SetAlarmState", json!({"AlarmName": "watch", "StateValue": state, "StateReason": "r"})).await;
}

fn watched(resources: &str, arn: &str, minutes: u32) -> Value {
    let mut input = submission("s", &template(resources));
    let trigger = json!({"Arn": arn, "Type": "AWS::CloudWatch::Alarm"});
    input["RollbackConfiguration"] = json!({"RollbackTriggers": [trigger], "MonitoringTimeInMinutes": minutes});
    input
}

/// Waits until the stack's queue is made or changed, while the stack is monitored.
async fn reached(world: &World, line: &str) {
    let seen = nightproof_poll::until(BOUND, || async {
        let history = world.history("s").await;
        if history.iter().any(|event| event == line) { Ok(()) } else { Err(history) }
    });
    seen.await.unwrap_or_else(|history| panic!("{line} is not reached: {history:?}"));
}

#[tokio::test]
async fn a_stack_is_complete_once_its_time_has_passed_without_an_alarm() {
    let world = world().await;
    world.stack("CreateStack", watched(BEFORE, ARN, 5)).await;
    reached(&world, "Q CREATE_COMPLETE").await;
    let described = world.stack("DescribeStacks", json!({"StackName": "s"})).await;
    assert_eq!(described["Stacks"][0]["StackStatus"], "CREATE_IN_PROGRESS");
    assert_eq!(described["Stacks"][0]["RollbackConfiguration"]["MonitoringTimeInMinutes"], 5);
    world.pass(301);
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    // An update is watched by what the stack was given before.
    world.stack("UpdateStack", submission("s", &template(AFTER))).await;
    reached(&world, "Q UPDATE_COMPLETE").await;
    set(&world, "ALARM").await;
    world.pass(20);
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE");
    let reason = world.reason("s", "s", "UPDATE_ROLLBACK_IN_PROGRESS").await;
    assert!(reason.starts_with(&format!("Rollback trigger {ARN} is in state ALARM")), "{reason}");
    let queue = json!({"QueueUrl": world.physical("s", "Q").await, "AttributeNames": ["DelaySeconds"]});
    assert_eq!(world.ok("sqs", "GetQueueAttributes", queue).await["Attributes"]["DelaySeconds"], "1");
}

#[tokio::test]
async fn a_creation_is_taken_back_by_an_alarm_and_by_one_that_is_not_there() {
    let world = world().await;
    set(&world, "ALARM").await;
    world.stack("CreateStack", watched(BEFORE, ARN, 0)).await;
    let status = world.status("s").await;
    assert_eq!(status, "ROLLBACK_COMPLETE", "{:?}", world.history("s").await);
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    world.settled("s").await;
    world.stack("CreateStack", watched(BEFORE, "arn:aws:cloudwatch:us-east-1:111122223333:alarm:none", 0)).await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    let reason = world.reason("s", "s", "ROLLBACK_IN_PROGRESS").await;
    assert!(reason.contains("alarm:none does not exist"), "{reason}");
}
