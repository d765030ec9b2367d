//! CloudWatch.

use crate::native::aspect::{Aspect, of, once};

const ALARM: &[&str] = &["AWS::CloudWatch::Alarm"];

const ALARMS: (&str, &str, &str) = ("monitoring", "DescribeAlarms", r#"{"AlarmNames":["$id"]}"#);

pub(super) const ASPECTS: &[Aspect] = &[
    of(ALARM, &["AlarmDescription"], ALARMS, "MetricAlarms/0/AlarmDescription"),
    of(ALARM, &["ActionsEnabled"], ALARMS, "MetricAlarms/0/ActionsEnabled"),
    of(ALARM, &["OKActions"], ALARMS, "MetricAlarms/0/OKActions"),
    of(ALARM, &["AlarmActions"], ALARMS, "MetricAlarms/0/AlarmActions"),
    of(ALARM, &["InsufficientDataActions"], ALARMS, "MetricAlarms/0/InsufficientDataActions"),
    of(ALARM, &["MetricName"], ALARMS, "MetricAlarms/0/MetricName"),
    of(ALARM, &["Namespace"], ALARMS, "MetricAlarms/0/Namespace"),
    of(ALARM, &["Statistic"], ALARMS, "MetricAlarms/0/Statistic"),
    of(ALARM, &["Dimensions"], ALARMS, "MetricAlarms/0/Dimensions"),
    of(ALARM, &["Period"], ALARMS, "MetricAlarms/0/Period"),
    of(ALARM, &["Unit"], ALARMS, "MetricAlarms/0/Unit"),
    of(ALARM, &["EvaluationPeriods"], ALARMS, "MetricAlarms/0/EvaluationPeriods"),
    of(ALARM, &["DatapointsToAlarm"], ALARMS, "MetricAlarms/0/DatapointsToAlarm"),
    of(ALARM, &["Threshold"], ALARMS, "MetricAlarms/0/Threshold"),
    of(ALARM, &["ComparisonOperator"], ALARMS, "MetricAlarms/0/ComparisonOperator"),
    of(ALARM, &["TreatMissingData"], ALARMS, "MetricAlarms/0/TreatMissingData"),
    of(
        ALARM,
        &["Tags"],
        ("monitoring", "ListTagsForResource", r#"{"ResourceARN":"arn:aws:cloudwatch:$region:$account:alarm:$id"}"#),
        "Tags",
    )
    .mended(&[once(
        "monitoring",
        "TagResource",
        r#"{"ResourceARN":"arn:aws:cloudwatch:$region:$account:alarm:$id","Tags":"$want"}"#,
    )]),
];
