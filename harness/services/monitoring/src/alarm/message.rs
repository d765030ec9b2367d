//! Messages about a change of state: to topics, functions and the default bus.

use jiff::Timestamp;
use nightproof_core::document::whole_seconds;
use serde_json::{Map, Value, json};

use super::composite::stamp;
use super::metric_alarm::{MetricAlarm, Watched};
use super::record::{Alarm, Change, Kind};
use super::state::StateRecord;
use crate::metric::Dimension;
use crate::query::MetricDataQuery;

/// The message to a topic.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>
pub(crate) fn topic_message(change: &Change, account: &str, region: &str) -> Value {
    let Change { alarm, before, .. } = change;
    let configuration = &alarm.configuration;
    let stamp = |time: Timestamp| whole_seconds(time).strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string();
    let mut message = json!({
        "AlarmName": alarm.name(),
        "AlarmDescription": configuration.description,
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": stamp(alarm.configured),
        "NewStateValue": alarm.state().name(),
        "NewStateReason": alarm.state.verdict.reason,
        "StateChangeTime": stamp(alarm.state.transitioned),
        "Region": region_name(region),
        "AlarmArn": configuration.arn,
        "OldStateValue": before.verdict.state.name(),
        "OKActions": configuration.ok_actions,
        "AlarmActions": configuration.alarm_actions,
        "InsufficientDataActions": configuration.insufficient_data_actions,
    });
    let Some(members) = message.as_object_mut() else { return message };
    match &alarm.kind {
        Kind::Metric(metric) => drop(members.insert("Trigger".to_owned(), trigger(metric))),
        Kind::Composite(composite) => {
            members.remove("AlarmConfigurationUpdatedTimestamp");
            members.insert("AlarmRule".to_owned(), composite.rule_text.as_str().into());
            let child = |child: &super::composite::Child| {
                let StateRecord { verdict, transitioned, .. } = &child.state;
                json!({ "Arn": child.arn, "State": { "Value": verdict.state.name(), "Timestamp": stamp(*transitioned) } })
            };
            members.insert("TriggeringChildren".to_owned(), change.children.iter().map(child).collect::<Vec<_>>().into());
        }
    }
    message
}

/// What a metric alarm watches, and when it goes off.
fn trigger(alarm: &MetricAlarm) -> Value {
    let mut trigger = Map::new();
    let mut set = |name: &str, value: Value| drop(trigger.insert(name.to_owned(), value));
    match &alarm.watched {
        Watched::Metric { metric, dimensions, statistic, unit } => {
            set("MetricName", metric.name.as_ref().into());
            set("Namespace", metric.namespace.as_ref().into());
            if statistic.is_extended() {
                set("StatisticType", "ExtendedStatistic".into());
                set("ExtendedStatistic", statistic.name().into());
            } else {
                set("StatisticType", "Statistic".into());
                set(
                    "Statistic",
                    if statistic.name() == "SampleCount" {
                        "SAMPLE_COUNT".into()
                    } else {
                        statistic.name().to_uppercase().into()
                    },
                );
            }
            set("Unit", json!(unit));
            set("Dimensions", small_dimensions(dimensions));
        }
        Watched::Queries { given, .. } => set("Metrics", given.iter().map(query).collect::<Vec<_>>().into()),
    }
    set("Period", alarm.condition.period.into());
    set("EvaluationPeriods", alarm.evaluation_periods.into());
    if let Some(datapoints) = alarm.datapoints_to_alarm {
        set("DatapointsToAlarm", datapoints.into());
    }
    set("ComparisonOperator", alarm.comparison_operator.as_str().into());
    set("Threshold", alarm.condition.threshold.into());
    set("TreatMissingData", alarm.treat_missing_data.as_deref().unwrap_or("missing").into());
    set("EvaluateLowSampleCountPercentile", alarm.evaluate_low_sample_count_percentile.as_deref().unwrap_or_default().into());
    Value::Object(trigger)
}

fn small_dimensions(dimensions: &[Dimension]) -> Value {
    dimensions.iter().map(|one| json!({ "value": one.value, "name": one.name })).collect::<Vec<_>>().into()
}

fn query(query: &MetricDataQuery) -> Value {
    let mut shown = json!(MetricDataQuery { return_data: Some(query.returns_data()), ..query.clone() });
    let dimensions = query.metric_stat.as_ref().map(|stat| small_dimensions(&stat.metric.dimensions));
    let metric = shown.pointer_mut("/MetricStat/Metric").and_then(Value::as_object_mut);
    if let (Some(dimensions), Some(metric)) = (dimensions, metric) {
        metric.insert("Dimensions".to_owned(), dimensions);
    }
    shown
}

/// The subject of the message to a topic, which has 100 characters at most.
pub(crate) fn subject(alarm: &Alarm, region: &str) -> String {
    let subject = format!("{}: \"{}\" in {}", alarm.state().name(), alarm.name(), region_name(region));
    subject.chars().filter(char::is_ascii).take(100).collect()
}

/// The event of a function.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html>
pub(crate) fn function_event(change: &Change, account: &str, region: &str) -> Value {
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": change.alarm.configuration.arn,
        "accountId": account,
        "time": stamp(change.alarm.state.transitioned),
        "region": region,
        "alarmData": detail(change),
    })
}

/// The entry for the default bus.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>
pub(crate) fn bridge_entry(change: &Change) -> Value {
    json!({
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Resources": [change.alarm.configuration.arn],
        "Time": change.alarm.state.transitioned.to_string(),
        "Detail": detail(change).to_string(),
    })
}

fn detail(change: &Change) -> Value {
    let Change { alarm, before, .. } = change;
    let mut configuration = Map::new();
    if let Some(description) = &alarm.configuration.description {
        configuration.insert("description".to_owned(), description.as_str().into());
    }
    match &alarm.kind {
        Kind::Metric(metric) => drop(configuration.insert("metrics".to_owned(), metrics(metric))),
        Kind::Composite(composite) => {
            configuration.insert("alarmRule".to_owned(), composite.rule_text.as_str().into());
            if let Some(suppressor) = &composite.suppressor {
                configuration.insert("actionsSuppressor".to_owned(), suppressor.alarm.as_str().into());
                configuration.insert("actionsSuppressorWaitPeriod".to_owned(), suppressor.wait.as_secs().into());
                configuration.insert("actionsSuppressorExtensionPeriod".to_owned(), suppressor.extension.as_secs().into());
            }
        }
    }
    json!({
        "alarmName": alarm.name(),
        "state": state(&alarm.state),
        "previousState": state(before),
        "configuration": configuration,
    })
}

fn state(record: &StateRecord) -> Value {
    let StateRecord { verdict, updated, .. } = record;
    let mut shown = json!({ "value": verdict.state.name(), "reason": verdict.reason });
    if let Some(members) = shown.as_object_mut() {
        members.extend(verdict.reason_data.as_ref().map(|data| ("reasonData".to_owned(), data.as_str().into())));
        members.insert("timestamp".to_owned(), stamp(*updated).into());
    }
    shown
}

/// The metrics that an alarm watches, as events have them.
fn metrics(alarm: &MetricAlarm) -> Value {
    let pairs = |dimensions: &[Dimension]| {
        Value::Object(dimensions.iter().map(|one| (one.name.clone(), one.value.as_str().into())).collect())
    };
    match &alarm.watched {
        Watched::Metric { metric, dimensions, statistic, unit } => {
            let named = json!({ "namespace": metric.namespace, "name": metric.name, "dimensions": pairs(dimensions) });
            let mut stat = json!({ "metric": named, "period": alarm.condition.period, "stat": statistic.name() });
            if let (Some(unit), Some(members)) = (unit, stat.as_object_mut()) {
                members.insert("unit".to_owned(), unit.as_str().into());
            }
            json!([{ "id": uuid::Uuid::new_v4().to_string(), "metricStat": stat, "returnData": true }])
        }
        Watched::Queries { given, .. } => {
            let shown = |query: &MetricDataQuery| {
                let mut shown = json!({ "id": query.id });
                if let Some(members) = shown.as_object_mut() {
                    if let Some(stat) = &query.metric_stat {
                        let metric = &stat.metric;
                        let named = json!({
                            "namespace": metric.namespace, "name": metric.metric_name, "dimensions": pairs(&metric.dimensions),
                        });
                        let stat = json!({ "metric": named, "period": stat.period, "stat": stat.stat });
                        members.insert("metricStat".to_owned(), stat);
                    }
                    for (name, value) in [("expression", &query.expression), ("label", &query.label)] {
                        members.extend(value.as_ref().map(|value| (name.to_owned(), value.as_str().into())));
                    }
                    members.insert("returnData".to_owned(), query.returns_data().into());
                }
                shown
            };
            given.iter().map(shown).collect::<Vec<_>>().into()
        }
    }
}

/// A region's name for people.
/// <https://docs.aws.amazon.com/general/latest/gr/rande.html>
fn region_name(region: &str) -> &str {
    match region {
        "us-east-1" => "US East (N. Virginia)",
        "us-east-2" => "US East (Ohio)",
        "us-west-1" => "US West (N. California)",
        "us-west-2" => "US West (Oregon)",
        "ca-central-1" => "Canada (Central)",
        "sa-east-1" => "South America (Sao Paulo)",
        "eu-central-1" => "EU (Frankfurt)",
        "eu-north-1" => "EU (Stockholm)",
        "eu-west-1" => "EU (Ireland)",
        "eu-west-2" => "EU (London)",
        "eu-west-3" => "EU (Paris)",
        "ap-northeast-1" => "Asia Pacific (Tokyo)",
        "ap-northeast-2" => "Asia Pacific (Seoul)",
        "ap-northeast-3" => "Asia Pacific (Osaka)",
        "ap-south-1" => "Asia Pacific (Mumbai)",
        "ap-southeast-1" => "Asia Pacific (Singapore)",
        "ap-southeast-2" => "Asia Pacific (Sydney)",
        other => other,
    }
}
