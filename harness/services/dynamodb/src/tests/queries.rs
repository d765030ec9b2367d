//! Queries and scans.

use serde_json::json;

use super::*;

async fn world() -> World {
    let world = World::with_table().await;
    for (id, at, size) in [("a", 3, 30), ("a", 1, 10), ("a", 2, 20), ("b", 1, 10), ("b", 10, 10)] {
        world.put(id, at, size).await;
    }
    world
}

fn ats(answer: &Value) -> Vec<&str> {
    answer["Items"].as_array().unwrap().iter().map(|item| item["nr"]["N"].as_str().unwrap()).collect()
}

/// A query of the partition `a`, with more members.
fn of_a(more: &Value) -> Value {
    let mut input =
        json!({"TableName": "tab", "KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"S": "a"}}});
    for (name, value) in more.as_object().unwrap() {
        match value {
            Value::Object(members) if name == "ExpressionAttributeValues" => {
                input[name].as_object_mut().unwrap().extend(members.clone())
            }
            other => input[name] = other.clone(),
        }
    }
    input
}

#[tokio::test]
async fn a_query_reads_a_partition_in_the_order_of_its_sort_key() {
    let world = world().await;
    assert_eq!(ats(&world.ok("Query", of_a(&json!({}))).await), ["1", "2", "3"]);
    assert_eq!(ats(&world.ok("Query", of_a(&json!({"ScanIndexForward": false}))).await), ["3", "2", "1"]);
    let range = json!({"KeyConditionExpression": "id = :id AND nr > :low", "ExpressionAttributeValues": {":low": {"N": "1"}}});
    assert_eq!(ats(&world.ok("Query", of_a(&range)).await), ["2", "3"]);
    let turned = json!({"KeyConditionExpression": ":low >= nr AND :id = id", "ExpressionAttributeValues": {":low": {"N": "2"}}});
    assert_eq!(ats(&world.ok("Query", of_a(&turned)).await), ["1", "2"]);
    let filtered = json!({"FilterExpression": "size(note) = :one AND #s < :s", "ExpressionAttributeNames": {"#s": "size"}, "ExpressionAttributeValues": {":one": {"N": "1"}, ":s": {"N": "25"}}});
    let answer = world.ok("Query", of_a(&filtered)).await;
    assert_eq!((&answer["Count"], &answer["ScannedCount"]), (&json!(2), &json!(3)));
    let counted = world.ok("Query", of_a(&json!({"Select": "COUNT"}))).await;
    assert_eq!(counted, json!({"Count": 3, "ScannedCount": 3}));
}

#[tokio::test]
async fn pages_go_on_behind_their_last_key_in_both_directions() {
    let world = world().await;
    let page = world.ok("Query", of_a(&json!({"Limit": 2}))).await;
    assert_eq!((ats(&page), &page["LastEvaluatedKey"]), (vec!["1", "2"], &key("a", 2)));
    let rest = world.ok("Query", of_a(&json!({"ExclusiveStartKey": page["LastEvaluatedKey"]}))).await;
    assert_eq!((ats(&rest), &rest["LastEvaluatedKey"]), (vec!["3"], &Value::Null));
    let back = world.ok("Query", of_a(&json!({"ExclusiveStartKey": key("a", 2), "ScanIndexForward": false}))).await;
    assert_eq!(ats(&back), ["1"]);
    let wrong = world.refused("Query", of_a(&json!({"ExclusiveStartKey": {"id": {"S": "a"}}}))).await;
    assert_eq!(wrong, "ValidationException: The provided starting key is invalid");

    let mut seen = Vec::new();
    let mut start = Value::Null;
    loop {
        let mut input = json!({"TableName": "tab", "Limit": 2});
        if !start.is_null() {
            input["ExclusiveStartKey"] = start;
        }
        let page = world.ok("Scan", input).await;
        seen.extend(page["Items"].as_array().unwrap().clone());
        start = page["LastEvaluatedKey"].clone();
        if start.is_null() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
}

#[tokio::test]
async fn indexes_have_what_they_project_of_items_that_have_their_keys() {
    let world = world().await;
    world.ok("PutItem", json!({"TableName": "tab", "Item": key("c", 1)})).await;
    let by_size = |more: &Value| {
        let mut input = json!({"TableName": "tab", "IndexName": "by-size", "KeyConditionExpression": "#s = :s", "ExpressionAttributeNames": {"#s": "size"}, "ExpressionAttributeValues": {":s": {"N": "10"}}});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let found = world.ok("Query", by_size(&json!({}))).await;
    assert_eq!(found["Count"], 3);
    assert_eq!(found["Items"][0].as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "nr", "size"]);
    let page = world.ok("Query", by_size(&json!({"Limit": 1}))).await;
    assert_eq!(page["LastEvaluatedKey"].as_object().unwrap().len(), 3);
    let rest = world.ok("Query", by_size(&json!({"ExclusiveStartKey": page["LastEvaluatedKey"]}))).await;
    assert_eq!(rest["Count"], 2);
    assert_eq!(world.ok("Scan", json!({"TableName": "tab", "IndexName": "by-size"})).await["Count"], 5);
    for (more, message) in [
        (json!({"ConsistentRead": true}), "Consistent reads are not supported on global secondary indexes"),
        (
            json!({"ProjectionExpression": "note"}),
            "One or more parameter values were invalid: Global secondary index by-size does not project [note]",
        ),
        (
            json!({"Select": "ALL_ATTRIBUTES"}),
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index by-size because its projection type is not ALL",
        ),
    ] {
        assert_eq!(world.refused("Query", by_size(&more)).await, format!("ValidationException: {message}"));
    }
    let local = json!({"IndexName": "local", "KeyConditionExpression": "id = :id AND #s BETWEEN :low AND :high", "ExpressionAttributeNames": {"#s": "size"}, "ExpressionAttributeValues": {":low": {"N": "15"}, ":high": {"N": "40"}}});
    let found = world.ok("Query", of_a(&local)).await;
    assert_eq!((ats(&found), &found["Items"][0]["note"]), (vec!["2", "3"], &json!({"S": "n"})));
    let none = world.refused("Query", of_a(&json!({"IndexName": "none"}))).await;
    assert_eq!(none, "ValidationException: The table does not have the specified index: none");
}

#[tokio::test]
async fn segments_of_a_scan_have_all_items_once() {
    let world = World::with_table().await;
    for at in 0..20 {
        world.put(&format!("id-{at}"), at, 1).await;
    }
    let mut counts = Vec::new();
    for segment in 0..3 {
        counts.push(
            world.ok("Scan", json!({"TableName": "tab", "Segment": segment, "TotalSegments": 3})).await["Count"]
                .as_u64()
                .unwrap(),
        );
    }
    assert_eq!(counts.iter().sum::<u64>(), 20);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    let wrong = world.refused("Scan", json!({"TableName": "tab", "Segment": 3, "TotalSegments": 3})).await;
    assert!(wrong.ends_with("Segment: 3 is not less than TotalSegments: 3"), "{wrong}");
}

#[tokio::test]
async fn a_page_ends_at_a_megabyte() {
    let world = World::with_table().await;
    for at in 0..4 {
        let mut item = key("a", at);
        item["note"] = json!({"S": "x".repeat(390 * 1024)});
        world.ok("PutItem", json!({"TableName": "tab", "Item": item})).await;
    }
    let page = world.ok("Query", of_a(&json!({"Select": "COUNT"}))).await;
    assert_eq!((&page["Count"], &page["LastEvaluatedKey"]), (&json!(3), &key("a", 2)));
}

#[tokio::test]
async fn conditions_that_are_none_on_keys_are_refused() {
    let world = World::with_table().await;
    for (condition, message) in [
        ("nr = :n", "Query condition missed key schema element: id"),
        ("id = :id AND note = :id", "Query condition missed key schema element: nr"),
        ("id > :id", "Query key condition not supported"),
        ("id = :id OR id = :id", "Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: OR"),
        ("id = :id AND nr <> :n", "Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: <>"),
        ("id = :id AND nr > :n AND nr < :n", "KeyConditionExpressions must only contain one condition per key"),
        ("id = :n", "One or more parameter values were invalid: Condition parameter type does not match schema type"),
    ] {
        let values: serde_json::Map<String, Value> = [(":id", json!({"S": "a"})), (":n", json!({"N": "1"}))]
            .into_iter()
            .filter(|(name, _)| condition.contains(name))
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let input = json!({"TableName": "tab", "KeyConditionExpression": condition, "ExpressionAttributeValues": values});
        assert_eq!(world.refused("Query", input).await, format!("ValidationException: {message}"), "{condition}");
    }
    let filter = of_a(&json!({"FilterExpression": "nr > :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}));
    assert!(
        world
            .refused("Query", filter)
            .await
            .ends_with("Filter Expression can only contain non-primary key attributes: Primary key attribute: nr")
    );
    assert!(
        world.refused("Query", json!({"TableName": "tab"})).await.contains("KeyConditionExpression parameter must be specified")
    );
}
