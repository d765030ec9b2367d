//! Single items and batches.

use serde_json::json;

use super::*;

#[tokio::test]
async fn an_item_is_put_got_updated_and_deleted() {
    let world = World::with_table().await;
    let item = |note: &str| json!({"id": {"S": "a"}, "nr": {"N": "1"}, "note": {"S": note}});
    let first = world.ok("PutItem", json!({"TableName": "tab", "Item": item("x"), "ReturnValues": "ALL_OLD"})).await;
    assert_eq!(first, json!({}));
    let second = world.ok("PutItem", json!({"TableName": "tab", "Item": item("y"), "ReturnValues": "ALL_OLD"})).await;
    assert_eq!(second["Attributes"], item("x"));
    let got = world.ok("GetItem", json!({"TableName": "tab", "Key": key("a", 1), "ProjectionExpression": "#n", "ExpressionAttributeNames": {"#n": "note"}})).await;
    assert_eq!(got, json!({"Item": {"note": {"S": "y"}}}));
    let updated = world
        .ok(
            "UpdateItem",
            json!({
                "TableName": "tab", "Key": key("a", 1), "UpdateExpression": "SET n = if_not_exists(n, :z) + :one REMOVE note",
                "ExpressionAttributeValues": {":z": {"N": "0"}, ":one": {"N": "1"}}, "ReturnValues": "UPDATED_NEW",
            }),
        )
        .await;
    assert_eq!(updated["Attributes"], json!({"n": {"N": "1"}}));
    let made = world.ok("UpdateItem", json!({"TableName": "tab", "Key": key("b", 2), "ReturnValues": "ALL_NEW"})).await;
    assert_eq!(made["Attributes"], key("b", 2));
    let deleted = world.ok("DeleteItem", json!({"TableName": "tab", "Key": key("a", 1), "ReturnValues": "ALL_OLD"})).await;
    assert_eq!(deleted["Attributes"]["n"], json!({"N": "1"}));
    assert_eq!(world.ok("GetItem", json!({"TableName": "tab", "Key": key("a", 1)})).await, json!({}));
    assert_eq!(world.ok("DeleteItem", json!({"TableName": "tab", "Key": key("a", 1)})).await, json!({}));
}

#[tokio::test]
async fn a_condition_that_fails_writes_nothing_and_shows_the_item_if_asked() {
    let world = World::with_table().await;
    world.put("a", 1, 5).await;
    let put = json!({"TableName": "tab", "Item": key("a", 1), "ConditionExpression": "attribute_not_exists(id)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"});
    let error = world.call("PutItem", put).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("ConditionalCheckFailedException", "The conditional request failed")
    );
    assert_eq!(error.fields["Item"]["size"], json!({"N": "5"}));
    let delete = json!({"TableName": "tab", "Key": key("a", 1), "ConditionExpression": "size(note) > :l", "ExpressionAttributeValues": {":l": {"N": "1"}}});
    let error = world.call("DeleteItem", delete).await.unwrap_err();
    assert!(error.fields.is_empty());
    assert_eq!(world.ok("GetItem", json!({"TableName": "tab", "Key": key("a", 1)})).await["Item"]["note"], json!({"S": "n"}));
}

#[tokio::test]
async fn items_that_do_not_fit_their_table_are_refused() {
    let world = World::with_table().await;
    let put = |item: Value| world.refused("PutItem", json!({"TableName": "tab", "Item": item}));
    assert!(put(json!({"id": {"S": "a"}})).await.ends_with("Missing the key nr in the item"));
    assert!(put(json!({"id": {"N": "1"}, "nr": {"N": "1"}})).await.ends_with("Type mismatch for key id expected: S actual: N"));
    assert!(put(json!({"id": {"S": ""}, "nr": {"N": "1"}})).await.ends_with("cannot contain an empty string value. Key: id"));
    let wrong = put(json!({"id": {"S": "a"}, "nr": {"N": "1"}, "size": {"S": "x"}})).await;
    assert!(wrong.ends_with("Type mismatch for Index Key size Expected: N Actual: S IndexName: local"), "{wrong}");
    let large = put(json!({"id": {"S": "a"}, "nr": {"N": "1"}, "note": {"S": "x".repeat(400 * 1024)}})).await;
    assert_eq!(large, "ValidationException: Item size has exceeded the maximum allowed size");
    let get = |key: Value| world.refused("GetItem", json!({"TableName": "tab", "Key": key}));
    assert_eq!(get(json!({"id": {"S": "a"}})).await, "ValidationException: The provided key element does not match the schema");
    assert_eq!(
        get(json!({"id": {"S": "a"}, "nr": {"S": "1"}})).await,
        "ValidationException: The provided key element does not match the schema"
    );
    let key_update = json!({"TableName": "tab", "Key": key("a", 1), "UpdateExpression": "SET id = :v", "ExpressionAttributeValues": {":v": {"S": "b"}}});
    assert!(
        world.refused("UpdateItem", key_update).await.ends_with("Cannot update attribute id. This attribute is part of the key")
    );
    let returns = json!({"TableName": "tab", "Item": key("a", 1), "ReturnValues": "ALL_NEW"});
    assert_eq!(world.refused("PutItem", returns).await, "ValidationException: ReturnValues can only be ALL_OLD or NONE");
    let nowhere = world.refused("GetItem", json!({"TableName": "nowhere", "Key": key("a", 1)})).await;
    assert_eq!(nowhere, "ResourceNotFoundException: Requested resource not found");
    let old =
        world.call("PutItem", json!({"TableName": "tab", "Item": key("a", 1), "Expected": {"id": {"Exists": false}}})).await;
    assert_eq!(old.unwrap_err().code, "NotImplemented");
}

#[tokio::test]
async fn batches_write_and_get_items_of_several_tables() {
    let world = World::with_table().await;
    world.put("a", 1, 5).await;
    let requests = json!([{"PutRequest": {"Item": key("b", 1)}}, {"DeleteRequest": {"Key": key("a", 1)}}]);
    let written = world.ok("BatchWriteItem", json!({"RequestItems": {"tab": requests}, "ReturnConsumedCapacity": "TOTAL"})).await;
    assert_eq!(written, json!({"UnprocessedItems": {}, "ConsumedCapacity": [{"TableName": "tab", "CapacityUnits": 2.0}]}));
    let got = world.ok("BatchGetItem", json!({"RequestItems": {"tab": {"Keys": [key("a", 1), key("b", 1)]}}})).await;
    assert_eq!(got, json!({"Responses": {"tab": [key("b", 1)]}, "UnprocessedKeys": {}}));
    let twice = json!([{"PutRequest": {"Item": key("b", 1)}}, {"DeleteRequest": {"Key": key("b", 1)}}]);
    let refused = world.refused("BatchWriteItem", json!({"RequestItems": {"tab": twice}})).await;
    assert_eq!(refused, "ValidationException: Provided list of item keys contains duplicates");
    let faulty = json!([{"PutRequest": {"Item": {"other": {"S": "x"}}}}]);
    let refused = world.refused("BatchWriteItem", json!({"RequestItems": {"tab": faulty}})).await;
    assert_eq!(refused, "ValidationException: The provided key element does not match the schema");
    let many: Vec<Value> = (0..26).map(|at| json!({"PutRequest": {"Item": key("c", at)}})).collect();
    assert!(world.refused("BatchWriteItem", json!({"RequestItems": {"tab": many}})).await.contains("less than or equal to 25"));
}

#[tokio::test]
async fn capacity_and_item_collections_are_reported() {
    let world = World::with_table().await;
    let item = json!({"id": {"S": "a"}, "nr": {"N": "1"}, "note": {"S": "x".repeat(5000)}});
    let put =
        json!({"TableName": "tab", "Item": item, "ReturnConsumedCapacity": "INDEXES", "ReturnItemCollectionMetrics": "SIZE"});
    let put = world.ok("PutItem", put).await;
    assert_eq!(put["ConsumedCapacity"], json!({"TableName": "tab", "CapacityUnits": 5.0, "Table": {"CapacityUnits": 5.0}}));
    assert_eq!(put["ItemCollectionMetrics"]["ItemCollectionKey"], json!({"id": {"S": "a"}}));
    let get = |consistent: bool| {
        world.ok(
            "GetItem",
            json!({"TableName": "tab", "Key": key("a", 1), "ConsistentRead": consistent, "ReturnConsumedCapacity": "TOTAL"}),
        )
    };
    assert_eq!(get(true).await["ConsumedCapacity"]["CapacityUnits"], 2.0);
    assert_eq!(get(false).await["ConsumedCapacity"]["CapacityUnits"], 1.0);
}
