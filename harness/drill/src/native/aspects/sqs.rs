//! SQS.

use crate::native::aspect::{Aspect, of, once};

const QUEUE: &[&str] = &["AWS::SQS::Queue"];

const ATTRIBUTES: (&str, &str, &str) = ("sqs", "GetQueueAttributes", r#"{"QueueUrl":"$id","AttributeNames":["All"]}"#);

/// A property that is an attribute of this name.
macro_rules! attribute {
    ($name:literal) => {
        of(QUEUE, &[$name], ATTRIBUTES, concat!("Attributes/", $name)).mended(&[once(
            "sqs",
            "SetQueueAttributes",
            concat!(r#"{"QueueUrl":"$id","Attributes":{""#, $name, r#"":"$want"}}"#),
        )])
    };
}

pub(super) const ASPECTS: &[Aspect] = &[
    attribute!("DelaySeconds"),
    attribute!("KmsMasterKeyId"),
    attribute!("KmsDataKeyReusePeriodSeconds"),
    attribute!("MaximumMessageSize"),
    attribute!("MessageRetentionPeriod"),
    attribute!("ReceiveMessageWaitTimeSeconds"),
    attribute!("RedrivePolicy"),
    attribute!("SqsManagedSseEnabled"),
    attribute!("VisibilityTimeout"),
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
