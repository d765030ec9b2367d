//! Values that are put, and what is asked of them.

use jiff::{SignedDuration, Timestamp};
use nightproof_core::Region;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::{ACCOUNT, call, merge};
use crate::records::CloudWatch;

struct World {
    region: Region,
    /// A whole minute that has passed.
    start: Timestamp,
}

impl World {
    fn new() -> Self {
        let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
        region.install(vec![("monitoring", CloudWatch::new())]);
        let now = region.clock().now().as_second();
        let start = Timestamp::from_second(now - now % 60 - 600).unwrap();
        Self { region, start }
    }

    /// The time of a minute after the start.
    fn minute(&self, number: i64) -> String {
        (self.start + SignedDuration::from_mins(number)).to_string()
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        call(&self.region, ACCOUNT, operation, input).await
    }

    async fn put(&self, data: Value) -> Result<Value, AwsError> {
        self.call("PutMetricData", json!({ "Namespace": "n", "MetricData": data })).await
    }

    /// A value of the metric `name` in a minute.
    async fn value(&self, name: &str, minute: i64, value: f64) {
        self.put(json!([{ "MetricName": name, "Value": value, "Timestamp": self.minute(minute) }])).await.unwrap();
    }

    async fn statistics(&self, more: Value) -> Value {
        let mut input = json!({
            "Namespace": "n", "MetricName": "m", "StartTime": self.minute(0), "EndTime": self.minute(10), "Period": 600,
            "Statistics": ["SampleCount", "Sum", "Minimum", "Maximum"],
        });
        merge(&mut input, &more);
        self.call("GetMetricStatistics", input).await.unwrap()["Datapoints"].clone()
    }

    async fn data(&self, queries: Value, more: Value) -> Result<Value, AwsError> {
        let mut input = json!({ "MetricDataQueries": queries, "StartTime": self.minute(0), "EndTime": self.minute(5) });
        merge(&mut input, &more);
        self.call("GetMetricData", input).await
    }
}

fn stat(id: &str, name: &str, stat: &str, period: i64) -> Value {
    let metric = json!({ "Namespace": "n", "MetricName": name });
    json!({ "Id": id, "MetricStat": { "Metric": metric, "Period": period, "Stat": stat } })
}

#[tokio::test]
async fn values_counts_and_statistic_sets_add_up() {
    let world = World::new();
    let at = world.minute(1);
    let values = json!([{ "MetricName": "m", "Values": [1.0, 10.0], "Counts": [2, 4], "Unit": "Count", "Timestamp": at }]);
    world.put(values).await.unwrap();
    let known = json!([{ "Timestamp": world.minute(0), "Unit": "Count", "SampleCount": 6.0, "Sum": 42.0, "Minimum": 1.0, "Maximum": 10.0 }]);
    assert_eq!(world.statistics(json!({})).await, known);
    let percentiles = json!({ "Statistics": null, "ExtendedStatistics": ["p50", "p10"] });
    assert_eq!(world.statistics(percentiles.clone()).await[0]["ExtendedStatistics"], json!({ "p50": 10.0, "p10": 1.0 }));
    let set = json!({ "SampleCount": 10, "Sum": 55, "Minimum": 1, "Maximum": 12 });
    world.put(json!([{ "MetricName": "m", "StatisticValues": set, "Unit": "Count", "Timestamp": at }])).await.unwrap();
    let both = world.statistics(json!({})).await;
    assert_eq!((&both[0]["SampleCount"], &both[0]["Sum"], &both[0]["Maximum"]), (&json!(16.0), &json!(97.0), &json!(12.0)));
    assert!(world.statistics(percentiles).await[0].get("ExtendedStatistics").is_none(), "the values of a set are not known");
}

#[tokio::test]
async fn units_are_kept_apart() {
    let world = World::new();
    let at = world.minute(1);
    for (value, unit) in [(1.0, json!("Seconds")), (5.0, json!("Count")), (10.0, Value::Null)] {
        world.put(json!([{ "MetricName": "m", "Value": value, "Unit": unit, "Timestamp": at }])).await.unwrap();
    }
    let all = world.statistics(json!({ "Statistics": ["Sum"] })).await;
    let sums: Vec<(&str, f64)> =
        all.as_array().unwrap().iter().map(|one| (one["Unit"].as_str().unwrap(), one["Sum"].as_f64().unwrap())).collect();
    assert_eq!(sums, [("Count", 5.0), ("None", 10.0), ("Seconds", 1.0)]);
    assert_eq!(world.statistics(json!({ "Unit": "Seconds" })).await[0]["Sum"], 1.0);
    let found = world.data(json!([stat("m1", "m", "Sum", 60)]), json!({})).await.unwrap()["MetricDataResults"][0].clone();
    assert_eq!(found["Values"], json!([5.0]), "the first unit counts");
    let message = json!([{ "Code": "MultipleUnits", "Value": "Multiple units returned: '[Count, None, Seconds]'" }]);
    assert_eq!(found["Messages"], message);
}

#[tokio::test]
async fn data_that_makes_no_sense_is_refused_in_whole() {
    let world = World::new();
    let now = world.region.clock().now();
    let at = |span: SignedDuration| (now + span).to_string();
    let set = |count: f64, least: f64, most: f64| json!({ "SampleCount": count, "Sum": 1.0, "Minimum": least, "Maximum": most });
    let many: Vec<f64> = (0..151).map(f64::from).collect();
    for (datum, code, says) in [
        (
            json!({ "Value": 1.5, "Values": [1.0] }),
            "InvalidParameterCombination",
            "The parameters MetricData.member.2.Value and MetricData.member.2.Values are mutually exclusive and you have specified both.",
        ),
        (
            json!({ "Value": 1.5, "StatisticValues": set(1.0, 1.0, 1.0) }),
            "InvalidParameterCombination",
            "The parameters MetricData.member.2.Value and MetricData.member.2.StatisticValues are mutually exclusive and you have \
             specified both.",
        ),
        (
            json!({ "Values": [1.0, 2.0], "Counts": [1, 2, 3] }),
            "InvalidParameterValue",
            "The parameters MetricData.member.2.Values and MetricData.member.2.Counts must be of the same size.",
        ),
        (
            json!({}),
            "InvalidParameterCombination",
            "At least one of the parameters MetricData.member.2.Value and MetricData.member.2.StatisticValues must be specified.",
        ),
        (json!({ "Value": "NaN" }), "InvalidParameterValue", "The value NaN for parameter MetricData.member.2.Value is invalid."),
        (
            json!({ "Values": ["Infinity"] }),
            "InvalidParameterValue",
            "The value Infinity for parameter MetricData.member.2.Values.member.1",
        ),
        (json!({ "Value": 1e200 }), "InvalidParameterValue", "MetricData.member.2.Value is invalid."),
        (json!({ "Values": many }), "InvalidParameterValue", "must not have a size greater than 150."),
        (json!({ "StatisticValues": set(1.0, 2.0, 1.0) }), "InvalidParameterValue", "Maximum must be greater than"),
        (json!({ "StatisticValues": set(-1.0, 1.0, 1.0) }), "InvalidParameterValue", "SampleCount is invalid."),
        (json!({ "Value": 1.0, "StorageResolution": 30 }), "InvalidParameterValue", "StorageResolution is invalid."),
        (json!({ "Value": 1.0, "Unit": "Hours" }), "ValidationError", "Value 'Hours' at 'metricData.2.member.unit'"),
        (
            json!({ "Value": 1.0, "Timestamp": at(SignedDuration::from_hours(-15 * 24)) }),
            "InvalidParameterValue",
            "The parameter MetricData.member.2.Timestamp must specify a time within the past two weeks.",
        ),
        (
            json!({ "Value": 1.0, "Timestamp": at(SignedDuration::from_hours(3)) }),
            "InvalidParameterValue",
            "two hours in the future",
        ),
    ] {
        let mut bad = json!({ "MetricName": "m" });
        merge(&mut bad, &datum);
        let error = world.put(json!([{ "MetricName": "m", "Value": 1.0 }, bad])).await.unwrap_err();
        assert!(error.code == code && error.message.contains(says), "{datum}: {error}");
    }
    let reserved = json!({ "Namespace": "AWS/EC2", "MetricData": [{ "MetricName": "m", "Value": 1.0 }] });
    let error = world.call("PutMetricData", reserved).await.unwrap_err();
    assert_eq!(error.message, "The value AWS/EC2 for parameter Namespace is invalid.");
    let entity = json!({ "Namespace": "n", "EntityMetricData": [{ "MetricData": [{ "MetricName": "m", "Value": 1.0 }] }] });
    assert!(world.call("PutMetricData", entity).await.unwrap_err().message.contains("EntityMetricData"));
    assert_eq!(world.call("ListMetrics", json!({})).await.unwrap()["Metrics"], json!([]), "nothing was kept");
}

#[tokio::test]
async fn metrics_are_listed_by_what_they_are_called_and_how_lately_they_came() {
    let world = World::new();
    let dimension = |value: &str| json!([{ "Name": "d", "Value": value }]);
    for (name, dimensions) in [("a", Value::Null), ("b", dimension("1")), ("c", dimension("2")), ("c", dimension("2"))] {
        let mut datum = json!({ "MetricName": name, "Value": 1.0 });
        merge(&mut datum, &json!({ "Dimensions": dimensions }));
        world.put(json!([datum])).await.unwrap();
    }
    let listed = async |input: Value| {
        let metrics = world.call("ListMetrics", input).await.unwrap()["Metrics"].clone();
        metrics.as_array().unwrap().iter().map(|one| one["MetricName"].as_str().unwrap().to_owned()).collect::<String>()
    };
    assert_eq!(listed(json!({ "Namespace": "n" })).await, "abc");
    assert_eq!(listed(json!({ "Namespace": "o" })).await, "");
    assert_eq!(listed(json!({ "MetricName": "b" })).await, "b");
    assert_eq!(listed(json!({ "Dimensions": [{ "Name": "d" }] })).await, "bc");
    assert_eq!(listed(json!({ "Dimensions": [{ "Name": "d", "Value": "2" }] })).await, "c");
    assert_eq!(listed(json!({ "RecentlyActive": "PT3H" })).await, "abc");
    world.region.clock().advance_to(world.region.clock().now() + SignedDuration::from_hours(4));
    assert_eq!((listed(json!({ "RecentlyActive": "PT3H" })).await, listed(json!({})).await), (String::new(), "abc".to_owned()));
    world.region.clock().advance_to(world.region.clock().now() + SignedDuration::from_hours(15 * 24));
    assert_eq!(listed(json!({})).await, "");
    let wrong = world.call("ListMetrics", json!({ "RecentlyActive": "PT4H" })).await.unwrap_err();
    assert_eq!(wrong.code, "ValidationError");
}

#[tokio::test]
async fn five_hundred_metrics_are_on_a_page() {
    let world = World::new();
    let data: Vec<Value> = (0..501).map(|number| json!({ "MetricName": format!("m{number:03}"), "Value": 1.0 })).collect();
    world.put(json!(data)).await.unwrap();
    let first = world.call("ListMetrics", json!({})).await.unwrap();
    assert_eq!(first["Metrics"].as_array().unwrap().len(), 500);
    let second = world.call("ListMetrics", json!({ "NextToken": first["NextToken"] })).await.unwrap();
    assert_eq!((second["Metrics"].as_array().unwrap().len(), second.get("NextToken")), (1, None));
}

#[tokio::test]
async fn time_series_come_latest_first_unless_it_is_said_otherwise_and_in_pages() {
    let world = World::new();
    for minute in 0..4 {
        world.value("m", minute, minute as f64).await;
    }
    let query = json!([stat("m1", "m", "Sum", 60), stat("m2", "none", "Sum", 60)]);
    let whole = world.data(query.clone(), json!({})).await.unwrap();
    let results = &whole["MetricDataResults"];
    assert_eq!(results[0]["Values"], json!([3.0, 2.0, 1.0, 0.0]));
    assert_eq!(results[0]["Timestamps"][0], world.minute(3));
    assert_eq!(
        (&results[1]["Values"], &results[1]["StatusCode"], &whole["Messages"]),
        (&json!([]), &json!("Complete"), &json!([]))
    );
    let ascending = json!({ "ScanBy": "TimestampAscending", "MaxDatapoints": 3 });
    let first = world.data(query.clone(), ascending.clone()).await.unwrap();
    assert_eq!(first["MetricDataResults"][0]["Values"], json!([0.0, 1.0, 2.0]));
    assert_eq!(first["MetricDataResults"][0]["StatusCode"], "PartialData");
    let mut more = ascending;
    more["NextToken"] = first["NextToken"].clone();
    let second = world.data(query, more).await.unwrap();
    assert_eq!((&second["MetricDataResults"][0]["Values"], second.get("NextToken")), (&json!([3.0]), None));
}

#[tokio::test]
async fn labels_have_what_metrics_differ_in() {
    let world = World::new();
    let labels = async |queries: Value| {
        let found = world.data(queries, json!({})).await.unwrap()["MetricDataResults"].clone();
        found.as_array().unwrap().iter().map(|one| one["Label"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (queries, expected) in [
        (json!([stat("a", "m", "Sum", 60)]), ["m"].as_slice()),
        (json!([stat("a", "m", "Sum", 60), stat("b", "m", "Minimum", 60)]), &["m Sum", "m Minimum"]),
        (json!([stat("a", "m", "Sum", 60), stat("b", "m", "Sum", 30)]), &["m 60", "m 30"]),
        (json!([stat("a", "m", "Sum", 60), stat("b", "o", "Minimum", 30)]), &["m Sum 60", "o Minimum 30"]),
        (json!([stat("a", "m", "Sum", 60), { "Id": "e", "Expression": "a * 2" }]), &["m", "e"]),
        (json!([stat("a", "m", "Sum", 60), { "Id": "e", "Expression": "METRICS() * 2", "Label": "twice" }]), &["m", "twice m"]),
    ] {
        assert_eq!(labels(queries).await, expected);
    }
}

#[tokio::test]
async fn expressions_are_worth_what_their_metrics_are_in_whatever_order_they_stand() {
    let world = World::new();
    for minute in 0..3 {
        world.value("errors", minute, 1.0).await;
        world.value("calls", minute, 4.0).await;
    }
    let mut hidden = stat("calls", "calls", "Sum", 60);
    hidden["ReturnData"] = false.into();
    let queries = json!([
        { "Id": "percent", "Expression": "rate * 100" },
        { "Id": "rate", "Expression": "errors / calls", "ReturnData": false },
        stat("errors", "errors", "Sum", 60),
        hidden,
    ]);
    let found = world.data(queries, json!({})).await.unwrap()["MetricDataResults"].clone();
    let shown: Vec<(&str, &Value)> =
        found.as_array().unwrap().iter().map(|one| (one["Id"].as_str().unwrap(), &one["Values"])).collect();
    assert_eq!(shown, [("percent", &json!([25.0, 25.0, 25.0])), ("errors", &json!([1.0, 1.0, 1.0]))]);
}

#[tokio::test]
async fn queries_that_make_no_sense_are_refused() {
    let world = World::new();
    let good = || stat("m1", "m", "Sum", 60);
    for (queries, more, code, says) in [
        (json!([stat("M1", "m", "Sum", 60)]), json!({}), "InvalidParameterValue", "MetricDataQueries.member.1.Id"),
        (json!([good(), good()]), json!({}), "InvalidParameterValue", "are not unique."),
        (json!([{ "Id": "e" }]), json!({}), "InvalidParameterCombination", "At least one of the parameters"),
        (json!([stat("m1", "m", "Median", 60)]), json!({}), "InvalidParameterValue", "The value Median"),
        (json!([stat("m1", "m", "Sum", 90)]), json!({}), "InvalidParameterValue", "multiple of 60."),
        (
            json!([good(), { "Id": "e", "Expression": "SUM(m1)" }]),
            json!({}),
            "ValidationError",
            "must return a single time series",
        ),
        (json!([{ "Id": "e", "Expression": "m1 +" }]), json!({}), "ValidationError", "Error in expression 'e'"),
        (json!([good()]), json!({ "EndTime": world.minute(0) }), "InvalidParameterValue", "must be less than"),
        (json!([good()]), json!({ "MaxDatapoints": 0 }), "InvalidParameterValue", "MaxDatapoints"),
        (json!([good()]), json!({ "NextToken": "x" }), "InvalidNextToken", "NextToken"),
        (json!([good()]), json!({ "ScanBy": "Value" }), "ValidationError", "scanBy"),
        (json!([good()]), json!({ "LabelOptions": { "Timezone": "+0100" } }), "NotImplemented", "LabelOptions"),
    ] {
        let error = world.data(queries.clone(), more).await.unwrap_err();
        assert!(error.code == code && error.message.contains(says), "{queries}: {error}");
    }
}

#[tokio::test]
async fn a_value_of_high_resolution_is_of_its_second_and_others_of_their_minute() {
    let world = World::new();
    let at = (world.start + SignedDuration::from_secs(95)).to_string();
    world.put(json!([{ "MetricName": "fine", "Value": 1.0, "StorageResolution": 1, "Timestamp": at }])).await.unwrap();
    world.put(json!([{ "MetricName": "coarse", "Value": 1.0, "Timestamp": at }])).await.unwrap();
    let found = world.data(json!([stat("a", "fine", "Sum", 10), stat("b", "coarse", "Sum", 10)]), json!({})).await.unwrap();
    let time = |number: usize| found["MetricDataResults"][number]["Timestamps"][0].clone();
    let fine = (world.start + SignedDuration::from_secs(90)).to_string();
    assert_eq!((time(0), time(1)), (json!(fine), json!(world.minute(1))));
}
