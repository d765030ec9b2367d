//! Statistics and lists of what was counted.

mod alarms;
mod composite;
mod dashboards;
mod metric_data;

use nightproof_core::metrics::Metric;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use crate::records::CloudWatch;

const ACCOUNT: &str = "111122223333";

/// A region in which `f` ran at three times and failed at the last.
fn region() -> Region {
    let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
    region.install(vec![("monitoring", CloudWatch::new())]);
    for (time, errors, duration) in [("03:00:10", 0.0, 100.0), ("03:00:50", 0.0, 300.0), ("03:02:00", 1.0, 50.0)] {
        for (name, value, unit) in
            [("Invocations", 1.0, "Count"), ("Errors", errors, "Count"), ("Duration", duration, "Milliseconds")]
        {
            let metric = Metric::by(ACCOUNT, "AWS/Lambda", name, "FunctionName", "f");
            region.metrics().put(metric, format!("2026-11-23T{time}Z").parse().unwrap(), value, unit);
        }
    }
    region
}

/// Adds members; a member that is null is taken out.
fn merge(input: &mut Value, more: &Value) {
    let members = input.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
}

async fn call(region: &Region, account: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
    region.call(&Caller::root(account), "monitoring", operation, input).await
}

fn asked(name: &str, more: Value) -> Value {
    let mut input = json!({
        "Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": [{ "Name": "FunctionName", "Value": "f" }],
        "StartTime": "2026-11-23T03:00:05Z", "EndTime": "2026-11-23T03:05:00Z", "Period": 60, "Statistics": ["Sum"],
    });
    merge(&mut input, &more);
    input
}

#[tokio::test]
async fn values_are_gathered_by_period() {
    let region = region();
    let all = json!({ "Statistics": ["Sum", "SampleCount", "Average", "Minimum", "Maximum"] });
    let answer = call(&region, ACCOUNT, "GetMetricStatistics", asked("Duration", all)).await.unwrap();
    let unit = "Milliseconds";
    assert_eq!(
        answer["Datapoints"],
        json!([
            { "Timestamp": "2026-11-23T03:00:00Z", "Unit": unit, "Sum": 400.0, "SampleCount": 2.0, "Average": 200.0, "Minimum": 100.0, "Maximum": 300.0 },
            { "Timestamp": "2026-11-23T03:02:00Z", "Unit": unit, "Sum": 50.0, "SampleCount": 1.0, "Average": 50.0, "Minimum": 50.0, "Maximum": 50.0 },
        ])
    );
    let whole = call(&region, ACCOUNT, "GetMetricStatistics", asked("Errors", json!({ "Period": 300 }))).await.unwrap();
    assert_eq!(whole["Datapoints"][0]["Sum"], 1.0);
}

#[tokio::test]
async fn what_nobody_counts_has_no_datapoints() {
    let region = region();
    for more in [
        json!({ "MetricName": "Throttles" }),
        json!({ "Dimensions": [] }),
        json!({ "Dimensions": [{ "Name": "FunctionName", "Value": "g" }] }),
        json!({ "StartTime": "2026-11-23T02:55:00Z", "EndTime": "2026-11-23T03:00:00Z" }),
        json!({ "Unit": "Seconds" }),
    ] {
        let answer = call(&region, ACCOUNT, "GetMetricStatistics", asked("Errors", more.clone())).await.unwrap();
        assert_eq!(answer["Datapoints"], json!([]), "{more}");
    }
    let other = call(&region, "444455556666", "GetMetricStatistics", asked("Errors", json!({}))).await.unwrap();
    assert_eq!(other["Datapoints"], json!([]));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let region = region();
    for (more, code) in [
        (json!({ "EndTime": "2026-11-23T03:00:05Z" }), "InvalidParameterValue"),
        (json!({ "Period": 90 }), "InvalidParameterValue"),
        (json!({ "Period": 1, "EndTime": "2026-11-24T03:00:05Z" }), "InvalidParameterCombination"),
        (json!({ "Statistics": null }), "InvalidParameterCombination"),
        (json!({ "ExtendedStatistics": ["p99"] }), "InvalidParameterCombination"),
        (json!({ "Statistics": null, "ExtendedStatistics": ["p101"] }), "InvalidParameterValue"),
        (json!({ "Statistics": ["Median"] }), "ValidationError"),
        (json!({ "Unit": "Hours" }), "ValidationError"),
    ] {
        let refused = call(&region, ACCOUNT, "GetMetricStatistics", asked("Errors", more.clone())).await.unwrap_err();
        assert_eq!(refused.code, code, "{more}");
    }
}

#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("monitoring", CloudWatch::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
