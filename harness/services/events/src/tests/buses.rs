//! Event buses: their names, rules, policies, and events between them.

use serde_json::{Value, json};

use super::{ACCOUNT, World};

const BUS: &str = "arn:aws:events:us-east-1:111122223333:event-bus/orders";

fn entry(bus: &str) -> Value {
    json!({ "Entries": [{ "EventBusName": bus, "Source": "my.app", "DetailType": "x", "Detail": "{\"n\":1}" }] })
}

async fn orders(world: &World) {
    world.ask("CreateEventBus", json!({ "Name": "orders", "Description": "d" })).await.expect("bus");
    let rule = json!({ "Name": "all", "EventBusName": "orders", "EventPattern": "{\"source\":[\"my.app\"]}" });
    let made = world.ask("PutRule", rule).await.expect("rule");
    assert_eq!(made["RuleArn"], "arn:aws:events:us-east-1:111122223333:rule/orders/all");
}

async fn put_target(world: &World, bus: &str, rule: &str, target: Value) {
    world.ask("PutTargets", json!({ "Rule": rule, "EventBusName": bus, "Targets": [target] })).await.expect("target");
}

async fn refusal(world: &World, operation: &str, input: Value) -> (String, String) {
    let error = world.ask(operation, input).await.expect_err("refused");
    (error.code, error.message)
}

fn is(code: &str, message: &str) -> (String, String) {
    (code.to_owned(), message.to_owned())
}

#[tokio::test]
async fn a_bus_is_made_listed_described_changed_and_deleted() {
    let world = World::new();
    orders(&world).await;
    let exists = refusal(&world, "CreateEventBus", json!({ "Name": "orders" })).await;
    assert_eq!(exists, is("ResourceAlreadyExistsException", "Event bus orders already exists."));
    let listed = world.ask("ListEventBuses", json!({ "NamePrefix": "ord" })).await.unwrap();
    assert_eq!((&listed["EventBuses"][0]["Arn"], listed["EventBuses"].as_array().unwrap().len()), (&json!(BUS), 1));
    world.ask("UpdateEventBus", json!({ "Name": "orders", "Description": "new" })).await.unwrap();
    let described = world.ask("DescribeEventBus", json!({ "Name": BUS })).await.unwrap();
    assert_eq!((&described["Name"], &described["Description"]), (&json!("orders"), &json!("new")));
    let has_rules = refusal(&world, "DeleteEventBus", json!({ "Name": "orders" })).await;
    assert_eq!(has_rules, is("ValidationException", "EventBus can't be deleted since it has rules."));
    world.ask("DeleteRule", json!({ "Name": "all", "EventBusName": "orders" })).await.unwrap();
    for _ in 0..2 {
        world.ask("DeleteEventBus", json!({ "Name": "orders" })).await.unwrap();
    }
    let gone = is("ResourceNotFoundException", "Event bus orders does not exist.");
    assert_eq!(refusal(&world, "DescribeEventBus", json!({ "Name": "orders" })).await, gone);
    assert_eq!(refusal(&world, "ListRules", json!({ "EventBusName": "orders" })).await, gone);
}

#[tokio::test]
async fn the_default_bus_is_always_there() {
    let world = World::new();
    assert_eq!(world.ask("DescribeEventBus", json!({})).await.unwrap()["Name"], "default");
    let refused = refusal(&world, "DeleteEventBus", json!({ "Name": "default" })).await;
    assert_eq!(refused, is("ValidationException", "Cannot delete event bus default."));
    assert_eq!(refusal(&world, "ListEventBuses", json!({ "NextToken": "x" })).await.0, "ValidationException");
}

#[tokio::test]
async fn rules_of_a_bus_have_its_name_and_no_schedule() {
    let world = World::new();
    orders(&world).await;
    let rule = world.ask("DescribeRule", json!({ "Name": "all", "EventBusName": BUS })).await.unwrap();
    assert_eq!((&rule["EventBusName"], &rule["CreatedBy"]), (&json!("orders"), &json!(ACCOUNT)));
    let elsewhere = refusal(&world, "DescribeRule", json!({ "Name": "all" })).await;
    assert_eq!(elsewhere, is("ResourceNotFoundException", "Rule all does not exist on EventBus default."));
    let schedule = json!({ "Name": "s", "EventBusName": "orders", "ScheduleExpression": "rate(1 minute)" });
    let refused = refusal(&world, "PutRule", schedule).await;
    assert_eq!(refused, is("ValidationException", "ScheduleExpression is supported only on the default event bus."));
}

#[tokio::test]
async fn buses_and_rules_have_tags() {
    let world = World::new();
    orders(&world).await;
    for arn in
        [BUS, "arn:aws:events:us-east-1:111122223333:event-bus/default", "arn:aws:events:us-east-1:111122223333:rule/orders/all"]
    {
        let tags = json!([{ "Key": "a", "Value": "1" }, { "Key": "b", "Value": "2" }]);
        world.ask("TagResource", json!({ "ResourceARN": arn, "Tags": tags })).await.unwrap();
        world.ask("UntagResource", json!({ "ResourceARN": arn, "TagKeys": ["b", "c"] })).await.unwrap();
        let listed = world.ask("ListTagsForResource", json!({ "ResourceARN": arn })).await.unwrap();
        assert_eq!(listed, json!({ "Tags": [{ "Key": "a", "Value": "1" }] }), "{arn}");
    }
    let missing = json!({ "ResourceARN": "arn:aws:events:us-east-1:111122223333:event-bus/x" });
    let refused = refusal(&world, "ListTagsForResource", missing).await;
    assert_eq!(refused, is("ResourceNotFoundException", "Event bus x does not exist."));
    let missing = json!({ "ResourceARN": "arn:aws:events:us-east-1:111122223333:rule/orders/x" });
    let refused = refusal(&world, "ListTagsForResource", missing).await;
    assert_eq!(refused, is("ResourceNotFoundException", "Rule x does not exist on EventBus orders."));
}

#[tokio::test]
async fn an_event_goes_to_the_rules_of_its_bus_alone_and_is_lost_without_one() {
    let world = World::new();
    orders(&world).await;
    put_target(&world, "orders", "all", json!({ "Id": "t", "Arn": super::QUEUE })).await;
    for bus in ["default", "nowhere", "orders"] {
        let put = world.ask("PutEvents", entry(bus)).await.unwrap();
        assert_eq!((&put["FailedEntryCount"], put["Entries"][0]["EventId"].is_string()), (&json!(0), true), "{bus}");
    }
    world.events.quiet().await;
    assert_eq!(world.sqs.seen().len(), 1);
}

#[tokio::test]
async fn a_rule_sends_events_on_to_another_bus() {
    let world = World::new();
    orders(&world).await;
    put_target(&world, "orders", "all", json!({ "Id": "t", "Arn": super::QUEUE })).await;
    world.ask("PutRule", json!({ "Name": "on", "EventPattern": "{\"source\":[\"my.app\"]}" })).await.unwrap();
    put_target(&world, "default", "on", json!({ "Id": "t", "Arn": BUS })).await;
    world.ask("PutEvents", entry("default")).await.unwrap();
    world.until("forwarded", || !world.sqs.seen().is_empty()).await;
    let (_, _, message) = world.sqs.seen().remove(0);
    let event: Value = serde_json::from_str(message["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!((&event["source"], &event["detail"]), (&json!("my.app"), &json!({ "n": 1 })));
}

#[tokio::test]
async fn permissions_are_statements_of_the_policy_of_a_bus() {
    let world = World::new();
    orders(&world).await;
    let put = |id: &str, principal: &str| json!({ "EventBusName": "orders", "Action": "events:PutEvents", "Principal": principal, "StatementId": id });
    for (id, principal) in [("a", "444455556666"), ("b", "*"), ("a", "777788889999")] {
        world.ask("PutPermission", put(id, principal)).await.unwrap();
    }
    let policy = async || -> Option<Value> {
        let described = world.ask("DescribeEventBus", json!({ "Name": "orders" })).await.unwrap();
        described["Policy"].as_str().map(|policy| serde_json::from_str(policy).unwrap())
    };
    let statement = |id: &str, principal: Value| json!({ "Sid": id, "Effect": "Allow", "Principal": principal, "Action": "events:PutEvents", "Resource": BUS });
    let account = json!({ "AWS": "arn:aws:iam::777788889999:root" });
    let expected = json!({ "Version": "2012-10-17", "Statement": [statement("b", json!("*")), statement("a", account)] });
    assert_eq!(policy().await, Some(expected));
    let unknown = refusal(&world, "RemovePermission", json!({ "EventBusName": "orders", "StatementId": "z" })).await;
    assert_eq!(unknown, is("ResourceNotFoundException", "Statement with the provided id does not exist."));
    world.ask("RemovePermission", json!({ "EventBusName": "orders", "StatementId": "b" })).await.unwrap();
    assert_eq!(policy().await.unwrap()["Statement"].as_array().unwrap().len(), 1);
    world.ask("RemovePermission", json!({ "EventBusName": "orders", "RemoveAllPermissions": true })).await.unwrap();
    assert_eq!(policy().await, None);
    let whole = json!({ "Version": "2012-10-17", "Statement": [statement("w", json!("*"))] });
    world.ask("PutPermission", json!({ "EventBusName": "orders", "Policy": whole.to_string() })).await.unwrap();
    assert_eq!(policy().await, Some(whole));
}
