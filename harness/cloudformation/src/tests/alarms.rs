use serde_json::json;

use super::world::{World, template};

/// An alarm on a rate, one on it, and a dashboard; `new` in what can be changed in place.
fn body(new: bool) -> String {
    let stat = |id: &str, name: &str| {
        let metric = format!("{{Namespace: AWS/Lambda, MetricName: {name}, Dimensions: [{{Name: FunctionName, Value: f}}]}}");
        format!("{{Id: {id}, ReturnData: false, MetricStat: {{Metric: {metric}, Period: 60, Stat: Sum}}}}")
    };
    let (threshold, not, text) = if new { ("20", "NOT ", "new") } else { ("10", "", "old") };
    template(&format!(
        "{{Rate: {{Type: AWS::CloudWatch::Alarm, Properties: {{EvaluationPeriods: 3, DatapointsToAlarm: 2, Threshold: {threshold}, \
           ComparisonOperator: GreaterThanThreshold, Metrics: [{{Id: rate, Expression: 100 * errors / calls}}, {}, {}]}}}}, \
         Slow: {{Type: AWS::CloudWatch::Alarm, Properties: {{EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: GreaterThanThreshold, \
           Namespace: AWS/Lambda, MetricName: Duration, Period: 60, ExtendedStatistic: p99, EvaluateLowSampleCountPercentile: ignore}}}}, \
         Either: {{Type: AWS::CloudWatch::CompositeAlarm, Properties: {{AlarmName: either, Tags: [{{Key: a, Value: {text}}}], \
           AlarmRule: !Sub '{not}(ALARM(${{Rate}}) OR ALARM(\"${{Slow.Arn}}\"))'}}}}, \
         Board: {{Type: AWS::CloudWatch::Dashboard, Properties: {{DashboardBody: '{{\"widgets\": [{{\"type\": \"text\", \"properties\": {{\"markdown\": \"{text}\"}}}}]}}'}}}}}}",
        stat("errors", "Errors"),
        stat("calls", "Invocations"),
    ))
}

#[tokio::test]
async fn alarms_on_expressions_and_on_alarms_and_a_dashboard_are_made_changed_and_deleted() {
    let world = World::new();
    assert_eq!(world.create("s", &body(false)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let (rate, board) = (world.physical("s", "Rate").await, world.physical("s", "Board").await);
    let either = async || {
        let input = json!({ "AlarmNames": ["either"], "AlarmTypes": ["CompositeAlarm"] });
        world.ok("monitoring", "DescribeAlarms", input).await["CompositeAlarms"][0].clone()
    };
    assert_eq!(either().await["StateValue"], "OK");

    assert_eq!(world.update("s", &body(true)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let changed = either().await;
    assert_eq!(changed["StateValue"], "ALARM");
    let tags = world.ok("monitoring", "ListTagsForResource", json!({ "ResourceARN": changed["AlarmArn"] })).await;
    assert!(tags["Tags"].as_array().unwrap().contains(&json!({ "Key": "a", "Value": "new" })), "{tags}");
    let alarms = world.ok("monitoring", "DescribeAlarms", json!({ "AlarmNames": [rate] })).await;
    let alarm = &alarms["MetricAlarms"][0];
    assert_eq!(
        (&alarm["Threshold"], &alarm["DatapointsToAlarm"], &alarm["Metrics"][0]["Id"]),
        (&json!(20.0), &json!(2), &json!("rate"))
    );
    let shown = world.ok("monitoring", "GetDashboard", json!({ "DashboardName": board })).await;
    assert!(shown["DashboardBody"].as_str().unwrap().contains("new"), "{shown}");

    world.stack("DeleteStack", json!({ "StackName": "s" })).await;
    assert_eq!(world.status("s").await, "gone");
    let left = world.ok("monitoring", "DescribeAlarms", json!({ "AlarmTypes": ["MetricAlarm", "CompositeAlarm"] })).await;
    assert_eq!((&left["MetricAlarms"], &left["CompositeAlarms"]), (&json!([]), &json!([])));
    assert_eq!(world.ok("monitoring", "ListDashboards", json!({})).await["DashboardEntries"], json!([]));
}

/// A log group whose errors are counted by their place.
fn counted(pattern: &str) -> String {
    template(&format!(
        "{{Group: {{Type: AWS::Logs::LogGroup}}, \
         Errors: {{Type: AWS::Logs::MetricFilter, Properties: {{LogGroupName: !Ref Group, FilterPattern: '{pattern}', \
           MetricTransformations: [{{MetricName: errors, MetricNamespace: n, MetricValue: '1', Unit: Count, \
             Dimensions: [{{Key: place, Value: $.place}}]}}]}}}}}}"
    ))
}

#[tokio::test]
async fn a_metric_filter_counts_what_its_pattern_matches() {
    let world = World::new();
    assert_eq!(world.create("s", &counted("{ $.level = ERROR }")).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let (group, filter) = (world.physical("s", "Group").await, world.physical("s", "Errors").await);
    let described = async || {
        let input = json!({ "logGroupName": group });
        world.ok("logs", "DescribeMetricFilters", input).await["metricFilters"].clone()
    };
    let made = described().await;
    assert_eq!((&made[0]["filterName"], &made[0]["filterPattern"]), (&json!(filter), &json!("{ $.level = ERROR }")));
    let transformation = &made[0]["metricTransformations"][0];
    assert_eq!((&transformation["dimensions"], &transformation["unit"]), (&json!({ "place": "$.place" }), &json!("Count")));

    assert_eq!(world.update("s", &counted("{ $.level = FATAL }")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(
        (world.physical("s", "Errors").await, &described().await[0]["filterPattern"]),
        (filter, &json!("{ $.level = FATAL }"))
    );

    world.stack("DeleteStack", json!({ "StackName": "s" })).await;
    assert_eq!(world.status("s").await, "gone");
}
