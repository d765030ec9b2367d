//! FIFO queues.

use nightproof_core::Region;
use serde_json::{Value, json};

use super::{forward, region, sqs};

const FIFO: &str = "https://sqs.us-east-1.amazonaws.com/111122223333/q.fifo";

async fn with_fifo(more: Value) -> Region {
    let region = region();
    let mut attributes = json!({"FifoQueue": "True"});
    attributes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sqs(&region, "CreateQueue", json!({"QueueName": "q.fifo", "Attributes": attributes})).await.unwrap();
    region
}

async fn send(region: &Region, body: &str, group: &str) -> Value {
    let input = json!({"QueueUrl": FIFO, "MessageBody": body, "MessageGroupId": group});
    sqs(region, "SendMessage", input).await.unwrap()
}

async fn receive(region: &Region, most: u8) -> Vec<Value> {
    let input = json!({"QueueUrl": FIFO, "MaxNumberOfMessages": most, "AttributeNames": ["All"]});
    let received = sqs(region, "ReceiveMessage", input).await.unwrap();
    received["Messages"].as_array().cloned().unwrap_or_default()
}

fn bodies(messages: &[Value]) -> Vec<&str> {
    messages.iter().filter_map(|message| message["Body"].as_str()).collect()
}

async fn delete(region: &Region, message: &Value) {
    sqs(region, "DeleteMessage", json!({"QueueUrl": FIFO, "ReceiptHandle": message["ReceiptHandle"]})).await.unwrap();
}

#[tokio::test]
async fn messages_of_a_group_come_in_order_and_none_while_one_is_worked_on() {
    let region = with_fifo(json!({"ContentBasedDeduplication": "true"})).await;
    for (body, group) in [("a1", "a"), ("b1", "b"), ("a2", "a"), ("a3", "a")] {
        send(&region, body, group).await;
    }
    let first = receive(&region, 2).await;
    assert_eq!(bodies(&first), ["a1", "a2"]);
    assert_eq!(bodies(&receive(&region, 10).await), ["b1"], "the group a waits");
    delete(&region, &first[0]).await;
    assert!(receive(&region, 10).await.is_empty(), "a2 is still worked on");
    delete(&region, &first[1]).await;
    assert_eq!(bodies(&receive(&region, 10).await), ["a3"]);
    forward(&region, 31);
    assert_eq!(bodies(&receive(&region, 10).await), ["b1", "a3"], "the group that was received from last comes last");
}

#[tokio::test]
async fn a_message_that_is_sent_twice_within_five_minutes_is_one() {
    let region = with_fifo(json!({"ContentBasedDeduplication": "true"})).await;
    let first = send(&region, "same", "a").await;
    forward(&region, 299);
    let second = send(&region, "same", "b").await;
    assert_eq!((&first["MessageId"], &first["SequenceNumber"]), (&second["MessageId"], &second["SequenceNumber"]));
    assert_eq!(receive(&region, 10).await.len(), 1);
    forward(&region, 2);
    let third = send(&region, "same", "b").await;
    assert!(third["SequenceNumber"].as_str() > first["SequenceNumber"].as_str());
}

#[tokio::test]
async fn deduplication_may_be_of_each_group() {
    let region = with_fifo(json!({"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"})).await;
    for group in ["a", "b", "a"] {
        let input = json!({"QueueUrl": FIFO, "MessageBody": "x", "MessageGroupId": group, "MessageDeduplicationId": "id"});
        sqs(&region, "SendMessage", input).await.unwrap();
    }
    let received = receive(&region, 10).await;
    assert_eq!(received.len(), 2);
    assert_eq!(received[0]["Attributes"]["MessageDeduplicationId"], "id");
    assert_eq!(received[0]["Attributes"]["MessageGroupId"], "a");
}

#[tokio::test]
async fn what_a_fifo_queue_cannot_have_is_refused_in_the_words_of_sqs() {
    let region = with_fifo(json!({})).await;
    let send = |more: Value| {
        let mut input = json!({"QueueUrl": FIFO, "MessageBody": "x"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        sqs(&region, "SendMessage", input)
    };
    for (more, code, message) in [
        (json!({"MessageDeduplicationId": "1"}), "MissingParameter", "The request must contain the parameter MessageGroupId."),
        (
            json!({"MessageGroupId": "g"}),
            "InvalidParameterValue",
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        ),
        (
            json!({"MessageGroupId": "g", "MessageDeduplicationId": "1", "DelaySeconds": 2}),
            "InvalidParameterValue",
            "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.",
        ),
        (
            json!({"MessageGroupId": "a b", "MessageDeduplicationId": "1"}),
            "InvalidParameterValue",
            "Value a b for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
        ),
    ] {
        let error = send(more).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.message.as_str()), (code, message));
    }
    let create =
        |name: &str, attributes: Value| sqs(&region, "CreateQueue", json!({"QueueName": name, "Attributes": attributes}));
    for (name, attributes, code) in [
        ("x.fifo", json!({}), "InvalidParameterValue"),
        ("x", json!({"FifoQueue": "true"}), "InvalidParameterValue"),
        ("x", json!({"ContentBasedDeduplication": "true"}), "InvalidAttributeName"),
        ("x", json!({"DeduplicationScope": "queue"}), "InvalidAttributeName"),
    ] {
        assert_eq!(create(name, attributes.clone()).await.unwrap_err().code, code, "{name} {attributes}");
    }
    let set = sqs(&region, "SetQueueAttributes", json!({"QueueUrl": FIFO, "Attributes": {"FifoQueue": "false"}})).await;
    assert_eq!(set.unwrap_err().code, "InvalidAttributeValue");
}

#[tokio::test]
async fn a_handle_of_a_message_that_can_be_received_again_deletes_nothing() {
    let region = with_fifo(json!({"ContentBasedDeduplication": "true"})).await;
    send(&region, "m", "g").await;
    let taken = receive(&region, 1).await.remove(0);
    forward(&region, 31);
    let input = json!({"QueueUrl": FIFO, "ReceiptHandle": taken["ReceiptHandle"]});
    let error = sqs(&region, "DeleteMessage", input).await.unwrap_err();
    assert!(error.message.ends_with("Reason: The receipt handle has expired."), "{error}");
}

#[tokio::test]
async fn a_batch_with_an_entry_without_a_group_is_refused_whole() {
    let region = with_fifo(json!({"ContentBasedDeduplication": "true"})).await;
    let entries = json!([{"Id": "1", "MessageBody": "a", "MessageGroupId": "g"}, {"Id": "2", "MessageBody": "b"}]);
    let error = sqs(&region, "SendMessageBatch", json!({"QueueUrl": FIFO, "Entries": entries})).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("InvalidParameterValue", 400));
    assert!(receive(&region, 10).await.is_empty());
}
