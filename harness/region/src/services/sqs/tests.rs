use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Sqs;
use crate::service::{AwsError, Service};
use crate::{Caller, Region, Settings};

const ACCOUNT: &str = "111122223333";
const URL: &str = "https://sqs.us-east-1.amazonaws.com/111122223333/q";

fn region() -> Region {
    let region = Region::new(Settings {
        region: "us-east-1".into(),
        account: ACCOUNT.into(),
        folder: "/nonexistent".into(),
        program: "/nonexistent".into(),
    });
    region.install(vec![("sqs", Sqs::new() as Arc<dyn Service>)]);
    region
}

async fn sqs(region: &Region, operation: &str, input: Value) -> Result<Value, AwsError> {
    region.call(&Caller::root(ACCOUNT), "sqs", operation, input).await
}

async fn with_queue(attributes: Value) -> Region {
    let region = region();
    let output = sqs(&region, "CreateQueue", json!({"QueueName": "q", "Attributes": attributes})).await.unwrap();
    assert_eq!(output["QueueUrl"], URL);
    region
}

async fn receive(region: &Region) -> Option<Value> {
    let input = json!({"QueueUrl": URL, "AttributeNames": ["All"], "MessageAttributeNames": ["All"]});
    sqs(region, "ReceiveMessage", input).await.unwrap().pointer("/Messages/0").cloned()
}

async fn send(region: &Region, body: &str) {
    sqs(region, "SendMessage", json!({"QueueUrl": URL, "MessageBody": body})).await.unwrap();
}

fn forward(region: &Region, seconds: i64) {
    region.clock().advance_to(region.clock().now() + SignedDuration::from_secs(seconds));
}

#[tokio::test]
async fn a_message_is_received_with_its_attributes_and_checksums_and_deleted_by_its_handle() {
    let region = with_queue(json!({})).await;
    let sent = sqs(
        &region,
        "SendMessage",
        json!({"QueueUrl": URL, "MessageBody": "hello", "MessageAttributes": {"a": {"DataType": "String", "StringValue": "x"}}}),
    )
    .await
    .unwrap();
    let message = receive(&region).await.unwrap();
    assert_eq!(message["Body"], "hello");
    assert_eq!(message["MD5OfBody"], "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"]);
    assert_eq!(message["Attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(receive(&region).await, None, "in flight");
    let input = json!({"QueueUrl": URL, "ReceiptHandle": message["ReceiptHandle"]});
    sqs(&region, "DeleteMessage", input).await.unwrap();
    forward(&region, 60);
    assert_eq!(receive(&region).await, None);
}

#[tokio::test]
async fn a_message_that_is_not_deleted_comes_back_and_at_last_goes_to_the_dead_letter_queue() {
    let region = region();
    sqs(&region, "CreateQueue", json!({"QueueName": "dead"})).await.unwrap();
    let arn = "arn:aws:sqs:us-east-1:111122223333:dead";
    let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 2}).to_string();
    sqs(&region, "CreateQueue", json!({"QueueName": "q", "Attributes": {"RedrivePolicy": policy}})).await.unwrap();
    send(&region, "poison").await;
    for _ in 0..2 {
        assert!(receive(&region).await.is_some());
        forward(&region, 31);
    }
    assert_eq!(receive(&region).await, None);
    let dead = json!({"QueueUrl": URL.replace("/q", "/dead"), "AttributeNames": ["All"]});
    let output = sqs(&region, "ReceiveMessage", dead).await.unwrap();
    assert_eq!(output["Messages"][0]["Body"], "poison");
    assert_eq!(output["Messages"][0]["Attributes"]["DeadLetterQueueSourceArn"], "arn:aws:sqs:us-east-1:111122223333:q");
}

#[tokio::test]
async fn a_dead_letter_queue_has_to_exist() {
    let policy = json!({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:111122223333:no", "maxReceiveCount": 2}).to_string();
    let input = json!({"QueueName": "q", "Attributes": {"RedrivePolicy": policy}});
    assert_eq!(sqs(&region(), "CreateQueue", input).await.unwrap_err().code, "InvalidParameterValue");
}

#[tokio::test]
async fn retention_delay_and_visibility_follow_the_regions_clock() {
    let region = with_queue(json!({"MessageRetentionPeriod": "60", "DelaySeconds": "10"})).await;
    send(&region, "later").await;
    assert_eq!(receive(&region).await, None);
    forward(&region, 11);
    let message = receive(&region).await.unwrap();
    let input = json!({"QueueUrl": URL, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0});
    sqs(&region, "ChangeMessageVisibility", input).await.unwrap();
    assert!(receive(&region).await.is_some());
    forward(&region, 60);
    assert_eq!(receive(&region).await, None);
}

#[tokio::test]
async fn a_long_poll_ends_with_the_first_message() {
    let region = with_queue(json!({})).await;
    let waiting = sqs(&region, "ReceiveMessage", json!({"QueueUrl": URL, "WaitTimeSeconds": 20}));
    let (received, ()) = tokio::join!(waiting, async {
        tokio::task::yield_now().await;
        send(&region, "now").await;
    });
    assert_eq!(received.unwrap()["Messages"][0]["Body"], "now");
}

#[tokio::test]
async fn creating_a_queue_again_needs_the_same_attributes_and_a_deleted_name_rests_a_minute() {
    let region = with_queue(json!({"VisibilityTimeout": "60"})).await;
    let create = |timeout: &str| json!({"QueueName": "q", "Attributes": {"VisibilityTimeout": timeout}});
    sqs(&region, "CreateQueue", create("60")).await.unwrap();
    assert_eq!(sqs(&region, "CreateQueue", create("61")).await.unwrap_err().code, "QueueNameExists");
    sqs(&region, "DeleteQueue", json!({"QueueUrl": URL})).await.unwrap();
    assert_eq!(sqs(&region, "GetQueueUrl", json!({"QueueName": "q"})).await.unwrap_err().code, "QueueDoesNotExist");
    assert_eq!(sqs(&region, "CreateQueue", create("60")).await.unwrap_err().code, "QueueDeletedRecently");
    forward(&region, 61);
    sqs(&region, "CreateQueue", create("60")).await.unwrap();
}

#[tokio::test]
async fn attributes_have_bounds_and_defaults() {
    let region = with_queue(json!({})).await;
    for (name, value) in [("VisibilityTimeout", "43201"), ("MessageRetentionPeriod", "59"), ("Policy", "no json")] {
        let error = sqs(&region, "SetQueueAttributes", json!({"QueueUrl": URL, "Attributes": {name: value}})).await.unwrap_err();
        assert_eq!(error.code, "InvalidAttributeValue", "{name}");
    }
    send(&region, "x").await;
    let output = sqs(&region, "GetQueueAttributes", json!({"QueueUrl": URL, "AttributeNames": ["All"]})).await.unwrap();
    let attributes = &output["Attributes"];
    assert_eq!(attributes["VisibilityTimeout"], "30");
    assert_eq!(attributes["ApproximateNumberOfMessages"], "1");
    assert_eq!(attributes["SqsManagedSseEnabled"], "true");
    assert_eq!(attributes["QueueArn"], "arn:aws:sqs:us-east-1:111122223333:q");
}

#[tokio::test]
async fn fifo_queues_are_refused_by_name() {
    for input in [json!({"QueueName": "q.fifo"}), json!({"QueueName": "q", "Attributes": {"FifoQueue": "true"}})] {
        assert_eq!(sqs(&region(), "CreateQueue", input).await.unwrap_err().code, "NotImplemented");
    }
}

#[tokio::test]
async fn entries_of_a_batch_fail_one_by_one_and_a_bad_batch_fails_whole() {
    let region = with_queue(json!({"MaximumMessageSize": "1024"})).await;
    let large = "x".repeat(1025);
    let entries = json!([{"Id": "a", "MessageBody": "fine"}, {"Id": "b", "MessageBody": large}]);
    let output = sqs(&region, "SendMessageBatch", json!({"QueueUrl": URL, "Entries": entries})).await.unwrap();
    assert_eq!(output["Successful"][0]["Id"], "a");
    assert_eq!((&output["Failed"][0]["Id"], &output["Failed"][0]["SenderFault"]), (&json!("b"), &json!(true)));
    let entries = json!([{"Id": "a", "MessageBody": "1"}, {"Id": "a", "MessageBody": "2"}]);
    let error = sqs(&region, "SendMessageBatch", json!({"QueueUrl": URL, "Entries": entries})).await.unwrap_err();
    assert_eq!(error.code, "BatchEntryIdsNotDistinct");
}

#[tokio::test]
async fn a_handle_that_is_none_and_a_queue_that_is_none_are_told_apart() {
    let region = with_queue(json!({})).await;
    let error = sqs(&region, "DeleteMessage", json!({"QueueUrl": URL, "ReceiptHandle": "x"})).await.unwrap_err();
    assert_eq!(error.code, "ReceiptHandleIsInvalid");
    let error = sqs(&region, "PurgeQueue", json!({"QueueUrl": URL.replace("/q", "/none")})).await.unwrap_err();
    assert_eq!(error.code, "QueueDoesNotExist");
}

#[tokio::test]
async fn a_message_under_a_key_that_is_gone_is_not_accepted() {
    let region = with_queue(json!({"KmsMasterKeyId": "11111111-1111-1111-1111-111111111111"})).await;
    assert!(sqs(&region, "SendMessage", json!({"QueueUrl": URL, "MessageBody": "x"})).await.is_err());
    assert_eq!(receive(&region).await, None);
}
