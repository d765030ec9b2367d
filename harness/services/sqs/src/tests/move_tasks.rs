//! Moving messages out of dead-letter queues.

use std::time::Duration;

use jiff::SignedDuration;
use nightproof_core::Region;
use serde_json::{Value, json};

use super::{region, sqs};

const DEAD: &str = "arn:aws:sqs:us-east-1:111122223333:dead";

fn url(name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/111122223333/{name}")
}

/// The queue `q`, and two messages that it has given up.
async fn given_up() -> Region {
    let region = region();
    let policy = json!({"deadLetterTargetArn": DEAD, "maxReceiveCount": 1}).to_string();
    sqs(&region, "CreateQueue", json!({"QueueName": "dead"})).await.unwrap();
    let attributes = json!({"RedrivePolicy": policy, "VisibilityTimeout": "0"});
    sqs(&region, "CreateQueue", json!({"QueueName": "q", "Attributes": attributes})).await.unwrap();
    for body in ["a", "b"] {
        sqs(&region, "SendMessage", json!({"QueueUrl": "q", "MessageBody": body})).await.unwrap();
    }
    for _ in 0..3 {
        sqs(&region, "ReceiveMessage", json!({"QueueUrl": url("q"), "MaxNumberOfMessages": 10})).await.unwrap();
    }
    region
}

async fn task(region: &Region) -> Value {
    sqs(region, "ListMessageMoveTasks", json!({"SourceArn": DEAD})).await.unwrap()["Results"][0].clone()
}

async fn until(region: &Region, status: &str) -> Value {
    let bound = Duration::from_secs(20);
    let seen = nightproof_poll::until(bound, || async {
        let task = task(region).await;
        if task["Status"] == status { Ok(task) } else { Err(task) }
    });
    seen.await.unwrap_or_else(|task| panic!("{status} not seen: {task}"))
}

#[tokio::test]
async fn messages_go_back_to_where_they_came_from_as_new_ones() {
    let region = given_up().await;
    let started = sqs(&region, "StartMessageMoveTask", json!({"SourceArn": DEAD})).await.unwrap();
    assert!(started["TaskHandle"].is_string());
    let done = until(&region, "COMPLETED").await;
    assert_eq!((&done["ApproximateNumberOfMessagesMoved"], done.get("TaskHandle")), (&json!(2), None));
    let input = json!({"QueueUrl": url("q"), "MaxNumberOfMessages": 10, "AttributeNames": ["ApproximateReceiveCount"]});
    let messages = sqs(&region, "ReceiveMessage", input).await.unwrap()["Messages"].clone();
    assert_eq!(messages.as_array().unwrap().len(), 2);
    assert_eq!(messages[0]["Attributes"]["ApproximateReceiveCount"], "1");
}

#[tokio::test]
async fn a_slow_task_is_cancelled_and_leaves_the_rest() {
    let region = given_up().await;
    sqs(&region, "CreateQueue", json!({"QueueName": "elsewhere"})).await.unwrap();
    let elsewhere = "arn:aws:sqs:us-east-1:111122223333:elsewhere";
    let input = json!({"SourceArn": DEAD, "DestinationArn": elsewhere, "MaxNumberOfMessagesPerSecond": 1});
    let handle = sqs(&region, "StartMessageMoveTask", input.clone()).await.unwrap()["TaskHandle"].clone();
    let again = sqs(&region, "StartMessageMoveTask", input).await.unwrap_err();
    assert!(again.message.starts_with("There is already a task running."), "{again}");
    sqs(&region, "CancelMessageMoveTask", json!({"TaskHandle": handle})).await.unwrap();
    region.clock().advance_to(region.clock().now() + SignedDuration::from_secs(2));
    let ended = until(&region, "CANCELLED").await;
    assert!(ended["ApproximateNumberOfMessagesMoved"].as_u64() < Some(2), "{ended}");
}

#[tokio::test]
async fn a_task_without_its_queues_is_refused() {
    let region = given_up().await;
    for (operation, input, message) in [
        (
            "StartMessageMoveTask",
            json!({"SourceArn": "arn:aws:sqs:us-east-1:111122223333:q"}),
            "Source queue must be configured as a Dead Letter Queue.",
        ),
        (
            "StartMessageMoveTask",
            json!({"SourceArn": DEAD, "DestinationArn": "arn:aws:sqs:us-east-1:111122223333:x"}),
            "The resource that you specified for the DestinationArn parameter doesn't exist.",
        ),
        ("CancelMessageMoveTask", json!({"TaskHandle": "x"}), "Value for parameter TaskHandle is invalid."),
    ] {
        assert_eq!(sqs(&region, operation, input).await.unwrap_err().message, message);
    }
}
