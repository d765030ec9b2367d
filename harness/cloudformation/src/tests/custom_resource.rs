//! Custom resources whose requests come by a topic, and are answered by the test.

use nightproof_core::service::full_body;
use serde_json::{Value, json};

use super::world::{BOUND, World, submission};

/// A topic that tells a queue, in a stack of its own.
const PROVIDER: &str = "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: requests}}\n  \
                        Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: requests}}\n  \
                        Told: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn, RawMessageDelivery: true}}\n  \
                        Policy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: {Statement: [{Effect: Allow, Principal: '*', Action: sqs:SendMessage, Resource: !GetAtt Queue.Arn}]}}}\n";

const TOKEN: &str = "arn:aws:sns:us-east-1:111122223333:requests";

fn custom(size: u32, more: &str) -> String {
    format!(
        "Resources:\n  C: {{Type: 'Custom::Thing', Properties: {{ServiceToken: '{TOKEN}', ServiceTimeout: 600, Size: {size}, On: true}}}}\n{more}"
    )
}

const OUTPUTS: &str = "Outputs: {Ref: {Value: !Ref C}, Name: {Value: !GetAtt C.Name}, Deep: {Value: !GetAtt C.Deep.Inner}}\n";

async fn world() -> World {
    let world = World::new();
    assert_eq!(world.create("provider", PROVIDER).await, "CREATE_COMPLETE", "{:?}", world.failures("provider").await);
    world
}

/// The next request.
async fn request(world: &World) -> Value {
    let url = world.ok("sqs", "GetQueueUrl", json!({"QueueName": "requests"})).await["QueueUrl"].clone();
    let received = nightproof_poll::until(BOUND, || async {
        let answer = world.ok("sqs", "ReceiveMessage", json!({"QueueUrl": url})).await;
        let Some(message) = answer["Messages"].as_array().and_then(|messages| messages.first()).cloned() else { return Err(()) };
        Ok(message)
    });
    let message = received.await.expect("a request");
    world.ok("sqs", "DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]})).await;
    serde_json::from_str(message["Body"].as_str().unwrap()).unwrap()
}

/// Answers a request, with these members beside those that every answer has.
async fn answer(world: &World, request: &Value, more: Value) {
    let mut body = json!({"Status": "SUCCESS"});
    for member in ["RequestId", "StackId", "LogicalResourceId"] {
        body[member] = request[member].clone();
    }
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    world.put_to(request["ResponseURL"].as_str().unwrap(), full_body(body.to_string())).await;
}

#[tokio::test]
async fn a_custom_resource_is_made_changed_replaced_and_deleted_by_its_provider() {
    let world = world().await;
    world.stack("CreateStack", submission("s", &custom(21, OUTPUTS))).await;
    let create = request(&world).await;
    assert_eq!((&create["RequestType"], &create["ResourceType"]), (&json!("Create"), &json!("Custom::Thing")));
    let properties = json!({"ServiceToken": TOKEN, "ServiceTimeout": "600", "Size": "21", "On": "true"});
    assert_eq!(create["ResourceProperties"], properties);
    assert!(create.get("PhysicalResourceId").is_none() && create.get("OldResourceProperties").is_none(), "{create}");
    assert!(create["ResponseURL"].as_str().unwrap().contains("X-Amz-Signature="), "{create}");
    answer(&world, &create, json!({"PhysicalResourceId": "one", "Data": {"Name": 7, "Deep": {"Inner": "x"}}})).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let stack = world.stack("DescribeStacks", json!({"StackName": "s"})).await["Stacks"][0].clone();
    let outputs: Vec<&str> =
        stack["Outputs"].as_array().unwrap().iter().map(|one| one["OutputValue"].as_str().unwrap()).collect();
    assert_eq!(outputs, ["one", "7", "x"]);
    // In place, then by another id, whose predecessor is deleted when all is done.
    for (size, id) in [(22, "one"), (23, "two")] {
        world.stack("UpdateStack", submission("s", &custom(size, ""))).await;
        let update = request(&world).await;
        assert_eq!((&update["RequestType"], &update["PhysicalResourceId"]), (&json!("Update"), &json!("one")));
        assert_eq!(update["OldResourceProperties"]["Size"], (size - 1).to_string());
        answer(&world, &update, json!({ "PhysicalResourceId": id })).await;
        if id == "two" {
            let delete = request(&world).await;
            assert_eq!((&delete["RequestType"], &delete["PhysicalResourceId"]), (&json!("Delete"), &json!("one")));
            answer(&world, &delete, json!({"PhysicalResourceId": "one"})).await;
        }
        assert_eq!(world.status("s").await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    }
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    let delete = request(&world).await;
    assert_eq!((&delete["RequestType"], &delete["PhysicalResourceId"]), (&json!("Delete"), &json!("two")));
    answer(&world, &delete, json!({"PhysicalResourceId": "two"})).await;
    assert_eq!(world.status("s").await, "gone");
}

#[tokio::test]
async fn an_update_that_fails_elsewhere_takes_a_replaced_custom_resource_back() {
    let world = world().await;
    world.stack("CreateStack", submission("s", &custom(1, ""))).await;
    let create = request(&world).await;
    answer(&world, &create, json!({"PhysicalResourceId": "one"})).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    let broken = "  P: {Type: AWS::SSM::Parameter, DependsOn: C, Properties: {Type: String, Value: '{{resolve:ssm:/none}}'}}\n";
    world.stack("UpdateStack", submission("s", &custom(2, broken))).await;
    let update = request(&world).await;
    answer(&world, &update, json!({"PhysicalResourceId": "two"})).await;
    let back = request(&world).await;
    assert_eq!((&back["RequestType"], &back["PhysicalResourceId"]), (&json!("Update"), &json!("two")));
    assert_eq!((&back["ResourceProperties"]["Size"], &back["OldResourceProperties"]["Size"]), (&json!("1"), &json!("2")));
    answer(&world, &back, json!({"PhysicalResourceId": "one"})).await;
    let delete = request(&world).await;
    assert_eq!((&delete["RequestType"], &delete["PhysicalResourceId"]), (&json!("Delete"), &json!("two")));
    answer(&world, &delete, json!({"PhysicalResourceId": "two"})).await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE", "{:?}", world.failures("s").await);
}

#[tokio::test]
async fn a_failure_has_its_reason_and_is_deleted_in_the_rollback() {
    let world = world().await;
    world.stack("CreateStack", submission("s", &custom(1, ""))).await;
    let create = request(&world).await;
    answer(&world, &create, json!({"Status": "FAILED", "Reason": "no room", "PhysicalResourceId": "half"})).await;
    let delete = request(&world).await;
    assert_eq!((&delete["RequestType"], &delete["PhysicalResourceId"]), (&json!("Delete"), &json!("half")));
    answer(&world, &delete, json!({"PhysicalResourceId": "half"})).await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    let reason = world.reason("s", "C", "CREATE_FAILED").await;
    let id = create["RequestId"].as_str().unwrap();
    assert_eq!(
        reason,
        format!("Received response status [FAILED] from custom resource. Message returned: no room (RequestId: {id})")
    );
}

#[tokio::test]
async fn an_answer_that_does_not_come_fails_the_resource_when_its_time_is_over() {
    let world = world().await;
    world.stack("CreateStack", submission("s", &custom(1, ""))).await;
    request(&world).await;
    world.pass(601);
    let delete = request(&world).await;
    answer(&world, &delete, json!({"PhysicalResourceId": delete["PhysicalResourceId"]})).await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    let reason = world.reason("s", "C", "CREATE_FAILED").await;
    assert!(reason.starts_with("CloudFormation did not receive a response from your Custom Resource."), "{reason}");
}

#[tokio::test]
async fn the_provider_of_a_custom_resource_stays_and_an_attribute_that_it_does_not_give_fails() {
    let world = world().await;
    world.stack("CreateStack", submission("s", &custom(1, "Outputs: {O: {Value: !GetAtt C.Gone}}\n"))).await;
    let create = request(&world).await;
    answer(&world, &create, json!({"PhysicalResourceId": "one"})).await;
    let delete = request(&world).await;
    answer(&world, &delete, json!({"PhysicalResourceId": "one"})).await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    let events = world.stack("DescribeStackEvents", json!({"StackName": "s"})).await.to_string();
    assert!(
        events.contains("CustomResource attribute error: Vendor response doesn't contain Gone key in object arn:"),
        "{events}"
    );
    world.stack("CreateStack", submission("t", &custom(1, ""))).await;
    let create = request(&world).await;
    answer(&world, &create, json!({"PhysicalResourceId": "one"})).await;
    assert_eq!(world.status("t").await, "CREATE_COMPLETE");
    assert_eq!(world.update("t", &custom(1, "").replace(":requests", ":others")).await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.reason("t", "C", "UPDATE_FAILED").await, "Modifying service token is not allowed.");
    let foreign =
        "Resources: {C: {Type: AWS::CloudFormation::CustomResource, Properties: {ServiceToken: arn:aws:sqs:us-east-1:1:q}}}";
    world.stack("CreateStack", submission("u", foreign)).await;
    world.pass(1);
    let reason = nightproof_poll::until(BOUND, || async {
        let reason = world.reason("u", "C", "CREATE_FAILED").await;
        if reason.is_empty() { Err(()) } else { Ok(reason) }
    });
    assert_eq!(reason.await.unwrap(), "Invalid service token.");
}
