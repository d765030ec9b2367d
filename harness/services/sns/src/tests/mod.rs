mod fifo;
mod filter_policy;
mod http_endpoints;
mod mobile;
mod signatures;
mod subscriptions;

use nightproof_authorization::Authorizer;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use nightproof_journal::{Event, Recipient};
use nightproof_service_iam::Iam;
use nightproof_service_sqs::Sqs;
use nightproof_service_sts::Sts;
use serde_json::{Value, json};

use crate::records::Sns;

const ACCOUNT: &str = "111122223333";
const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:alarms";
const QUEUE: &str = "arn:aws:sqs:us-east-1:111122223333:ears";
const URL: &str = "https://sqs.us-east-1.amazonaws.com/111122223333/ears";
const RULE: &str = "arn:aws:events:us-east-1:111122223333:rule/failed";

/// A region whose policies are in force, with a topic and a queue.
struct World {
    region: Region,
}

impl World {
    async fn new() -> Self {
        let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
        let iam = Iam::new();
        let sts = Sts::new(iam.clone());
        region.set_authorizer(Authorizer::new(iam.clone(), sts.clone()));
        region.install(vec![("iam", iam), ("sns", Sns::new()), ("sqs", Sqs::new()), ("sts", sts)]);
        let world = Self { region };
        world.ok("sns", "CreateTopic", json!({ "Name": "alarms" })).await;
        world.ok("sqs", "CreateQueue", json!({ "QueueName": "ears" })).await;
        world
    }

    async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), service, operation, input).await
    }

    async fn ok(&self, service: &str, operation: &str, input: Value) -> Value {
        self.call(service, operation, input).await.unwrap()
    }

    async fn refused(&self, operation: &str, input: Value) -> String {
        let error = self.call("sns", operation, input).await.unwrap_err();
        format!("{}: {}", error.code, error.message)
    }

    /// The queue's policy lets the topic in.
    async fn open_queue(&self) {
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage", "Resource": QUEUE,
            "Condition": { "ArnEquals": { "aws:SourceArn": TOPIC } },
        }] });
        self.ok("sqs", "SetQueueAttributes", json!({ "QueueUrl": URL, "Attributes": { "Policy": policy.to_string() } })).await;
    }

    async fn subscribe(&self, attributes: Value) -> Value {
        let input = json!({ "TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE, "Attributes": attributes });
        self.ok("sns", "Subscribe", input).await["SubscriptionArn"].clone()
    }

    /// What the service `name` gets for publishing on behalf of `arn`.
    async fn publish_as(&self, name: &str, arn: &str) -> Result<Value, AwsError> {
        let caller = Caller::service(ACCOUNT, name).acting_for(arn);
        self.region.call(&caller, "sns", "Publish", json!({ "TopicArn": TOPIC, "Message": "m" })).await
    }

    async fn allow(&self, statement: Value) {
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        let input = json!({ "TopicArn": TOPIC, "AttributeName": "Policy", "AttributeValue": policy });
        self.ok("sns", "SetTopicAttributes", input).await;
    }

    async fn received(&self) -> Vec<Value> {
        let answer = self.ok("sqs", "ReceiveMessage", json!({ "QueueUrl": URL, "MessageAttributeNames": ["All"] })).await;
        answer["Messages"].as_array().cloned().unwrap_or_default()
    }

    /// What each message is, and who got it.
    fn told(&self) -> Vec<(String, Vec<Recipient>)> {
        let records = self.region.journal().records().into_iter();
        records
            .filter_map(|record| if let Event::Notification { what, to, .. } = record.event { Some((what, to)) } else { None })
            .collect()
    }
}

#[tokio::test]
async fn a_queue_gets_the_message_in_an_envelope() {
    let world = World::new().await;
    world.open_queue().await;
    let subscription = world.subscribe(json!({})).await;
    let attributes = json!({ "night": { "DataType": "Number", "StringValue": "1" } });
    let input = json!({ "TopicArn": TOPIC, "Message": "it failed", "Subject": "backup", "MessageAttributes": attributes });
    let id = world.ok("sns", "Publish", input).await["MessageId"].clone();
    let received = world.received().await;
    let body: Value = serde_json::from_str(received[0]["Body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["Type"], &body["MessageId"], &body["TopicArn"]), (&json!("Notification"), &id, &json!(TOPIC)));
    assert_eq!((&body["Subject"], &body["Message"]), (&json!("backup"), &json!("it failed")));
    assert_eq!(body["MessageAttributes"], json!({ "night": { "Type": "Number", "Value": "1" } }));
    assert!(body["UnsubscribeURL"].as_str().unwrap().ends_with(subscription.as_str().unwrap()), "{body}");
    assert_eq!(world.told()[0].0, "backup");
    assert_eq!(world.told()[0].1[0].outcome, "delivered");
}

#[tokio::test]
async fn attributes_count_into_the_size_of_a_message_by_their_names_types_and_values() {
    let world = World::new().await;
    let publish = |length: usize| {
        let attributes =
            json!({ "a": { "DataType": "String", "StringValue": "x" }, "b": { "DataType": "Binary", "BinaryValue": "AQI=" } });
        json!({ "TopicArn": TOPIC, "Message": "m".repeat(length), "MessageAttributes": attributes })
    };
    let most = 256 * 1024 - "aStringx".len() - "bBinary".len() - 2;
    world.ok("sns", "Publish", publish(most)).await;
    assert!(world.refused("Publish", publish(most + 1)).await.contains("Message too long"));
}

#[tokio::test]
async fn a_batch_delivers_its_good_messages_and_lists_the_others() {
    let world = World::new().await;
    world.open_queue().await;
    world.subscribe(json!({ "RawMessageDelivery": "true" })).await;
    let batch = |entries: Vec<Value>| json!({ "TopicArn": TOPIC, "PublishBatchRequestEntries": entries });
    let entry = |id: &str, text: &str| json!({ "Id": id, "Message": text });
    let sent = world.ok("sns", "PublishBatch", batch(vec![entry("a", "one"), entry("b", ""), entry("c", "two")])).await;
    let ids = |list: &Value| list.as_array().unwrap().iter().map(|one| one["Id"].clone()).collect::<Vec<_>>();
    assert_eq!((ids(&sent["Successful"]), ids(&sent["Failed"])), (vec![json!("a"), json!("c")], vec![json!("b")]));
    assert_eq!(sent["Failed"][0]["Message"], "Invalid parameter: Empty message");
    let input = json!({ "QueueUrl": URL, "MaxNumberOfMessages": 10 });
    let received = world.ok("sqs", "ReceiveMessage", input).await["Messages"].clone();
    assert_eq!(received.as_array().map(Vec::len), Some(2), "{received}");
    let long = "x".repeat(128 * 1024 + 1);
    let many: Vec<Value> = (0..11).map(|number| entry(&number.to_string(), "m")).collect();
    for (entries, refusal) in [
        (Vec::new(), "EmptyBatchRequestException"),
        (many, "TooManyEntriesInBatchRequestException"),
        (vec![entry("a", "m"), entry("a", "m")], "BatchEntryIdsNotDistinctException"),
        (vec![entry("a b", "m")], "InvalidBatchEntryIdException"),
        (vec![entry("a", &long), entry("b", &long)], "BatchRequestTooLongException"),
    ] {
        let refused = world.refused("PublishBatch", batch(entries)).await;
        assert!(refused.starts_with(refusal), "{refused}");
    }
    assert_eq!(world.told().len(), 2, "nothing of a refused batch is published");
    let journal = serde_json::to_string(&world.region.journal().records()).unwrap();
    assert!(!journal.contains(&long[..1024]), "messages are not journaled");
}

#[tokio::test]
async fn a_raw_message_is_the_text_and_its_attributes_are_the_queues() {
    let world = World::new().await;
    world.open_queue().await;
    let arn = world.subscribe(json!({ "RawMessageDelivery": "true" })).await;
    let attributes = json!({ "night": { "DataType": "String", "StringValue": "first" } });
    let message = json!({ "default": "for others", "sqs": "for queues" }).to_string();
    let input = json!({ "TopicArn": TOPIC, "Message": message, "MessageStructure": "json", "MessageAttributes": attributes });
    world.ok("sns", "Publish", input).await;
    let received = world.received().await;
    assert_eq!(received[0]["Body"], "for queues");
    assert_eq!(received[0]["MessageAttributes"]["night"]["StringValue"], "first");
    let input = json!({ "SubscriptionArn": arn, "AttributeName": "RawMessageDelivery", "AttributeValue": "false" });
    world.ok("sns", "SetSubscriptionAttributes", input).await;
    let attributes = world.ok("sns", "GetSubscriptionAttributes", json!({ "SubscriptionArn": arn })).await;
    assert_eq!(attributes["Attributes"]["RawMessageDelivery"], "false");
}

#[tokio::test]
async fn a_queue_whose_policy_does_not_name_sns_gets_nothing_and_the_journal_says_so() {
    let world = World::new().await;
    world.subscribe(json!({})).await;
    world.ok("sns", "Publish", json!({ "TopicArn": TOPIC, "Message": "m" })).await;
    assert!(world.received().await.is_empty());
    let (_, to) = world.told().remove(0);
    assert!(to[0].outcome.starts_with("not delivered: ") && to[0].outcome.contains("sqs:sendmessage"), "{to:?}");
}

#[tokio::test]
async fn a_mailbox_gets_nothing_until_its_reader_has_confirmed() {
    let world = World::new().await;
    let input = json!({ "TopicArn": TOPIC, "Protocol": "email", "Endpoint": "me@example.com" });
    assert_eq!(world.ok("sns", "Subscribe", input).await["SubscriptionArn"], "pending confirmation");
    let listed = world.ok("sns", "ListSubscriptionsByTopic", json!({ "TopicArn": TOPIC })).await;
    assert_eq!(listed["Subscriptions"][0]["SubscriptionArn"], "PendingConfirmation");
    let of_topic = async || world.ok("sns", "GetTopicAttributes", json!({ "TopicArn": TOPIC })).await["Attributes"].clone();
    assert_eq!(of_topic().await["SubscriptionsPending"], "1");
    world.ok("sns", "Publish", json!({ "TopicArn": TOPIC, "Message": "m" })).await;
    let told = world.told();
    let token = told[0].0.rsplit_once("token ").unwrap().1.trim_end_matches(')');
    assert_eq!(told[1].1[0].outcome, "not sent: the subscription is not confirmed");
    assert!(
        world
            .refused("ConfirmSubscription", json!({ "TopicArn": TOPIC, "Token": "abc123" }))
            .await
            .contains("Invalid parameter: Token")
    );
    let arn =
        world.ok("sns", "ConfirmSubscription", json!({ "TopicArn": TOPIC, "Token": token })).await["SubscriptionArn"].clone();
    world.ok("sns", "Publish", json!({ "TopicArn": TOPIC, "Message": "m" })).await;
    assert_eq!(world.told()[2].1[0].outcome, "would be sent");
    world.ok("sns", "Unsubscribe", json!({ "SubscriptionArn": arn })).await;
    assert_eq!(of_topic().await["SubscriptionsDeleted"], "1");
}

#[tokio::test]
async fn a_new_topic_lets_alarms_of_its_account_publish_and_eventbridge_not() {
    let world = World::new().await;
    world.publish_as("cloudwatch.amazonaws.com", "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a").await.unwrap();
    let error = world.publish_as("events.amazonaws.com", RULE).await.unwrap_err();
    assert!(error.message.contains("Service: events.amazonaws.com is not authorized to perform: sns:Publish"), "{error}");
    assert_eq!(world.told().len(), 1);
}

#[tokio::test]
async fn a_condition_in_a_topics_policy_keeps_eventbridge_out() {
    let world = World::new().await;
    let mut statement = json!({ "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" }, "Action": "sns:Publish", "Resource": TOPIC });
    world.allow(statement.clone()).await;
    world.publish_as("events.amazonaws.com", RULE).await.unwrap();
    world.publish_as("cloudwatch.amazonaws.com", "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a").await.unwrap_err();
    for condition in
        [json!({ "ArnEquals": { "aws:SourceArn": RULE } }), json!({ "StringEquals": { "aws:SourceAccount": ACCOUNT } })]
    {
        statement["Condition"] = condition;
        world.allow(statement.clone()).await;
        world.publish_as("events.amazonaws.com", RULE).await.unwrap_err();
    }
    statement["Principal"] = json!({ "Service": "cloudwatch.amazonaws.com" });
    world.allow(statement).await;
    world.publish_as("cloudwatch.amazonaws.com", "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a").await.unwrap();
}

#[tokio::test]
async fn what_is_not_done_or_not_valid_is_said() {
    let world = World::new().await;
    let subscribe = |protocol: &str, endpoint: &str| json!({ "TopicArn": TOPIC, "Protocol": protocol, "Endpoint": endpoint });
    for (input, says) in [
        (subscribe("firehose", "arn:aws:firehose:us-east-1:111122223333:deliverystream/s"), "NotImplemented"),
        (subscribe("http", "https://example.com"), "Endpoint must match the specified protocol"),
        (subscribe("lambda", "ears"), "Lambda endpoint ARN"),
        (subscribe("application", "ears"), "Application endpoint arn invalid"),
        (subscribe("pigeon", "home"), "Amazon SNS does not support this protocol string: pigeon"),
        (subscribe("sqs", "ears"), "SQS endpoint ARN"),
        (subscribe("email", "nobody"), "Email address"),
    ] {
        let refused = world.refused("Subscribe", input).await;
        assert!(refused.contains(says), "{refused}");
    }
    let publish = |text: &str, subject: &str| json!({ "TopicArn": TOPIC, "Message": text, "Subject": subject });
    for (input, says) in [
        (publish("", "s"), "Empty message"),
        (publish(&"x".repeat(256 * 1024 + 1), "s"), "Message too long"),
        (publish("m", "two\nlines"), "Subject"),
        (json!({ "Message": "m" }), "TopicArn or TargetArn"),
        (json!({ "Message": "m", "TopicArn": format!("{TOPIC}-2") }), "Topic does not exist"),
        (json!({ "Message": "m", "PhoneNumber": "+1a234" }), "PhoneNumber Reason: +1a234 is not valid to publish to"),
        (json!({ "Message": "m", "TopicArn": TOPIC, "MessageStructure": "json" }), "JSON message body failed to parse"),
    ] {
        let refused = world.refused("Publish", input).await;
        assert!(refused.contains(says), "{refused}");
    }
    assert!(world.refused("CreateTopic", json!({ "Name": "a b" })).await.contains("Topic Name"));
    assert!(world.refused("GetTopicAttributes", json!({ "TopicArn": "alarms" })).await.contains("TopicArn"));
    world.ok("sns", "DeleteTopic", json!({ "TopicArn": TOPIC })).await;
    world.ok("sns", "DeleteTopic", json!({ "TopicArn": TOPIC })).await;
}

#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("sns", Sns::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}

#[tokio::test]
async fn permissions_are_statements_of_the_topics_policy() {
    let world = World::new().await;
    let add = |label: &str, action: &str| json!({ "TopicArn": TOPIC, "Label": label, "AWSAccountId": ["444455556666"], "ActionName": [action] });
    world.ok("sns", "AddPermission", add("l", "Publish")).await;
    let statements = async || {
        let shown = world.ok("sns", "GetTopicAttributes", json!({ "TopicArn": TOPIC })).await;
        let policy: Value = serde_json::from_str(shown["Attributes"]["Policy"].as_str().unwrap()).unwrap();
        policy["Statement"].as_array().unwrap().clone()
    };
    let added = json!({ "Sid": "l", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::444455556666:root" },
        "Action": "SNS:Publish", "Resource": TOPIC });
    assert_eq!(statements().await.last(), Some(&added));
    assert!(world.refused("AddPermission", add("l", "Subscribe")).await.ends_with("Invalid parameter: Statement already exists"));
    assert!(world.refused("AddPermission", add("m", "Shout")).await.ends_with("Policy statement action out of service scope!"));
    for _ in 0..2 {
        world.ok("sns", "RemovePermission", json!({ "TopicArn": TOPIC, "Label": "l" })).await;
    }
    assert_eq!(statements().await.len(), 1);
}
