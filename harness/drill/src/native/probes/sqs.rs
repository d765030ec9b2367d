//! SQS.

use crate::native::probe::{Probe, once, probe};

const QUEUE: &[&str] = &["AWS::SQS::Queue"];

const ATTRIBUTES: (&str, &str, &str) = ("sqs", "GetQueueAttributes", r#"{"QueueUrl":"$id","AttributeNames":["All"]}"#);

/// A property that is an attribute of this name.
macro_rules! attribute {
    ($name:literal) => {
        probe(QUEUE, &[$name], ATTRIBUTES, concat!("Attributes/", $name)).mended(&[once(
            "sqs",
            "SetQueueAttributes",
            concat!(r#"{"QueueUrl":"$id","Attributes":{""#, $name, r#"":"$want"}}"#),
        )])
    };
}

pub(super) const ASPECTS: &[Probe] = &[
    attribute!("DelaySeconds"),
    attribute!("KmsMasterKeyId"),
    attribute!("KmsDataKeyReusePeriodSeconds"),
    attribute!("MaximumMessageSize"),
    attribute!("MessageRetentionPeriod"),
    attribute!("ReceiveMessageWaitTimeSeconds"),
    attribute!("RedrivePolicy"),
    attribute!("SqsManagedSseEnabled"),
    attribute!("VisibilityTimeout"),
    probe(QUEUE, &["Tags"], ("sqs", "ListQueueTags", r#"{"QueueUrl":"$id"}"#), "Tags").mended(&[once(
        "sqs",
        "TagQueue",
        r#"{"QueueUrl":"$id","Tags":"$want"}"#,
    )]),
    probe(
        &["AWS::SQS::QueuePolicy"],
        &["Queues", "PolicyDocument"],
        ("sqs", "GetQueueAttributes", r#"{"QueueUrl":"$Queues[]","AttributeNames":["Policy"]}"#),
        "Attributes/Policy",
    )
    .mended(&[once("sqs", "SetQueueAttributes", r#"{"QueueUrl":"$Queues[]","Attributes":{"Policy":"$want"}}"#)]),
];
