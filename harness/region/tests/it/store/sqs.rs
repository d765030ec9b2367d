//! What SQS does, wherever its messages are. Times are the embedded one's alone to follow the region's clock.

use serde_json::{Value, json};

use super::Lab;

/// The URL of the queue `q`.
fn url(lab: &Lab) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{}/q", lab.root.account)
}

async fn with_queue(attributes: Value) -> Lab {
    let lab = Lab::new().await;
    let output = lab.sqs("CreateQueue", json!({"QueueName": "q", "Attributes": attributes})).await.unwrap();
    assert_eq!(output["QueueUrl"], url(&lab));
    lab
}

async fn receive(lab: &Lab) -> Option<Value> {
    let input = json!({"QueueUrl": url(lab), "AttributeNames": ["All"], "MessageAttributeNames": ["All"]});
    lab.sqs("ReceiveMessage", input).await.unwrap().pointer("/Messages/0").cloned()
}

async fn send(lab: &Lab, body: &str) {
    lab.sqs("SendMessage", json!({"QueueUrl": url(lab), "MessageBody": body})).await.unwrap();
}

#[tokio::test]
async fn a_dead_letter_queue_has_to_exist() {
    let policy = json!({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:111122223333:no", "maxReceiveCount": 2}).to_string();
    let input = json!({"QueueName": "q", "Attributes": {"RedrivePolicy": policy}});
    assert_eq!(Lab::new().await.sqs("CreateQueue", input).await.unwrap_err().code, "InvalidParameterValue");
}

#[tokio::test]
async fn a_long_poll_ends_with_the_first_message() {
    let lab = with_queue(json!({})).await;
    let waiting = lab.sqs("ReceiveMessage", json!({"QueueUrl": url(&lab), "WaitTimeSeconds": 20}));
    let (received, ()) = tokio::join!(waiting, async {
        tokio::task::yield_now().await;
        send(&lab, "now").await;
    });
    assert_eq!(received.unwrap()["Messages"][0]["Body"], "now");
}

#[tokio::test]
async fn attributes_have_bounds_and_defaults() {
    let lab = with_queue(json!({})).await;
    for (name, value) in [("VisibilityTimeout", "43201"), ("MessageRetentionPeriod", "59"), ("Policy", "no json")] {
        let error = lab.sqs("SetQueueAttributes", json!({"QueueUrl": url(&lab), "Attributes": {name: value}})).await.unwrap_err();
        assert_eq!(error.code, "InvalidAttributeValue", "{name}");
    }
    send(&lab, "x").await;
    let output = lab.sqs("GetQueueAttributes", json!({"QueueUrl": url(&lab), "AttributeNames": ["All"]})).await.unwrap();
    let attributes = &output["Attributes"];
    assert_eq!(attributes["VisibilityTimeout"], "30");
    assert_eq!(attributes["ApproximateNumberOfMessages"], "1");
    assert_eq!(attributes["SqsManagedSseEnabled"], "true");
    assert_eq!(attributes["QueueArn"], format!("arn:aws:sqs:us-east-1:{}:q", lab.root.account));
}

#[tokio::test]
async fn entries_of_a_batch_fail_one_by_one_and_a_bad_batch_fails_whole() {
    let lab = with_queue(json!({"MaximumMessageSize": "1024"})).await;
    let large = "x".repeat(1025);
    let entries = json!([{"Id": "a", "MessageBody": "fine"}, {"Id": "b", "MessageBody": large}]);
    let output = lab.sqs("SendMessageBatch", json!({"QueueUrl": url(&lab), "Entries": entries})).await.unwrap();
    assert_eq!(output["Successful"][0]["Id"], "a");
    assert_eq!((&output["Failed"][0]["Id"], &output["Failed"][0]["SenderFault"]), (&json!("b"), &json!(true)));
    let entries = json!([{"Id": "a", "MessageBody": "1"}, {"Id": "a", "MessageBody": "2"}]);
    let error = lab.sqs("SendMessageBatch", json!({"QueueUrl": url(&lab), "Entries": entries})).await.unwrap_err();
    assert_eq!(error.code, "BatchEntryIdsNotDistinct");
}

#[tokio::test]
async fn a_handle_that_is_none_and_a_queue_that_is_none_are_told_apart() {
    let lab = with_queue(json!({})).await;
    let error = lab.sqs("DeleteMessage", json!({"QueueUrl": url(&lab), "ReceiptHandle": "x"})).await.unwrap_err();
    assert_eq!(error.code, "ReceiptHandleIsInvalid");
    let error = lab.sqs("PurgeQueue", json!({"QueueUrl": url(&lab).replace("/q", "/none")})).await.unwrap_err();
    assert_eq!(error.code, "QueueDoesNotExist");
}

#[tokio::test]
async fn a_message_under_a_key_that_is_gone_is_not_accepted() {
    let lab = with_queue(json!({"KmsMasterKeyId": "11111111-1111-1111-1111-111111111111"})).await;
    assert!(lab.sqs("SendMessage", json!({"QueueUrl": url(&lab), "MessageBody": "x"})).await.is_err());
    assert_eq!(receive(&lab).await, None);
}

#[tokio::test]
async fn a_queue_is_found_by_its_tags() {
    let lab = with_queue(json!({})).await;
    lab.sqs("TagQueue", json!({"QueueUrl": url(&lab), "Tags": {"team": "a"}})).await.unwrap();
    let answer = lab.region().call(&lab.root, "tagging", "GetResources", json!({"ResourceTypeFilters": ["sqs"]})).await.unwrap();
    let [one] = answer["ResourceTagMappingList"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!(one["Tags"], json!([{"Key": "team", "Value": "a"}]));
    assert!(one["ResourceARN"].as_str().unwrap().ends_with(&format!(":{}:q", lab.root.account)), "{one}");
}
