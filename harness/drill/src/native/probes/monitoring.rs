//! CloudWatch.

use crate::native::probe::{Probe, once, probe};

const ALARM: &[&str] = &["AWS::CloudWatch::Alarm"];

const ALARMS: (&str, &str, &str) = ("monitoring", "DescribeAlarms", r#"{"AlarmNames":["$id"]}"#);

pub(super) const ASPECTS: &[Probe] = &[
    probe(ALARM, &["AlarmDescription"], ALARMS, "MetricAlarms/0/AlarmDescription"),
    probe(ALARM, &["ActionsEnabled"], ALARMS, "MetricAlarms/0/ActionsEnabled"),
    probe(ALARM, &["OKActions"], ALARMS, "MetricAlarms/0/OKActions"),
    probe(ALARM, &["AlarmActions"], ALARMS, "MetricAlarms/0/AlarmActions"),
    probe(ALARM, &["InsufficientDataActions"], ALARMS, "MetricAlarms/0/InsufficientDataActions"),
    probe(ALARM, &["MetricName"], ALARMS, "MetricAlarms/0/MetricName"),
    probe(ALARM, &["Namespace"], ALARMS, "MetricAlarms/0/Namespace"),
    probe(ALARM, &["Statistic"], ALARMS, "MetricAlarms/0/Statistic"),
    probe(ALARM, &["Dimensions"], ALARMS, "MetricAlarms/0/Dimensions"),
    probe(ALARM, &["Period"], ALARMS, "MetricAlarms/0/Period"),
    probe(ALARM, &["Unit"], ALARMS, "MetricAlarms/0/Unit"),
    probe(ALARM, &["EvaluationPeriods"], ALARMS, "MetricAlarms/0/EvaluationPeriods"),
    probe(ALARM, &["DatapointsToAlarm"], ALARMS, "MetricAlarms/0/DatapointsToAlarm"),
    probe(ALARM, &["Threshold"], ALARMS, "MetricAlarms/0/Threshold"),
    probe(ALARM, &["ComparisonOperator"], ALARMS, "MetricAlarms/0/ComparisonOperator"),
    probe(ALARM, &["TreatMissingData"], ALARMS, "MetricAlarms/0/TreatMissingData"),
    probe(
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
