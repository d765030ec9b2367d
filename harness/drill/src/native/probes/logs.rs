//! CloudWatch Logs.

use crate::native::probe::{Probe, once, probe, wanted};

const LOGS: &[&str] = &["AWS::Logs::LogGroup"];

const LOG_GROUPS: (&str, &str, &str) = ("logs", "DescribeLogGroups", r#"{"logGroupNamePrefix":"$id"}"#);

pub(super) const ASPECTS: &[Probe] = &[
    probe(LOGS, &["RetentionInDays"], LOG_GROUPS, "logGroups/[logGroupName=$id]/retentionInDays").mended(&[wanted(
        "logs",
        "PutRetentionPolicy",
        r#"{"logGroupName":"$id","retentionInDays":"$item"}"#,
    )]),
    probe(LOGS, &["KmsKeyId"], LOG_GROUPS, "logGroups/[logGroupName=$id]/kmsKeyId").mended(&[wanted(
        "logs",
        "AssociateKmsKey",
        r#"{"logGroupName":"$id","kmsKeyId":"$item"}"#,
    )]),
    probe(
        LOGS,
        &["Tags"],
        ("logs", "ListTagsForResource", r#"{"resourceArn":"arn:aws:logs:$region:$account:log-group:$id"}"#),
        "tags",
    )
    // In LocalStack 4.14.0, one that was made without tags takes none later.
    .mended(&[
        once("logs", "DeleteLogGroup", r#"{"logGroupName":"$id"}"#),
        once("logs", "CreateLogGroup", r#"{"logGroupName":"$id","kmsKeyId":"$KmsKeyId","tags":"$want"}"#),
    ]),
    probe(
        &["AWS::Logs::LogStream"],
        &["LogGroupName", "LogStreamName"],
        ("logs", "DescribeLogStreams", r#"{"logGroupName":"$LogGroupName","logStreamNamePrefix":"$LogStreamName"}"#),
        "logStreams/*/logStreamName",
    )
    .mended(&[once("logs", "CreateLogStream", r#"{"logGroupName":"$LogGroupName","logStreamName":"$LogStreamName"}"#)]),
];
