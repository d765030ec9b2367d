//! Alarms on alarms, and actions of functions.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use jiff::SignedDuration;
use nightproof_core::Region;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{ACCOUNT, call, merge};
use crate::records::CloudWatch;

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:alarms";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:f";

/// A service that records who called what with what.
#[derive(Default)]
struct Recorder(Mutex<Vec<(String, Option<String>, Value)>>);

#[async_trait]
impl Service for Recorder {
    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.0.lock().push((format!("{} {operation}", call.caller.arn()), call.caller.source_arn.clone(), input));
        Ok(match operation {
            "Publish" => json!({ "MessageId": "m" }),
            "PutEvents" => json!({ "FailedEntryCount": 0, "Entries": [] }),
            _ => json!({ "StatusCode": 202 }),
        }
        .into())
    }
}

struct World {
    region: Region,
    alarms: Arc<CloudWatch>,
    calls: Arc<Recorder>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.region.stopping().cancel();
    }
}

impl World {
    async fn new() -> Self {
        let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
        let (alarms, calls) = (CloudWatch::new(), Arc::new(Recorder::default()));
        region.install(vec![
            ("monitoring", Arc::clone(&alarms) as Arc<dyn Service>),
            ("sns", Arc::clone(&calls) as Arc<dyn Service>),
            ("lambda", Arc::clone(&calls) as Arc<dyn Service>),
            ("events", Arc::clone(&calls) as Arc<dyn Service>),
        ]);
        let world = Self { region, alarms, calls };
        for name in ["a", "b"] {
            world.metric_alarm(name, json!([])).await;
        }
        world
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        call(&self.region, ACCOUNT, operation, input).await
    }

    async fn metric_alarm(&self, name: &str, actions: Value) {
        let input = json!({
            "AlarmName": name, "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
            "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "ignore", "AlarmActions": actions,
            "AlarmDescription": "it failed",
        });
        self.call("PutMetricAlarm", input).await.unwrap();
    }

    async fn composite(&self, more: Value) -> Result<Value, AwsError> {
        let mut input = json!({
            "AlarmName": "c", "AlarmRule": "ALARM(\"a\") OR ALARM(arn:aws:cloudwatch:us-east-1:111122223333:alarm:b)",
            "AlarmActions": [TOPIC], "OKActions": [TOPIC],
        });
        merge(&mut input, &more);
        self.call("PutCompositeAlarm", input).await
    }

    async fn set(&self, name: &str, state: &str) {
        let input = json!({ "AlarmName": name, "StateValue": state, "StateReason": "to try" });
        self.call("SetAlarmState", input).await.unwrap();
    }

    async fn described(&self, input: Value) -> Value {
        self.call("DescribeAlarms", input).await.unwrap()
    }

    async fn state(&self) -> Value {
        self.described(json!({ "AlarmTypes": ["CompositeAlarm"] })).await["CompositeAlarms"][0].clone()
    }

    /// The messages that topics got since this was last asked.
    fn published(&self) -> Vec<Value> {
        let calls = std::mem::take(&mut *self.calls.0.lock());
        let messages = calls.into_iter().filter(|(what, ..)| what == "cloudwatch.amazonaws.com Publish");
        messages.map(|(_, _, input)| serde_json::from_str(input["Message"].as_str().unwrap()).unwrap()).collect()
    }

    async fn pass(&self, seconds: i64) {
        let to = self.region.clock().now() + SignedDuration::from_secs(seconds);
        self.region.clock().advance_to(to);
        let mut evaluated = self.alarms.evaluated.subscribe();
        let floor = to.as_second() - to.as_second() % 10;
        let bound = std::time::Duration::from_secs(20);
        tokio::time::timeout(bound, evaluated.wait_for(|at| at.as_second() >= floor)).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_composite_alarm_follows_the_alarms_of_its_rule() {
    let world = World::new().await;
    world.composite(json!({ "AlarmDescription": "either" })).await.unwrap();
    let created = world.state().await;
    assert_eq!(created["StateValue"], "OK");
    let reason = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:c was created and its alarm rule evaluates to OK";
    assert_eq!(created["StateReason"], reason);
    let data: Value = serde_json::from_str(created["StateReasonData"].as_str().unwrap()).unwrap();
    assert_eq!(data["triggeringAlarms"].as_array().unwrap().len(), 2);
    world.published();
    for (name, state, composite, triggered) in
        [("a", "ALARM", "ALARM", true), ("b", "ALARM", "ALARM", false), ("a", "OK", "ALARM", false), ("b", "OK", "OK", true)]
    {
        world.set(name, state).await;
        assert_eq!(world.state().await["StateValue"], composite, "{name} is {state}");
        let published = world.published();
        assert_eq!(published.len(), usize::from(triggered));
        if let Some(message) = published.first() {
            assert_eq!((&message["AlarmName"], &message["NewStateValue"]), (&json!("c"), &json!(composite)));
            let arn = format!("arn:aws:cloudwatch:us-east-1:111122223333:alarm:{name}");
            assert_eq!(message["TriggeringChildren"][0]["Arn"], arn);
            assert_eq!(message["TriggeringChildren"][0]["State"]["Value"], state);
            assert!(
                world.state().await["StateReason"].as_str().unwrap().starts_with(&format!("{arn} transitioned to {state} at "))
            );
        }
    }
}

#[tokio::test]
async fn alarms_of_alarms_follow_each_other_and_are_found_by_their_relatives() {
    let world = World::new().await;
    world.composite(json!({})).await.unwrap();
    world.composite(json!({ "AlarmName": "top", "AlarmRule": "ALARM(c)" })).await.unwrap();
    world.set("a", "ALARM").await;
    let in_alarm = world.described(json!({ "AlarmTypes": ["CompositeAlarm"], "StateValue": "ALARM" })).await;
    assert_eq!(in_alarm["CompositeAlarms"].as_array().unwrap().len(), 2);
    let children = world.described(json!({ "ChildrenOfAlarmName": "c" })).await;
    let mut members: Vec<&String> = children["MetricAlarms"][0].as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["AlarmArn", "AlarmName", "StateUpdatedTimestamp", "StateValue"]);
    assert_eq!(children["MetricAlarms"].as_array().unwrap().len(), 2);
    let parents = world.described(json!({ "ParentsOfAlarmName": "c" })).await;
    let arn = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:top";
    assert_eq!(parents["CompositeAlarms"], json!([{ "AlarmArn": arn, "AlarmName": "top" }]));
    let wrong = world.call("DescribeAlarms", json!({ "ParentsOfAlarmName": "c", "StateValue": "OK" })).await.unwrap_err();
    assert_eq!(wrong.code, "ValidationError");
    let plain = world.described(json!({})).await;
    assert_eq!((plain["CompositeAlarms"].as_array().unwrap().len(), plain["MetricAlarms"].as_array().unwrap().len()), (0, 2));
    let needed = world.call("DeleteAlarms", json!({ "AlarmNames": ["a"] })).await.unwrap_err();
    assert_eq!(needed.message, "Cannot delete a as there are composite alarm(s) depending on it.");
    world.call("DeleteAlarms", json!({ "AlarmNames": ["top"] })).await.unwrap();
    world.call("DeleteAlarms", json!({ "AlarmNames": ["a", "c"] })).await.unwrap();
}

#[tokio::test]
async fn rules_that_cannot_be_read_or_name_nobody_are_refused() {
    let world = World::new().await;
    for (more, says) in [
        (json!({ "AlarmRule": "()" }), "Error in AlarmRule [Unsupported token ')' at char 1]"),
        (
            json!({ "AlarmRule": "ALARM(none)" }),
            "Could not save the composite alarm as alarms [none] in the alarm rule do not exist",
        ),
        (json!({ "ActionsSuppressor": "a" }), "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required"),
    ] {
        let error = world.composite(more).await.unwrap_err();
        assert!(error.code == "ValidationError" && error.message.contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_suppressor_holds_actions_back_while_it_is_in_alarm_and_for_a_while_after() {
    let world = World::new().await;
    world.metric_alarm("quiet", json!([])).await;
    let suppressed =
        json!({ "ActionsSuppressor": "quiet", "ActionsSuppressorWaitPeriod": 20, "ActionsSuppressorExtensionPeriod": 30 });
    world.composite(suppressed).await.unwrap();
    world.published();
    // It waits for the suppressor, which does not go off.
    world.set("a", "ALARM").await;
    assert_eq!((world.state().await["ActionsSuppressedBy"].clone(), world.published().len()), (json!("WaitPeriod"), 0));
    world.pass(30).await;
    assert_eq!((world.state().await.get("ActionsSuppressedBy").cloned(), world.published().len()), (None, 1));
    world.set("a", "OK").await;
    world.published();
    // The suppressor is in ALARM, and then for a while no longer.
    world.set("quiet", "ALARM").await;
    world.set("a", "ALARM").await;
    assert_eq!(world.state().await["ActionsSuppressedBy"], "Alarm");
    world.pass(100).await;
    assert_eq!(world.published().len(), 0);
    world.set("quiet", "OK").await;
    assert_eq!(world.state().await["ActionsSuppressedBy"], "ExtensionPeriod");
    world.pass(10).await;
    assert_eq!(world.published().len(), 0);
    world.pass(30).await;
    assert_eq!(world.published().len(), 1);
}

#[tokio::test]
async fn functions_are_invoked_and_the_default_bus_is_told() {
    let world = World::new().await;
    world.metric_alarm("a", json!([FUNCTION])).await;
    world.set("a", "ALARM").await;
    let calls = world.calls.0.lock().clone();
    let arn = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a";
    let (_, source, input) = calls.iter().find(|(what, ..)| what == "lambda.alarms.cloudwatch.amazonaws.com Invoke").unwrap();
    assert_eq!(
        (source.as_deref(), &input["FunctionName"], &input["InvocationType"]),
        (Some(arn), &json!(FUNCTION), &json!("Event"))
    );
    let payload = base64::engine::general_purpose::STANDARD.decode(input["Payload"].as_str().unwrap()).unwrap();
    let event: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(
        (&event["source"], &event["alarmArn"], &event["region"]),
        (&json!("aws.cloudwatch"), &json!(arn), &json!("us-east-1"))
    );
    let data = &event["alarmData"];
    assert_eq!((&data["state"]["value"], &data["state"]["reason"]), (&json!("ALARM"), &json!("to try")));
    assert_eq!(data["previousState"]["value"], "INSUFFICIENT_DATA");
    assert_eq!(data["configuration"]["description"], "it failed");
    let stat = json!({ "metric": { "namespace": "n", "name": "m", "dimensions": {} }, "period": 60, "stat": "Sum" });
    assert_eq!(data["configuration"]["metrics"][0]["metricStat"], stat);
    let (_, _, told) = calls.iter().find(|(what, ..)| what == "cloudwatch.amazonaws.com PutEvents").unwrap();
    let entry = &told["Entries"][0];
    assert_eq!((&entry["DetailType"], &entry["Resources"]), (&json!("CloudWatch Alarm State Change"), &json!([arn])));
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail["alarmName"], "a");
}
