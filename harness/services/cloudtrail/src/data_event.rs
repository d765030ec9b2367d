//! What the event history leaves out: calls on the content of resources.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html>

use nightproof_journal::ApiCall;

/// Operations of S3 on objects, and those on buckets that count as such.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html>
const S3: &[&str] = &[
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateMultipartUpload",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjects",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "HeadBucket",
    "HeadObject",
    "ListMultipartUploads",
    "ListObjectVersions",
    "ListObjects",
    "ListObjectsV2",
    "ListParts",
    "PutObject",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "UploadPart",
    "UploadPartCopy",
];

/// Operations on the messages of queues.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/logging-using-cloudtrail.html>
const SQS: &[&str] = &[
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
    "DeleteMessage",
    "DeleteMessageBatch",
    "ReceiveMessage",
    "SendMessage",
    "SendMessageBatch",
];

/// Operations on the records of streams.
/// <https://docs.aws.amazon.com/streams/latest/dev/logging-using-cloudtrail.html>
const KINESIS: &[&str] = &["GetRecords", "GetShardIterator", "PutRecord", "PutRecords"];

/// Operations on items of tables.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/logging-using-cloudtrail.html>
const DYNAMODB: &[&str] = &[
    "BatchGetItem",
    "BatchWriteItem",
    "DeleteItem",
    "GetItem",
    "GetRecords",
    "GetShardIterator",
    "PutItem",
    "Query",
    "Scan",
    "TransactGetItems",
    "TransactWriteItems",
    "UpdateItem",
];

/// Whether the call is of the kind that only trails with selectors for it record.
pub(super) fn is_data_event(call: &ApiCall) -> bool {
    let name = call.event_name.as_str();
    match call.event_source.as_str() {
        "dynamodb.amazonaws.com" => DYNAMODB.contains(&name),
        "s3.amazonaws.com" => S3.contains(&name),
        "sns.amazonaws.com" => matches!(name, "Publish" | "PublishBatch"),
        "sqs.amazonaws.com" => SQS.contains(&name),
        "lambda.amazonaws.com" => name == "Invoke",
        "kinesis.amazonaws.com" => KINESIS.contains(&name),
        "logs.amazonaws.com" => name == "PutLogEvents",
        "events.amazonaws.com" => name == "PutEvents",
        // The agent's own conversation is in no history.
        "ec2messages.amazonaws.com" | "ssmmessages.amazonaws.com" => true,
        _ => false,
    }
}
