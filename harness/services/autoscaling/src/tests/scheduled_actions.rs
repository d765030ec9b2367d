//! Sizes that groups have from a time on, on the region's clock.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::bed::Bed;

const OF_GROUP: &str = "web";

fn action(name: &str, more: Value) -> Value {
    let mut input = json!({ "AutoScalingGroupName": OF_GROUP, "ScheduledActionName": name });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

async fn listed(bed: &Bed) -> Vec<Value> {
    let answer = bed.ok("DescribeScheduledActions", json!({ "AutoScalingGroupName": OF_GROUP })).await;
    answer["ScheduledUpdateGroupActions"].as_array().unwrap().clone()
}

fn next(action: &Value) -> Timestamp {
    action["StartTime"].as_str().unwrap().parse().unwrap()
}

fn in_seconds(bed: &Bed, seconds: i64) -> String {
    (bed.region.clock().now() + SignedDuration::from_secs(seconds)).to_string()
}

#[tokio::test]
async fn a_group_shrinks_at_night_and_grows_in_the_morning() {
    let bed = Bed::new();
    bed.group(json!({})).await;
    let first = bed.instances(1, "InService").await;
    let put = "PutScheduledUpdateGroupAction";
    let night = json!({ "Recurrence": "0 22 * * *", "MinSize": 0, "DesiredCapacity": 0, "TimeZone": "Europe/Berlin" });
    bed.ok(put, action("night", night)).await;
    bed.ok(put, action("morning", json!({ "Recurrence": "0 6 * * *", "MinSize": 2, "TimeZone": "Europe/Berlin" }))).await;
    let night = listed(&bed).await.into_iter().find(|one| one["ScheduledActionName"] == "night").unwrap();
    let clock = bed.region.clock();
    clock.advance_to(next(&night));
    bed.instances(0, "InService").await;
    let activities = bed.ok("DescribeScalingActivities", json!({ "AutoScalingGroupName": OF_GROUP })).await;
    let cause = activities["Activities"][0]["Cause"].as_str().unwrap();
    assert!(cause.contains("the scheduled action night executed."), "{cause}");
    clock.advance_to(next(&listed(&bed).await[0]));
    let grown = bed.instances(2, "InService").await;
    assert!(!grown.contains(&first[0]));
    let described = bed.described().await;
    assert_eq!((&described["MinSize"], &described["DesiredCapacity"]), (&json!(2), &json!(2)));
}

#[tokio::test]
async fn what_runs_once_is_gone_when_it_has_run_and_what_has_an_end_runs_no_longer() {
    let bed = Bed::new();
    bed.group(json!({})).await;
    bed.instances(1, "InService").await;
    let (once, end) = (in_seconds(&bed, 600), in_seconds(&bed, 1500));
    let put = "PutScheduledUpdateGroupAction";
    bed.ok(put, action("once", json!({ "StartTime": once, "DesiredCapacity": 2 }))).await;
    let often = json!({ "Recurrence": "*/1 * * * *", "EndTime": end, "MaxSize": 3 });
    bed.ok(put, action("often", often)).await;
    bed.pass(601);
    bed.instances(2, "InService").await;
    let left = listed(&bed).await;
    assert_eq!(left.iter().map(|one| &one["ScheduledActionName"]).collect::<Vec<_>>(), ["often"]);
    bed.pass(1000);
    nightproof_poll::until(super::bed::BOUND, || async {
        let left = listed(&bed).await;
        if left.is_empty() { Ok(()) } else { Err(left) }
    })
    .await
    .unwrap();
    assert_eq!(bed.described().await["MaxSize"], 3);
}

#[tokio::test]
async fn actions_that_one_step_of_the_clock_passes_run_in_their_order() {
    let bed = Bed::new();
    bed.group(json!({})).await;
    bed.instances(1, "InService").await;
    for (name, seconds, desired) in [("last", 900, 3), ("first", 300, 0), ("middle", 600, 2)] {
        let more = json!({ "StartTime": in_seconds(&bed, seconds), "DesiredCapacity": desired });
        bed.ok("PutScheduledUpdateGroupAction", action(name, more)).await;
    }
    bed.pass(1000);
    bed.instances(3, "InService").await;
    assert!(listed(&bed).await.is_empty());
}

#[tokio::test]
async fn a_suspended_process_lets_a_time_pass() {
    let bed = Bed::new();
    bed.group(json!({})).await;
    let kept = bed.instances(1, "InService").await;
    let process = json!({ "AutoScalingGroupName": OF_GROUP, "ScalingProcesses": ["ScheduledActions"] });
    bed.ok("SuspendProcesses", process.clone()).await;
    for (name, seconds, desired) in [("missed", 300, 0), ("later", 900, 2)] {
        let more = json!({ "StartTime": in_seconds(&bed, seconds), "DesiredCapacity": desired });
        bed.ok("PutScheduledUpdateGroupAction", action(name, more)).await;
    }
    bed.pass(301);
    nightproof_poll::until(super::bed::BOUND, || async {
        let left = listed(&bed).await;
        if left.len() == 1 { Ok(()) } else { Err(left) }
    })
    .await
    .unwrap();
    bed.ok("ResumeProcesses", process).await;
    bed.pass(600);
    assert!(bed.instances(2, "InService").await.contains(&kept[0]));
}

#[tokio::test]
async fn what_aws_refuses_of_an_action_is_refused() {
    let bed = Bed::new();
    bed.group(json!({})).await;
    let taken = in_seconds(&bed, 600);
    bed.ok("PutScheduledUpdateGroupAction", action("first", json!({ "StartTime": taken, "MinSize": 0 }))).await;
    for (more, expected) in [
        (json!({ "StartTime": in_seconds(&bed, -60), "MinSize": 0 }), "ValidationError: Given start time is in the past"),
        (json!({ "StartTime": taken, "MinSize": 0 }), "AlreadyExistsFault: Scheduled action with this start time already exists"),
        (json!({ "Recurrence": "0 22 * *", "MinSize": 0 }), "ValidationError: Given recurrence string:0 22 * * is invalid"),
        (json!({ "Recurrence": "@daily", "MinSize": 0 }), "ValidationError: Given recurrence string:@daily is invalid"),
        (json!({ "Recurrence": "0 22 * * *", "MinSize": 2, "MaxSize": 1 }), "ValidationError: Max bound, 1, must be greater"),
        (json!({ "Recurrence": "0 22 * * *" }), "ValidationError: At least one of"),
        (json!({ "MinSize": 0 }), "ValidationError: Either StartTime or Recurrence"),
        (
            json!({ "Recurrence": "0 22 * * *", "MinSize": 0, "TimeZone": "Mars/Base" }),
            "ValidationError: Given timezone: Mars/Base",
        ),
        (
            json!({ "StartTime": in_seconds(&bed, 60), "EndTime": in_seconds(&bed, 30), "MinSize": 0 }),
            "ValidationError: EndTime must be later",
        ),
    ] {
        let refused = bed.refused("PutScheduledUpdateGroupAction", action("new", more.clone())).await;
        assert!(refused.starts_with(expected), "{more}: {refused}");
    }
    let gone = bed.refused("DeleteScheduledAction", action("new", json!({}))).await;
    assert!(gone.starts_with("ValidationError: Scheduled action name not found"), "{gone}");
    let elsewhere =
        json!({ "AutoScalingGroupName": "gone", "ScheduledActionName": "a", "MinSize": 0, "Recurrence": "0 1 * * *" });
    let no_group = bed.refused("PutScheduledUpdateGroupAction", elsewhere).await;
    assert!(no_group.starts_with("ValidationError: AutoScalingGroup name not found"), "{no_group}");
}

#[tokio::test]
async fn a_batch_tells_which_of_its_actions_failed() {
    let bed = Bed::new();
    bed.group(json!({})).await;
    let actions = json!([
        { "ScheduledActionName": "a", "Recurrence": "0 1 * * *", "MinSize": 0 },
        { "ScheduledActionName": "b", "Recurrence": "every day", "MinSize": 0 },
    ]);
    let input = json!({ "AutoScalingGroupName": OF_GROUP, "ScheduledUpdateGroupActions": actions });
    let failed = bed.ok("BatchPutScheduledUpdateGroupAction", input).await["FailedScheduledUpdateGroupActions"].clone();
    assert_eq!((&failed[0]["ScheduledActionName"], &failed[0]["ErrorCode"]), (&json!("b"), &json!("ValidationError")));
    assert_eq!(listed(&bed).await.len(), 1);
    let input = json!({ "AutoScalingGroupName": OF_GROUP, "ScheduledActionNames": ["a", "b"] });
    let failed = bed.ok("BatchDeleteScheduledAction", input).await["FailedScheduledActions"].clone();
    assert_eq!(failed.as_array().unwrap().len(), 1);
    assert!(listed(&bed).await.is_empty());
}
