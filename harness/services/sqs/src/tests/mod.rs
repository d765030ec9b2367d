mod fifo;
mod move_tasks;

use std::sync::Arc;

use jiff::SignedDuration;
use nightproof_authorization::Authorizer;
use nightproof_core::service::{AwsError, Service};
use nightproof_core::{Caller, Region};
use nightproof_service_iam::Iam;
use nightproof_service_kms::Kms;
use nightproof_service_sts::Sts;
use serde_json::{Value, json};

use crate::records::Sqs;

const ACCOUNT: &str = "111122223333";
const URL: &str = "https://sqs.us-east-1.amazonaws.com/111122223333/q";

fn region() -> Region {
    let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
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

#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("sqs", Sqs::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}

#[tokio::test]
async fn a_sender_that_the_policy_of_the_queues_key_keeps_out_is_refused_in_the_words_of_sqs() {
    let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
    let iam = Iam::new();
    let sts = Sts::new(iam.clone());
    region.set_authorizer(Authorizer::new(iam.clone(), sts.clone()));
    region.install(vec![("iam", iam), ("kms", Kms::new()), ("sqs", Sqs::new()), ("sts", sts)]);
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": root }, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Deny", "Principal": { "AWS": root }, "Action": "kms:GenerateDataKey", "Resource": "*" },
    ]});
    let key = region.call(&Caller::root(ACCOUNT), "kms", "CreateKey", json!({ "Policy": policy.to_string() })).await.unwrap();
    let attributes = json!({ "KmsMasterKeyId": key["KeyMetadata"]["KeyId"] });
    sqs(&region, "CreateQueue", json!({ "QueueName": "q", "Attributes": attributes })).await.unwrap();
    let error = sqs(&region, "SendMessage", json!({ "QueueUrl": URL, "MessageBody": "m" })).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("KmsAccessDenied", 400));
    assert!(error.message.contains("is not authorized to perform: kms:GenerateDataKey"), "{}", error.message);
}

#[tokio::test]
async fn permissions_are_statements_of_the_queues_policy() {
    let region = with_queue(json!({})).await;
    let add = json!({"QueueUrl": URL, "Label": "l", "AWSAccountIds": ["444455556666"], "Actions": ["ReceiveMessage"]});
    sqs(&region, "AddPermission", add.clone()).await.unwrap();
    let policy = async || {
        let input = json!({"QueueUrl": "q", "AttributeNames": ["Policy"]});
        let shown = sqs(&region, "GetQueueAttributes", input).await.unwrap();
        shown["Attributes"]["Policy"].as_str().map(|policy| serde_json::from_str::<Value>(policy).unwrap())
    };
    let statement = json!({"Sid": "l", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
        "Action": "SQS:ReceiveMessage", "Resource": "arn:aws:sqs:us-east-1:111122223333:q"});
    assert_eq!(policy().await.unwrap()["Statement"], json!([statement]));
    let again = sqs(&region, "AddPermission", add).await.unwrap_err();
    assert_eq!(again.message, "Value l for parameter Label is invalid. Reason: Already exists.");
    let remove = json!({"QueueUrl": URL, "Label": "l"});
    sqs(&region, "RemovePermission", remove.clone()).await.unwrap();
    assert_eq!(policy().await, None);
    let gone = sqs(&region, "RemovePermission", remove).await.unwrap_err();
    assert_eq!(gone.message, "Value l for parameter Label is invalid. Reason: can't find label.");
}

#[tokio::test]
async fn a_queue_says_whose_dead_letter_queue_it_is() {
    let region = with_queue(json!({"RedriveAllowPolicy": "{\"redrivePermission\":\"denyAll\"}"})).await;
    let redrive = json!({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:111122223333:q", "maxReceiveCount": 1}).to_string();
    let create = json!({"QueueName": "source", "Attributes": {"RedrivePolicy": redrive}});
    let error = sqs(&region, "CreateQueue", create.clone()).await.unwrap_err();
    assert_eq!(error.code, "InvalidParameterValue", "{error}");
    let source = "arn:aws:sqs:us-east-1:111122223333:source";
    let policy = json!({"redrivePermission": "byQueue", "sourceQueueArns": [source]}).to_string();
    sqs(&region, "SetQueueAttributes", json!({"QueueUrl": URL, "Attributes": {"RedriveAllowPolicy": policy}})).await.unwrap();
    sqs(&region, "CreateQueue", create).await.unwrap();
}

#[tokio::test]
async fn any_handle_of_a_message_changes_its_visibility_and_deletes_it() {
    let region = with_queue(json!({"VisibilityTimeout": "0"})).await;
    send(&region, "m").await;
    let first = receive(&region).await.unwrap()["ReceiptHandle"].clone();
    receive(&region).await.unwrap();
    let hide = json!({"QueueUrl": URL, "ReceiptHandle": first, "VisibilityTimeout": 60});
    sqs(&region, "ChangeMessageVisibility", hide).await.unwrap();
    assert_eq!(receive(&region).await, None);
    sqs(&region, "DeleteMessage", json!({"QueueUrl": URL, "ReceiptHandle": first})).await.unwrap();
    forward(&region, 61);
    assert_eq!(receive(&region).await, None);
}

#[tokio::test]
async fn what_is_done_with_a_queue_is_counted_and_what_is_in_it_is_sampled() {
    use nightproof_core::metrics::Metric;
    let service = Sqs::new();
    let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
    region.install(vec![("sqs", Arc::clone(&service) as Arc<dyn Service>)]);
    sqs(&region, "CreateQueue", json!({"QueueName": "q"})).await.unwrap();
    assert!(receive(&region).await.is_none());
    send(&region, "Hello").await;
    send(&region, "you").await;
    let message = receive(&region).await.unwrap();
    region.metrics().sample(region.clock().now());
    sqs(&region, "DeleteMessage", json!({"QueueUrl": URL, "ReceiptHandle": message["ReceiptHandle"]})).await.unwrap();
    let sum = |name: &'static str| {
        let units = region.metrics().between(&Metric::by(ACCOUNT, "AWS/SQS", name, "QueueName", "q"), 0, i64::MAX);
        units.values().flatten().map(|(_, values)| values.sum()).sum::<f64>()
    };
    for (name, expected) in [
        ("NumberOfEmptyReceives", 1.0),
        ("NumberOfMessagesSent", 2.0),
        ("SentMessageSize", 8.0),
        ("NumberOfMessagesReceived", 1.0),
        ("NumberOfMessagesDeleted", 1.0),
        ("ApproximateNumberOfMessagesVisible", 1.0),
        ("ApproximateNumberOfMessagesNotVisible", 1.0),
        ("ApproximateNumberOfMessagesDelayed", 0.0),
    ] {
        assert_eq!(sum(name), expected, "{name}");
    }
}
