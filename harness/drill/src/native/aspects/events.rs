//! EventBridge.

use crate::native::aspect::{Aspect, of, once};

const RULE: &[&str] = &["AWS::Events::Rule"];

const DESCRIBE_RULE: (&str, &str, &str) = ("events", "DescribeRule", r#"{"Name":"$id","EventBusName":"$EventBusName"}"#);

pub(super) const ASPECTS: &[Aspect] = &[
    of(RULE, &["Description"], DESCRIBE_RULE, "Description"),
    of(RULE, &["ScheduleExpression"], DESCRIBE_RULE, "ScheduleExpression"),
    of(RULE, &["EventPattern"], DESCRIBE_RULE, "EventPattern"),
    of(RULE, &["State"], DESCRIBE_RULE, "State"),
    of(RULE, &["RoleArn"], DESCRIBE_RULE, "RoleArn"),
    of(RULE, &["EventBusName"], DESCRIBE_RULE, "EventBusName"),
    of(RULE, &["Targets"], ("events", "ListTargetsByRule", r#"{"Rule":"$id","EventBusName":"$EventBusName"}"#), "Targets")
        .mended(&[once("events", "PutTargets", r#"{"Rule":"$id","EventBusName":"$EventBusName","Targets":"$want"}"#)]),
    of(
        RULE,
        &["Tags"],
        ("events", "ListTagsForResource", r#"{"ResourceARN":"arn:aws:events:$region:$account:rule/$id"}"#),
        "Tags",
    )
    .mended(&[once("events", "TagResource", r#"{"ResourceARN":"arn:aws:events:$region:$account:rule/$id","Tags":"$want"}"#)]),
];
