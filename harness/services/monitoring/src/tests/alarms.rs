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

use super::merge;
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
        merge(&mut input, &more);
        self.call("PutMetricAlarm", input).await
    }

    async fn alarm(&self) -> Value {
        self.call("DescribeAlarms", json!({ "AlarmNames": ["a"] })).await.unwrap()["MetricAlarms"][0].clone()
    }

    fn count(&self, name: &'static str) {
        let metric = Metric::by(ACCOUNT, "AWS/Lambda", name, "FunctionName", "f");
        self.region.metrics().put(metric, self.region.clock().now(), 1.0, "Count");
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
    let new = world.alarm().await;
    assert_eq!(
        (&new["StateValue"], &new["StateReason"]),
        (&json!("INSUFFICIENT_DATA"), &json!("Unchecked: Initial alarm creation"))
    );
    world.pass(SignedDuration::from_secs(61)).await;
    assert_eq!(world.alarm().await["StateValue"], "OK");
    world.count("Errors");
    world.pass(SignedDuration::from_secs(61)).await;
    let alarm = world.alarm().await;
    assert_eq!(alarm["StateValue"], "ALARM");
    assert!(alarm["StateReason"].as_str().unwrap().starts_with("Threshold Crossed: 1 datapoint [1.0 ("), "{alarm}");
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
    world.pass(SignedDuration::from_secs(61)).await;
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
    let query = |id: &str, returns: bool| {
        let metric = json!({ "Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": [] });
        json!({ "Id": id, "MetricStat": { "Metric": metric, "Period": 60, "Stat": "Sum" }, "ReturnData": returns })
    };
    let math = |expression: &str| {
        json!({
            "Metrics": [query("m1", false), { "Id": "e1", "Expression": expression }],
            "MetricName": null, "Namespace": null, "Dimensions": null, "Period": null, "Statistic": null,
        })
    };
    for (more, code, says) in [
        (
            json!({ "Statistic": null, "ExtendedStatistic": "p101" }),
            "ValidationError",
            "The value p101 for parameter ExtendedStatistic",
        ),
        (json!({ "ExtendedStatistic": "p99" }), "ValidationError", "Statistic and ExtendedStatistic cannot both be set"),
        (json!({ "Metrics": [query("m1", true)] }), "ValidationError", "MetricName should not be set if list of Metrics is set."),
        (math("m1 / m2"), "ValidationError", "Error in expression 'e1' [Unexpected identifier 'm2']"),
        (math("e1 + m1"), "ValidationError", "Error in expression 'e1' [Circular dependency]"),
        (math("SUM(m1)"), "ValidationError", "must return a single time series"),
        (math("[m1, m1]"), "ValidationError", "must return a single time series"),
        (math("SEARCH('x', 'Sum')"), "ValidationError", "SEARCH is not supported on Metric Alarms."),
        (math("ANOMALY_DETECTION_BAND(m1)"), "NotImplemented", "ANOMALY_DETECTION_BAND"),
        (json!({ "ThresholdMetricId": "m" }), "NotImplemented", "ThresholdMetricId"),
        (json!({ "ComparisonOperator": "GreaterThanUpperThreshold" }), "NotImplemented", "GreaterThanUpperThreshold"),
        (json!({ "ComparisonOperator": "Equal" }), "ValidationError", "Value 'Equal' at 'comparisonOperator'"),
        (json!({ "AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"] }), "NotImplemented", "automate"),
        (
            json!({ "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:alarms"] }),
            "ValidationError",
            "Invalid region eu-west-1 specified. Only us-east-1 is supported.",
        ),
        (json!({ "AlarmActions": ["alarms"] }), "ValidationError", "Invalid arn syntax"),
        (json!({ "Period": 90 }), "ValidationError", "multiple of 60"),
        (json!({ "EvaluationPeriods": 289 }), "ValidationError", "<= 86400"),
        (json!({ "Period": 3600, "EvaluationPeriods": 169 }), "ValidationError", "<= 604800"),
        (json!({ "DatapointsToAlarm": 2 }), "ValidationError", "DatapointsToAlarm"),
        (json!({ "TreatMissingData": "maybe" }), "ValidationError", "maybe"),
        (json!({ "EvaluateLowSampleCountPercentile": "maybe" }), "ValidationError", "maybe"),
        (json!({ "Unit": "Hours" }), "ValidationError", "Value 'Hours' at 'unit'"),
        (json!({ "Threshold": null }), "ValidationError", "Threshold must not be null"),
        (json!({ "MetricName": null }), "ValidationError", "MetricName must not be null"),
    ] {
        let error = world.put(more.clone()).await.unwrap_err();
        assert!(error.code == code && error.message.contains(says), "{more}: {error}");
    }
    assert!(world.alarm().await.is_null());
}

#[tokio::test]
async fn an_alarm_on_an_expression_goes_off_by_what_its_metrics_give() {
    let world = World::new();
    let metric = |name: &str| json!({ "Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": [{ "Name": "FunctionName", "Value": "f" }] });
    let stat = |id: &str, name: &str| json!({ "Id": id, "MetricStat": { "Metric": metric(name), "Period": 60, "Stat": "Sum" }, "ReturnData": false });
    let input = json!({
        "AlarmName": "a", "EvaluationPeriods": 1, "Threshold": 50.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching", "AlarmActions": [TOPIC],
        "Metrics": [{ "Id": "rate", "Expression": "100 * errors / calls" }, stat("errors", "Errors"), stat("calls", "Invocations")],
    });
    world.call("PutMetricAlarm", input).await.unwrap();
    let minute = SignedDuration::from_mins(1);
    for (errors, state) in [(0, "OK"), (1, "OK"), (2, "ALARM")] {
        (0..3).for_each(|_| world.count("Invocations"));
        (0..errors).for_each(|_| world.count("Errors"));
        world.pass(minute).await;
        assert_eq!(world.alarm().await["StateValue"], state, "{errors} errors");
    }
    let shown = world.alarm().await;
    assert_eq!((&shown["Metrics"][0]["ReturnData"], &shown["Metrics"][1]["Id"]), (&json!(true), &json!("errors")));
    assert!(shown.get("MetricName").is_none() && shown.get("Period").is_none(), "{shown}");
    let message: Value = serde_json::from_str(world.notified()[0].1["Message"].as_str().unwrap()).unwrap();
    let trigger = &message["Trigger"];
    assert_eq!(trigger["Metrics"][0], json!({ "Id": "rate", "Expression": "100 * errors / calls", "ReturnData": true }));
    assert_eq!(trigger["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"], json!([{ "value": "f", "name": "FunctionName" }]));
}

#[tokio::test]
async fn what_happened_to_an_alarm_is_its_history() {
    let world = World::new();
    world.put(json!({})).await.unwrap();
    let set = json!({ "AlarmName": "a", "StateValue": "ALARM", "StateReason": "to try", "StateReasonData": "{\"x\":1}" });
    world.call("SetAlarmState", set).await.unwrap();
    world.put(json!({ "Threshold": 2.0 })).await.unwrap();
    world.call("DeleteAlarms", json!({ "AlarmNames": ["a"] })).await.unwrap();
    let history = async |more: Value| {
        let mut input = json!({ "AlarmName": "a" });
        merge(&mut input, &more);
        world.call("DescribeAlarmHistory", input).await.unwrap()["AlarmHistoryItems"].as_array().unwrap().clone()
    };
    let summaries =
        |items: &[Value]| items.iter().map(|item| item["HistorySummary"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let all = history(json!({ "ScanBy": "TimestampAscending" })).await;
    assert_eq!(
        summaries(&all),
        [
            "Alarm \"a\" created",
            "Alarm updated from INSUFFICIENT_DATA to ALARM",
            &format!("Successfully executed action {TOPIC}"),
            "Alarm \"a\" updated",
            "Alarm \"a\" deleted",
        ]
    );
    let changed = history(json!({ "HistoryItemType": "StateUpdate" })).await;
    assert_eq!((changed.len(), &changed[0]["AlarmType"]), (1, &json!("MetricAlarm")));
    let data: Value = serde_json::from_str(changed[0]["HistoryData"].as_str().unwrap()).unwrap();
    assert_eq!(
        data,
        json!({
            "version": "1.0",
            "oldState": { "stateValue": "INSUFFICIENT_DATA", "stateReason": "Unchecked: Initial alarm creation" },
            "newState": { "stateValue": "ALARM", "stateReason": "to try", "stateReasonData": { "x": 1 } },
        })
    );
    assert_eq!(summaries(&history(json!({ "MaxRecords": 1 })).await), ["Alarm \"a\" deleted"]);
    assert!(history(json!({ "AlarmTypes": ["CompositeAlarm"] })).await.is_empty());
}

#[tokio::test]
async fn alarms_are_found_by_the_metric_that_they_watch() {
    let world = World::new();
    world.put(json!({})).await.unwrap();
    let found = async |more: Value| {
        let mut input = json!({
            "Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": [{ "Name": "FunctionName", "Value": "f" }],
        });
        merge(&mut input, &more);
        world.call("DescribeAlarmsForMetric", input).await.unwrap()["MetricAlarms"].as_array().unwrap().len()
    };
    assert_eq!(found(json!({})).await, 1);
    assert_eq!(found(json!({ "Statistic": "Sum", "Period": 300 })).await, 1);
    for more in
        [json!({ "Dimensions": [] }), json!({ "Statistic": "Average" }), json!({ "Period": 60 }), json!({ "Unit": "Count" })]
    {
        assert_eq!(found(more.clone()).await, 0, "{more}");
    }
}

#[tokio::test]
async fn a_short_period_is_looked_at_each_ten_seconds() {
    let world = World::new();
    world.put(json!({ "Period": 10, "TreatMissingData": "ignore" })).await.unwrap();
    world.count("Errors");
    let ten = SignedDuration::from_secs(10);
    for _ in 0..2 {
        let to = world.region.clock().now() + ten;
        world.region.clock().advance_to(to);
        let mut evaluated = world.alarms.evaluated.subscribe();
        let floor = to.as_second() - to.as_second() % 10;
        tokio::time::timeout(Duration::from_secs(20), evaluated.wait_for(|at| at.as_second() >= floor)).await.unwrap().unwrap();
    }
    assert_eq!(world.alarm().await["StateValue"], "ALARM");
}
