//! FIFO topics.

use serde_json::{Value, json};

use super::World;

const FIFO: &str = "arn:aws:sns:us-east-1:111122223333:nights.fifo";
const QUEUE: &str = "arn:aws:sqs:us-east-1:111122223333:nights.fifo";
const URL: &str = "https://sqs.us-east-1.amazonaws.com/111122223333/nights.fifo";

async fn world(attributes: Value) -> World {
    let world = World::new().await;
    let mut all = json!({ "FifoTopic": "true" });
    all.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    world.ok("sns", "CreateTopic", json!({ "Name": "nights.fifo", "Attributes": all })).await;
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage", "Resource": QUEUE,
    }] });
    let attributes = json!({ "FifoQueue": "true", "Policy": policy.to_string() });
    world.ok("sqs", "CreateQueue", json!({ "QueueName": "nights.fifo", "Attributes": attributes })).await;
    world.ok("sns", "Subscribe", json!({ "TopicArn": FIFO, "Protocol": "sqs", "Endpoint": QUEUE })).await;
    world
}

#[tokio::test]
async fn a_message_keeps_its_group_and_comes_once() {
    let world = world(json!({ "ContentBasedDeduplication": "true" })).await;
    let publish = json!({ "TopicArn": FIFO, "Message": "m", "MessageGroupId": "g" });
    let first = world.ok("sns", "Publish", publish.clone()).await;
    let second = world.ok("sns", "Publish", publish).await;
    assert_eq!(first["SequenceNumber"], "10000000000000000000");
    assert_eq!((&first["SequenceNumber"], &first["MessageId"]), (&second["SequenceNumber"], &second["MessageId"]));
    let input = json!({ "QueueUrl": URL, "MaxNumberOfMessages": 10, "AttributeNames": ["All"] });
    let received = world.ok("sqs", "ReceiveMessage", input).await["Messages"].clone();
    assert_eq!(received.as_array().unwrap().len(), 1);
    assert_eq!(received[0]["Attributes"]["MessageGroupId"], "g");
    let body: Value = serde_json::from_str(received[0]["Body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["SequenceNumber"], &body["Message"]), (&first["SequenceNumber"], &json!("m")));
    assert!(
        body.get("Signature").is_none() && body.get("SigningCertURL").is_none(),
        "messages of FIFO topics are not signed: {body}"
    );
}

#[tokio::test]
async fn what_a_fifo_topic_asks_for_is_missed_in_the_words_of_sns() {
    let world = world(json!({})).await;
    let batch = json!({ "TopicArn": FIFO, "PublishBatchRequestEntries": [{ "Id": "1", "Message": "m" }] });
    let no_group = "Invalid parameter: The MessageGroupId parameter is required for FIFO topics";
    assert!(world.refused("PublishBatch", batch).await.ends_with(no_group));
    assert!(world.refused("Publish", json!({ "TopicArn": FIFO, "Message": "m" })).await.ends_with(no_group));
    let publish = json!({ "TopicArn": FIFO, "Message": "m", "MessageGroupId": "g" });
    assert!(world.refused("Publish", publish).await.contains("The topic should either have ContentBasedDeduplication enabled"));
    let standard = json!({ "TopicArn": super::TOPIC, "Protocol": "sqs", "Endpoint": QUEUE });
    assert!(world.refused("Subscribe", standard).await.contains("FIFO SQS Queues can not be subscribed to standard SNS topics"));
    for (name, attributes) in [("a.fifo", json!({})), ("a", json!({ "FifoTopic": "true" }))] {
        assert!(world.refused("CreateTopic", json!({ "Name": name, "Attributes": attributes })).await.ends_with("Topic Name"));
    }
}
