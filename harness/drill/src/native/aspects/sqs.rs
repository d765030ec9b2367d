//! SQS.

use crate::native::aspect::{Aspect, of, once};

const QUEUE: &[&str] = &["AWS::SQS::Queue"];

const ATTRIBUTES: (&str, &str, &str) = ("sqs", "GetQueueAttributes", r#"{"QueueUrl":"$id","AttributeNames":["All"]}"#);

pub(super) const ASPECTS: &[Aspect] = &[
    of(QUEUE, &["DelaySeconds"], ATTRIBUTES, "Attributes/DelaySeconds").mended(&[once(
        "sqs",
        "SetQueueAttributes",
        r#"{"QueueUrl":"$id","Attributes":{"DelaySeconds":"$want"}}"#,
    )]),
    of(QUEUE, &["KmsMasterKeyId"], ATTRIBUTES, "Attributes/KmsMasterKeyId").mended(&[once(
        "sqs",
        "SetQueueAttributes",
        r#"{"QueueUrl":"$id","Attributes":{"KmsMasterKeyId":"$want"}}"#,
    )]),
    of(QUEUE, &["KmsDataKeyReusePeriodSeconds"], ATTRIBUTES, "Attributes/KmsDataKeyReusePeriodSeconds").mended(&[once(
        "sqs",
        "SetQueueAttributes",
        r#"{"QueueUrl":"$id","Attributes":{"KmsDataKeyReusePeriodSeconds":"$want"}}"#,
    )]),
    of(QUEUE, &["MaximumMessageSize"], ATTRIBUTES, "Attributes/MaximumMessageSize").mended(&[once(
        "sqs",
        "SetQueueAttributes",
        r#"{"QueueUrl":"$id","Attributes":{"MaximumMessageSize":"$want"}}"#,
    )]),
    of(QUEUE, &["MessageRetentionPeriod"], ATTRIBUTES, "Attributes/MessageRetentionPeriod").mended(&[once(
        "sqs",
        "SetQueueAttributes",
        r#"{"QueueUrl":"$id","Attributes":{"MessageRetentionPeriod":"$want"}}"#,
    )]),
    of(QUEUE, &["ReceiveMessageWaitTimeSeconds"], ATTRIBUTES, "Attributes/ReceiveMessageWaitTimeSeconds").mended(&[once(
        "sqs",
        "SetQueueAttributes",
        r#"{"QueueUrl":"$id","Attributes":{"ReceiveMessageWaitTimeSeconds":"$want"}}"#,
    )]),
    of(QUEUE, &["RedrivePolicy"], ATTRIBUTES, "Attributes/RedrivePolicy").mended(&[once(
        "sqs",
        "SetQueueAttributes",
        r#"{"QueueUrl":"$id","Attributes":{"RedrivePolicy":"$want"}}"#,
    )]),
    of(QUEUE, &["SqsManagedSseEnabled"], ATTRIBUTES, "Attributes/SqsManagedSseEnabled").mended(&[once(
        "sqs",
        "SetQueueAttributes",
        r#"{"QueueUrl":"$id","Attributes":{"SqsManagedSseEnabled":"$want"}}"#,
    )]),
    of(QUEUE, &["VisibilityTimeout"], ATTRIBUTES, "Attributes/VisibilityTimeout").mended(&[once(
        "sqs",
        "SetQueueAttributes",
        r#"{"QueueUrl":"$id","Attributes":{"VisibilityTimeout":"$want"}}"#,
    )]),
    of(QUEUE, &["Tags"], ("sqs", "ListQueueTags", r#"{"QueueUrl":"$id"}"#), "Tags").mended(&[once(
        "sqs",
        "TagQueue",
        r#"{"QueueUrl":"$id","Tags":"$want"}"#,
    )]),
    of(
        &["AWS::SQS::QueuePolicy"],
        &["Queues", "PolicyDocument"],
        ("sqs", "GetQueueAttributes", r#"{"QueueUrl":"$Queues[]","AttributeNames":["Policy"]}"#),
        "Attributes/Policy",
    )
    .mended(&[once("sqs", "SetQueueAttributes", r#"{"QueueUrl":"$Queues[]","Attributes":{"Policy":"$want"}}"#)]),
];
