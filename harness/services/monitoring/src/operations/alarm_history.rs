//! DescribeAlarmHistory and DescribeAlarmsForMetric.

use jiff::Timestamp;
use nightproof_core::page::page;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::alarm::{Alarm, Item, ItemType, Watched};
use crate::error::check_enum;
use crate::metric::{Dimension, metric};
use crate::operations::alarms::TYPES;
use crate::records::CloudWatch;

/// `DescribeAlarmHistory`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeAlarmHistory {
    alarm_name: Option<String>,
    #[serde(default)]
    alarm_types: Vec<String>,
    history_item_type: Option<String>,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
    max_records: Option<usize>,
    next_token: Option<String>,
    scan_by: Option<String>,
}

/// `DescribeAlarmsForMetric`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmsForMetric.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeAlarmsForMetric {
    metric_name: String,
    namespace: String,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    period: Option<i64>,
    unit: Option<String>,
}

impl CloudWatch {
    pub(crate) fn describe_alarm_history(&self, call: &Call, input: DescribeAlarmHistory) -> Result<Value, AwsError> {
        check_enum(input.history_item_type.as_deref(), "historyItemType", &ItemType::NAMES)?;
        check_enum(input.scan_by.as_deref(), "scanBy", &["TimestampDescending", "TimestampAscending"])?;
        for (given, number) in input.alarm_types.iter().zip(1..) {
            check_enum(Some(given), &format!("alarmTypes.{number}.member"), &TYPES)?;
        }
        let is_type = |item: &Item| {
            if input.alarm_types.is_empty() {
                item.alarm_type == "MetricAlarm"
            } else {
                input.alarm_types.iter().any(|name| name == item.alarm_type)
            }
        };
        let wanted = |item: &&Item| {
            is_type(item)
                && input.alarm_name.as_ref().is_none_or(|name| *name == item.alarm)
                && input.history_item_type.as_ref().is_none_or(|name| name == item.item_type.name())
                && input.start_date.is_none_or(|start| item.time >= start)
                && input.end_date.is_none_or(|end| item.time <= end)
        };
        let mut found: Vec<Value> =
            self.with(call.account(), |records| records.history.items().filter(wanted).map(Item::describe).collect());
        if input.scan_by.as_deref() != Some("TimestampAscending") {
            found.reverse();
        }
        let invalid = || AwsError::new("InvalidNextToken", 400, "The next token specified is invalid.");
        page("AlarmHistoryItems", found, input.next_token.as_deref(), input.max_records.unwrap_or(100), invalid)
    }

    pub(crate) fn describe_alarms_for_metric(&self, call: &Call, input: DescribeAlarmsForMetric) -> Result<Value, AwsError> {
        let asked = metric(call.account(), &input.namespace, &input.metric_name, &input.dimensions);
        let wanted = |alarm: &&Alarm| {
            let Some(found) = alarm.metric() else { return false };
            let Watched::Metric { metric, statistic, unit, .. } = &found.watched else { return false };
            let is_statistic = |name: &Option<String>| name.as_ref().is_none_or(|name| name == statistic.name());
            *metric == asked
                && is_statistic(&input.statistic)
                && is_statistic(&input.extended_statistic)
                && input.period.is_none_or(|period| period == found.condition.period)
                && input.unit.as_ref().is_none_or(|wanted| unit.as_ref() == Some(wanted))
        };
        let found: Vec<Value> =
            self.with(call.account(), |records| records.alarms.values().filter(wanted).map(Alarm::describe).collect());
        Ok(json!({ "MetricAlarms": found }))
    }
}
