//! The address of a queue.

use nightproof_wire::arn;

/// The URL of the queue with this ARN. A service that sends to a queue does not ask for it: the queue's policy lets it send messages, and
/// nothing else.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html>
pub fn queue_url(queue_arn: &str) -> String {
    let (region, account, name) = (arn::region_of(queue_arn), arn::account_of(queue_arn), arn::resource_of(queue_arn));
    format!("https://sqs.{region}.amazonaws.com/{account}/{name}")
}
