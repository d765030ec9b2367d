//! Alarms on the region's clock, and their notifications.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use nightproof_core::metrics::Metric;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use nightproof_core::{Caller, Region};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::records::CloudWatch;

const ACCOUNT: &str = "111122223333";
const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:alarms";

/// An SNS that records who published for which alarm, and the message.
#[derive(Default)]
struct Topics(Mutex<Vec<(Option<String>, Value)>>);

#[async_trait]
impl Service for Topics {
    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        assert_eq!((operation, call.caller.arn().as_str()), ("Publish", "cloudwatch.amazonaws.com"));
        self.0.lock().push((call.caller.source_arn.clone(), input));
        Ok(json!({ "MessageId": "m" }).into())
    }
}

struct World {
    region: Region,
    alarms: Arc<CloudWatch>,
    ears: Arc<Topics>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.region.stopping().cancel();
    }
}

impl World {
    fn new() -> Self {
        let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
        let (alarms, ears) = (CloudWatch::new(), Arc::new(Topics::default()));
        region.install(vec![
            ("monitoring", Arc::clone(&alarms) as Arc<dyn Service>),
            ("sns", Arc::clone(&ears) as Arc<dyn Service>),
        ]);
        Self { region, alarms, ears }
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), "monitoring", operation, input).await
    }

    async fn put(&self, more: Value) -> Result<Value, AwsError> {
        let mut input = json!({
            "AlarmName": "a", "Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": [{ "Name": "FunctionName", "Value": "f" }],
            "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching", "AlarmActions": [TOPIC],
        });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.call("PutMetricAlarm", input).await
    }

    async fn alarm(&self) -> Value {
        self.call("DescribeAlarms", json!({ "AlarmNames": ["a"] })).await.unwrap()["MetricAlarms"][0].clone()
    }

    fn count(&self, name: &'static str) {
        let dimension = ("FunctionName", "f".to_owned());
        let metric = Metric { account: ACCOUNT.to_owned(), namespace: "AWS/Lambda", name, dimension };
        self.region.metrics().put(metric, self.region.clock().now(), 1.0);
    }

    /// Moves the clock, and waits until alarms have been evaluated.
    async fn pass(&self, span: SignedDuration) -> Timestamp {
        let to = self.region.clock().now() + span;
        self.region.clock().advance_to(to);
        tokio::time::timeout(Duration::from_secs(20), self.alarms.evaluated_up_to(to)).await.unwrap();
        to
    }

    fn notified(&self) -> Vec<(Option<String>, Value)> {
        self.ears.0.lock().clone()
    }
}

#[tokio::test]
async fn an_error_notifies_once_and_the_alarm_ends_when_it_is_out_of_sight() {
    let world = World::new();
    world.put(json!({ "AlarmDescription": "it failed" })).await.unwrap();
    assert_eq!(world.alarm().await["StateValue"], "OK");
    world.count("Errors");
    world.pass(SignedDuration::from_secs(61)).await;
    let alarm = world.alarm().await;
    assert_eq!(alarm["StateValue"], "ALARM");
    assert!(
        alarm["StateReason"].as_str().unwrap().starts_with("Threshold Crossed: 1 out of the last 1 datapoint [1.0 ("),
        "{alarm}"
    );
    world.pass(SignedDuration::from_mins(20)).await;
    assert_eq!(world.alarm().await["StateValue"], "OK");
    let notified = world.notified();
    assert_eq!(notified.len(), 1, "{notified:?}");
    let (source, input) = &notified[0];
    assert_eq!(source.as_deref(), Some("arn:aws:cloudwatch:us-east-1:111122223333:alarm:a"));
    assert_eq!((&input["TopicArn"], &input["Subject"]), (&json!(TOPIC), &json!("ALARM: \"a\" in US East (N. Virginia)")));
    let message: Value = serde_json::from_str(input["Message"].as_str().unwrap()).unwrap();
    assert_eq!((&message["OldStateValue"], &message["NewStateValue"]), (&json!("OK"), &json!("ALARM")));
    assert_eq!((&message["AlarmDescription"], &message["Trigger"]["Statistic"]), (&json!("it failed"), &json!("SUM")));
}

#[tokio::test]
async fn what_does_not_come_for_long_notifies_however_far_the_clock_is_moved_at_once() {
    let world = World::new();
    let missing = json!({
        "MetricName": "Invocations", "Period": 3600, "EvaluationPeriods": 26, "ComparisonOperator": "LessThanThreshold",
        "TreatMissingData": "breaching",
    });
    world.put(missing).await.unwrap();
    assert_eq!((world.alarm().await["StateValue"].clone(), world.notified().len()), (json!("ALARM"), 1), "nothing has come yet");
    for _ in 0..2 {
        world.count("Invocations");
        world.pass(SignedDuration::from_hours(24)).await;
        assert_eq!((world.alarm().await["StateValue"].clone(), world.notified().len()), (json!("OK"), 1));
    }
    let to = world.alarms.horizon(ACCOUNT, true, world.region.clock().now()).unwrap();
    world.pass(to.duration_since(world.region.clock().now())).await;
    assert_eq!((world.alarm().await["StateValue"].clone(), world.notified().len()), (json!("ALARM"), 2));
}

#[tokio::test]
async fn an_alarm_whose_actions_are_disabled_changes_its_state_and_notifies_nobody() {
    let world = World::new();
    world.put(json!({ "ActionsEnabled": false })).await.unwrap();
    let set = |state: &str| json!({ "AlarmName": "a", "StateValue": state, "StateReason": "to try" });
    world.call("SetAlarmState", set("ALARM")).await.unwrap();
    assert_eq!((world.alarm().await["StateReason"].clone(), world.notified().len()), (json!("to try"), 0));
    world.call("SetAlarmState", set("OK")).await.unwrap();
    world.call("EnableAlarmActions", json!({ "AlarmNames": ["a"] })).await.unwrap();
    world.call("SetAlarmState", set("ALARM")).await.unwrap();
    assert_eq!(world.notified().len(), 1);
    world.call("DeleteAlarms", json!({ "AlarmNames": ["a", "none"] })).await.unwrap();
    assert_eq!(world.call("SetAlarmState", set("OK")).await.unwrap_err().code, "ResourceNotFound");
}

#[tokio::test]
async fn alarms_that_are_not_done_or_make_no_sense_are_refused() {
    let world = World::new();
    for (more, code, says) in [
        (json!({ "Statistic": null, "ExtendedStatistic": "p99" }), "NotImplemented", "ExtendedStatistic"),
        (json!({ "Metrics": [{ "Id": "m", "Expression": "FILL(m, 0)" }] }), "NotImplemented", "Metrics"),
        (json!({ "AlarmActions": ["arn:aws:lambda:us-east-1:111122223333:function:f"] }), "NotImplemented", "lambda"),
        (
            json!({ "AlarmActions": ["arn:aws:sns:us-east-1:444455556666:alarms"] }),
            "ValidationError",
            "Invalid region or account",
        ),
        (json!({ "AlarmActions": ["alarms"] }), "ValidationError", "Invalid arn syntax"),
        (json!({ "Period": 90 }), "ValidationError", "multiple of 60"),
        (json!({ "EvaluationPeriods": 289 }), "ValidationError", "<= 86400"),
        (json!({ "Period": 3600, "EvaluationPeriods": 169 }), "ValidationError", "<= 604800"),
        (json!({ "DatapointsToAlarm": 2 }), "ValidationError", "DatapointsToAlarm"),
        (json!({ "TreatMissingData": "maybe" }), "ValidationError", "maybe"),
        (json!({ "Threshold": null }), "ValidationError", "Threshold"),
    ] {
        let error = world.put(more.clone()).await.unwrap_err();
        assert!(error.code == code && error.message.contains(says), "{more}: {error}");
    }
    assert!(world.alarm().await.is_null());
}
