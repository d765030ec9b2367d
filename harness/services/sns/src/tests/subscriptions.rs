//! Subscriptions and attributes, as SNS takes and shows them.

use async_trait::async_trait;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use serde_json::{Value, json};

use super::{ACCOUNT, QUEUE, TOPIC, World};

#[tokio::test]
async fn a_second_request_without_or_with_fewer_attributes_finds_the_same_subscription() {
    let world = World::new().await;
    let arn = world.subscribe(json!({ "RawMessageDelivery": "True", "FilterPolicy": r#"{"a": ["b"]}"# })).await;
    assert_eq!(world.subscribe(json!({ "RawMessageDelivery": "true" })).await, arn);
    assert_eq!(world.subscribe(json!({})).await, arn);
    assert_eq!(world.subscribe(json!({ "FilterPolicyScope": "MessageAttributes" })).await, arn);
    let other =
        json!({ "TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE, "Attributes": { "RawMessageDelivery": "false" } });
    assert!(
        world
            .refused("Subscribe", other)
            .await
            .ends_with("Attributes Reason: Subscription already exists with different attributes")
    );
    let raw = json!({ "TopicArn": TOPIC, "Protocol": "sms", "Endpoint": "+15551234567", "Attributes": { "RawMessageDelivery": "true" } });
    let says = "Attributes Reason: Delivery protocol [sms] does not support raw message delivery.";
    assert!(world.refused("Subscribe", raw).await.ends_with(says));
}

#[tokio::test]
async fn an_arn_that_names_no_subscription_is_refused_by_what_it_lacks() {
    let world = World::new().await;
    for (arn, says) in [
        ("randomstring", "SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"),
        ("arn:aws:sns:us-east-1:random", "SubscriptionArn Reason: An ARN must have at least 6 elements, not 5"),
        ("arn:aws:sns:us-east-1:111111111111:random", "SubscriptionId"),
    ] {
        let refused = world.refused("Unsubscribe", json!({ "SubscriptionArn": arn })).await;
        assert_eq!(refused, format!("InvalidParameterException: Invalid parameter: {says}"));
    }
}

#[tokio::test]
async fn wrong_message_attributes_are_told_by_name_and_refuse_a_whole_batch() {
    let world = World::new().await;
    let text = |kind: &str, value: &str| json!({ "DataType": kind, "StringValue": value });
    let prefixes = "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.";
    for (name, value, says) in [
        (
            "a",
            json!({ "DataType": "String" }),
            "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'.",
        ),
        (
            "a",
            json!({ "DataType": "Number", "BinaryValue": "AQI=" }),
            "The message attribute 'a' with type 'Number' must use field 'String'.",
        ),
        ("a", text("Binary", "123"), "The message attribute 'a' with type 'Binary' must use field 'Binary'."),
        ("a", text("Stringlike", "x"), prefixes),
        ("a", text("String.", "x"), prefixes),
        (
            "a^*",
            text("String", "x"),
            "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
        ),
        (".a", text("String", "x"), "Invalid message attribute name starting with character '.' was found."),
        ("a.", text("String", "x"), "Invalid message attribute name ending with character '.' was found."),
        ("a..b", text("String", "x"), "Message attribute name can not have successive '.' character."),
    ] {
        let attributes = json!({ name: value });
        let says = format!("InvalidParameterValueException: {says}");
        assert_eq!(
            world.refused("Publish", json!({ "TopicArn": TOPIC, "Message": "m", "MessageAttributes": attributes })).await,
            says
        );
        let entries = json!([{ "Id": "1", "Message": "m", "MessageAttributes": attributes }, { "Id": "2", "Message": "m" }]);
        assert_eq!(
            world.refused("PublishBatch", json!({ "TopicArn": TOPIC, "PublishBatchRequestEntries": entries })).await,
            says
        );
    }
    world
        .ok(
            "sns",
            "Publish",
            json!({ "TopicArn": TOPIC, "Message": "m", "MessageAttributes": { "a": text("String.  own.", "x") } }),
        )
        .await;
}

#[tokio::test]
async fn a_page_of_subscriptions_has_a_hundred_and_a_token_in_base64() {
    let world = World::new().await;
    for number in 100..201 {
        world
            .ok("sns", "Subscribe", json!({ "TopicArn": TOPIC, "Protocol": "sms", "Endpoint": format!("+12312312{number}") }))
            .await;
    }
    let first = world.ok("sns", "ListSubscriptionsByTopic", json!({ "TopicArn": TOPIC })).await;
    assert_eq!(first["Subscriptions"].as_array().unwrap().len(), 100);
    assert_eq!(first["NextToken"], "MTAw");
    let second = world.ok("sns", "ListSubscriptionsByTopic", json!({ "TopicArn": TOPIC, "NextToken": "MTAw" })).await;
    assert_eq!((second["Subscriptions"].as_array().unwrap().len(), second.get("NextToken")), (1, None));
    for token in ["100", "x", "MTAx MTAx"] {
        let refused = world.refused("ListSubscriptionsByTopic", json!({ "TopicArn": TOPIC, "NextToken": token })).await;
        assert_eq!(refused, "InvalidParameterException: Invalid parameter: NextToken");
    }
}

#[tokio::test]
async fn a_key_that_is_given_twice_is_refused() {
    let world = World::new().await;
    let tags = json!([{ "Key": "a", "Value": "1" }, { "Key": "a", "Value": "1" }]);
    let refused = world.refused("TagResource", json!({ "ResourceArn": TOPIC, "Tags": tags })).await;
    assert_eq!(refused, "InvalidParameterException: Invalid parameter: Duplicated keys are not allowed.");
}

#[tokio::test]
async fn a_batch_entrys_id_is_told_when_it_is_refused() {
    let world = World::new().await;
    let long = "a".repeat(81);
    for (id, says) in
        [("message.id", "contains an impermissible character: message.id".to_owned()), (&long, format!("is too long: {long}"))]
    {
        let batch = json!({ "TopicArn": TOPIC, "PublishBatchRequestEntries": [{ "Id": id, "Message": "m" }] });
        let refused = world.refused("PublishBatch", batch).await;
        assert_eq!(refused, format!("InvalidBatchEntryIdException: The Id of a batch entry in the batch request {says}"));
    }
}

#[tokio::test]
async fn a_topics_delivery_policy_is_shown_and_what_it_is_made_as_stays() {
    let world = World::new().await;
    let set = |name: &str, value: &str| json!({ "TopicArn": TOPIC, "AttributeName": name, "AttributeValue": value });
    let shown = async || world.ok("sns", "GetTopicAttributes", json!({ "TopicArn": TOPIC })).await["Attributes"].clone();
    let policy = r#"{"http": {"defaultRequestPolicy": {"headerContentType": "application/json"}}}"#;
    world.ok("sns", "SetTopicAttributes", set("DeliveryPolicy", policy)).await;
    let effective: Value = serde_json::from_str(shown().await["EffectiveDeliveryPolicy"].as_str().unwrap()).unwrap();
    assert_eq!(effective["http"]["defaultRequestPolicy"]["headerContentType"], "application/json");
    world.ok("sns", "SetTopicAttributes", set("DeliveryPolicy", "")).await;
    assert_eq!(shown().await["DeliveryPolicy"], Value::Null);
    assert!(world.refused("SetTopicAttributes", set("FifoTopic", "false")).await.ends_with("Invalid parameter: AttributeName"));
    assert!(
        world.refused("SetTopicAttributes", set("DeliveryPolicy", "{")).await.contains("Invalid parameter: DeliveryPolicy: ")
    );
}

#[tokio::test]
async fn a_data_protection_policy_is_kept_and_nothing_is_published_past_it() {
    let world = World::new().await;
    let policy = json!({ "Name": "p", "Version": "2021-06-01", "Statement": [] }).to_string();
    world.ok("sns", "PutDataProtectionPolicy", json!({ "ResourceArn": TOPIC, "DataProtectionPolicy": policy })).await;
    assert_eq!(world.ok("sns", "GetDataProtectionPolicy", json!({ "ResourceArn": TOPIC })).await["DataProtectionPolicy"], policy);
    assert!(world.refused("Publish", json!({ "TopicArn": TOPIC, "Message": "m" })).await.starts_with("NotImplemented"));
    let arn =
        world.ok("sns", "CreateTopic", json!({ "Name": "guarded", "DataProtectionPolicy": policy })).await["TopicArn"].clone();
    assert_eq!(world.ok("sns", "GetDataProtectionPolicy", json!({ "ResourceArn": arn })).await["DataProtectionPolicy"], policy);
    assert!(
        world
            .refused("CreateTopic", json!({ "Name": "odd", "DataProtectionPolicy": "[]" }))
            .await
            .ends_with("DataProtectionPolicy")
    );
}

/// Stands for Lambda: takes events, but for those of the function `gone`.
#[derive(Default)]
struct Functions(parking_lot::Mutex<Vec<Value>>);

#[async_trait]
impl Service for Functions {
    async fn call(&self, _call: &Call, _operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        if input["FunctionName"].as_str().unwrap().ends_with(":gone") {
            return Err(AwsError::new("ResourceNotFoundException", 404, "Function not found"));
        }
        self.0.lock().push(input);
        Ok(json!({ "StatusCode": 202 }).into())
    }
}

#[tokio::test]
async fn a_function_gets_an_event_and_what_it_does_not_get_goes_to_the_dead_letter_queue() {
    use base64::Engine as _;
    let functions = std::sync::Arc::new(Functions::default());
    let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
    region.install(vec![
        ("sns", crate::records::Sns::new()),
        ("sqs", nightproof_service_sqs::Sqs::new()),
        ("lambda", functions.clone()),
    ]);
    let world = World { region };
    world.ok("sns", "CreateTopic", json!({ "Name": "alarms" })).await;
    world.ok("sqs", "CreateQueue", json!({ "QueueName": "ears" })).await;
    let function = |name: &str| format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}");
    let subscribe = |name: &str, attributes: Value| json!({ "TopicArn": TOPIC, "Protocol": "lambda", "Endpoint": function(name), "Attributes": attributes });
    let arn = world.ok("sns", "Subscribe", subscribe("backup", json!({}))).await["SubscriptionArn"].clone();
    let redrive = json!({ "deadLetterTargetArn": QUEUE }).to_string();
    world.ok("sns", "Subscribe", subscribe("gone", json!({ "RedrivePolicy": redrive }))).await;
    world.ok("sns", "Publish", json!({ "TopicArn": TOPIC, "Message": "go" })).await;
    let input = functions.0.lock()[0].clone();
    assert_eq!((&input["InvocationType"], &input["FunctionName"]), (&json!("Event"), &json!(function("backup"))));
    let event = base64::engine::general_purpose::STANDARD.decode(input["Payload"].as_str().unwrap()).unwrap();
    let event: Value = serde_json::from_slice(&event).unwrap();
    let record = &event["Records"][0];
    assert_eq!(
        (&record["EventSource"], &record["EventVersion"], &record["EventSubscriptionArn"]),
        (&json!("aws:sns"), &json!("1.0"), &arn)
    );
    let sns = &record["Sns"];
    assert_eq!((&sns["Type"], &sns["Message"], &sns["TopicArn"]), (&json!("Notification"), &json!("go"), &json!(TOPIC)));
    assert_eq!((&sns["Subject"], &sns["MessageAttributes"]), (&Value::Null, &json!({})));
    assert!(
        sns["SigningCertUrl"].is_string() && sns["UnsubscribeUrl"].is_string() && sns.get("SigningCertURL").is_none(),
        "{sns}"
    );
    let dead: Value = serde_json::from_str(world.received().await[0]["Body"].as_str().unwrap()).unwrap();
    assert_eq!(dead["Message"], "go");
    let fifo = json!({ "Name": "n.fifo", "Attributes": { "FifoTopic": "true" } });
    let topic = world.ok("sns", "CreateTopic", fifo).await["TopicArn"].clone();
    let refused =
        world.refused("Subscribe", json!({ "TopicArn": topic, "Protocol": "lambda", "Endpoint": function("backup") })).await;
    assert!(refused.ends_with("Invalid parameter: Invalid protocol type: lambda"), "{refused}");
}
