//! Transactions.

use jiff::SignedDuration;
use serde_json::json;

use super::*;

fn put(id: &str) -> Value {
    json!({"Put": {"TableName": "tab", "Item": key(id, 1)}})
}

#[tokio::test]
async fn a_transaction_writes_all_or_nothing() {
    let world = World::with_table().await;
    world.put("a", 1, 5).await;
    let check =
        json!({"ConditionCheck": {"TableName": "tab", "Key": key("a", 1), "ConditionExpression": "attribute_exists(id)"}});
    let update = json!({"Update": {"TableName": "tab", "Key": key("c", 1), "UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}});
    world.ok("TransactWriteItems", json!({"TransactItems": [put("b"), check, update]})).await;
    let failing = json!({"Delete": {"TableName": "tab", "Key": key("a", 1), "ConditionExpression": "attribute_not_exists(id)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}});
    let error = world.call("TransactWriteItems", json!({"TransactItems": [failing, put("d")]})).await.unwrap_err();
    assert_eq!(error.code, "TransactionCanceledException");
    assert_eq!(
        error.message,
        "Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None]"
    );
    assert_eq!(error.fields["CancellationReasons"][0]["Item"]["size"], json!({"N": "5"}));
    let gets: Vec<Value> =
        ["a", "b", "c", "d"].iter().map(|id| json!({"Get": {"TableName": "tab", "Key": key(id, 1)}})).collect();
    let got = world.ok("TransactGetItems", json!({"TransactItems": gets})).await;
    let there: Vec<bool> = got["Responses"].as_array().unwrap().iter().map(|one| one.get("Item").is_some()).collect();
    assert_eq!(there, [true, true, true, false]);
}

#[tokio::test]
async fn a_token_makes_a_transaction_idempotent_for_ten_minutes() {
    let world = World::with_table().await;
    let add = json!({"Update": {"TableName": "tab", "Key": key("a", 1), "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}});
    let transaction = json!({"TransactItems": [add], "ClientRequestToken": "token"});
    let sum = async || world.ok("GetItem", json!({"TableName": "tab", "Key": key("a", 1)})).await["Item"]["n"]["N"].clone();
    world.ok("TransactWriteItems", transaction.clone()).await;
    world.ok("TransactWriteItems", transaction.clone()).await;
    assert_eq!(sum().await, "1");
    let other = json!({"TransactItems": [put("b")], "ClientRequestToken": "token"});
    assert!(world.refused("TransactWriteItems", other).await.starts_with("IdempotentParameterMismatchException"));
    world.pass(SignedDuration::from_mins(11));
    world.ok("TransactWriteItems", transaction).await;
    assert_eq!(sum().await, "2");
}

#[tokio::test]
async fn transactions_that_cannot_be_are_refused() {
    let world = World::with_table().await;
    let twice = json!({"TransactItems": [put("a"), put("a")]});
    assert_eq!(
        world.refused("TransactWriteItems", twice).await,
        "ValidationException: Transaction request cannot include multiple operations on one item"
    );
    let both = json!({"TransactItems": [{"Put": put("a")["Put"], "Delete": {"TableName": "tab", "Key": key("a", 1)}}]});
    assert!(
        world
            .refused("TransactWriteItems", both)
            .await
            .ends_with("TransactItems can only contain one of Check, Put, Update or Delete")
    );
    let nowhere = json!({"TransactItems": [{"Put": {"TableName": "nowhere", "Item": {}}}]});
    assert_eq!(world.refused("TransactWriteItems", nowhere).await, "ResourceNotFoundException: Requested resource not found");
}
