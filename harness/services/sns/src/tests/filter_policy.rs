//! Filter policies and dead-letter queues of subscriptions.

use serde_json::{Value, json};

use super::{TOPIC, World};

fn publish(text: &str, attributes: Value) -> Value {
    json!({ "TopicArn": TOPIC, "Message": text, "MessageAttributes": attributes })
}

fn kind(value: &str) -> Value {
    json!({ "kind": { "DataType": "String", "StringValue": value } })
}

#[tokio::test]
async fn a_subscription_gets_the_messages_of_its_filter_policy() {
    let world = World::new().await;
    world.open_queue().await;
    let policy = json!({ "kind": ["failed", { "prefix": "late-" }] }).to_string();
    let arn = world.subscribe(json!({ "RawMessageDelivery": "true", "FilterPolicy": policy })).await;
    for (text, attributes) in [("1", kind("late-1")), ("2", kind("ok")), ("3", json!({})), ("4", kind("failed"))] {
        world.ok("sns", "Publish", publish(text, attributes)).await;
    }
    let bodies = async || {
        let mut bodies = Vec::new();
        while let [message] = world.received().await.as_slice() {
            bodies.push(message["Body"].as_str().unwrap().to_owned());
        }
        bodies
    };
    assert_eq!(bodies().await, ["1", "4"]);
    assert_eq!(world.told()[1].1[0].outcome, "not sent: the filter policy is for other messages");
    let shown = world.ok("sns", "GetSubscriptionAttributes", json!({ "SubscriptionArn": arn })).await["Attributes"].clone();
    assert_eq!((&shown["FilterPolicyScope"], &shown["FilterPolicy"]), (&json!("MessageAttributes"), &json!(policy)));

    let set = |name: &str, value: &str| json!({ "SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value });
    world.ok("sns", "SetSubscriptionAttributes", set("FilterPolicyScope", "MessageBody")).await;
    world.ok("sns", "Publish", publish("{\"kind\":\"failed\"}", json!({}))).await;
    world.ok("sns", "Publish", publish("no JSON", kind("failed"))).await;
    assert_eq!(bodies().await, ["{\"kind\":\"failed\"}"]);
    world.ok("sns", "SetSubscriptionAttributes", set("FilterPolicy", "")).await;
    world.ok("sns", "Publish", publish("no JSON", json!({}))).await;
    assert_eq!(bodies().await, ["no JSON"]);
}

#[tokio::test]
async fn a_wrong_attribute_of_a_subscription_is_refused_in_the_words_of_sns() {
    let world = World::new().await;
    let arn = world.subscribe(json!({})).await;
    let set = |name: &str, value: &str| json!({ "SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value });
    for (name, value, says) in [
        (
            "FilterPolicyScope",
            "x",
            "Invalid parameter: FilterPolicyScope: Invalid value [x]. Please use either MessageBody or MessageAttributes",
        ),
        (
            "FilterPolicy",
            "{\"a\":{\"b\":[1]}}",
            "Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy",
        ),
        (
            "FilterPolicy",
            "{\"key_a\":\"v\"}",
            "Invalid parameter: FilterPolicy: \"key_a\" must be an object or an array\n at [Source",
        ),
        ("RawMessageDelivery", "x", "Invalid parameter: RawMessageDelivery: Invalid value [x]. Must be true or false."),
        (
            "RedrivePolicy",
            "{\"deadLetterTargetArn\":\"x\"}",
            "Invalid parameter: RedrivePolicy: deadLetterTargetArn is an invalid arn",
        ),
    ] {
        let refused = world.refused("SetSubscriptionAttributes", set(name, value)).await;
        assert!(refused.contains(says), "{refused}");
    }
}

#[tokio::test]
async fn what_an_endpoint_does_not_take_goes_to_the_dead_letter_queue_of_its_subscription() {
    let world = World::new().await;
    let (dead, url) = ("arn:aws:sqs:us-east-1:111122223333:dead", "https://sqs.us-east-1.amazonaws.com/111122223333/dead");
    world.ok("sqs", "CreateQueue", json!({ "QueueName": "dead" })).await;
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage", "Resource": dead,
    }] });
    world.ok("sqs", "SetQueueAttributes", json!({ "QueueUrl": url, "Attributes": { "Policy": policy.to_string() } })).await;
    let redrive = json!({ "deadLetterTargetArn": dead }).to_string();
    world.subscribe(json!({ "RawMessageDelivery": "true", "RedrivePolicy": redrive })).await;
    world.ok("sns", "Publish", publish("m", json!({}))).await;
    let received = world.ok("sqs", "ReceiveMessage", json!({ "QueueUrl": url })).await;
    assert_eq!(received["Messages"][0]["Body"], "m");
    assert!(world.told()[0].1[0].outcome.contains("put into the dead-letter queue"), "{:?}", world.told());
}
