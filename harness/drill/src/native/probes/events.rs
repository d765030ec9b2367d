//! EventBridge.

use crate::native::probe::{Probe, once, probe};

const RULE: &[&str] = &["AWS::Events::Rule"];

const DESCRIBE_RULE: (&str, &str, &str) = ("events", "DescribeRule", r#"{"Name":"$id","EventBusName":"$EventBusName"}"#);

pub(super) const ASPECTS: &[Probe] = &[
    probe(RULE, &["Description"], DESCRIBE_RULE, "Description"),
    probe(RULE, &["ScheduleExpression"], DESCRIBE_RULE, "ScheduleExpression"),
    probe(RULE, &["EventPattern"], DESCRIBE_RULE, "EventPattern"),
    probe(RULE, &["State"], DESCRIBE_RULE, "State"),
    probe(RULE, &["RoleArn"], DESCRIBE_RULE, "RoleArn"),
    probe(RULE, &["EventBusName"], DESCRIBE_RULE, "EventBusName"),
    probe(RULE, &["Targets"], ("events", "ListTargetsByRule", r#"{"Rule":"$id","EventBusName":"$EventBusName"}"#), "Targets")
        .mended(&[once("events", "PutTargets", r#"{"Rule":"$id","EventBusName":"$EventBusName","Targets":"$want"}"#)]),
    probe(
        RULE,
        &["Tags"],
        ("events", "ListTagsForResource", r#"{"ResourceARN":"arn:aws:events:$region:$account:rule/$id"}"#),
        "Tags",
    )
    .mended(&[once("events", "TagResource", r#"{"ResourceARN":"arn:aws:events:$region:$account:rule/$id","Tags":"$want"}"#)]),
];
