//! Who may reach tables and items.

use serde_json::json;

use super::*;

/// The user `u` with one statement.
async fn user(world: &World, statement: Value) -> Caller {
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let made = world.region.call(&Caller::root(ACCOUNT), "iam", "CreateUser", json!({"UserName": "u"})).await;
    let id = made.unwrap_or_else(|error| panic!("{error}"))["User"]["UserId"].as_str().unwrap_or_default().to_owned();
    world.call_other("iam", "PutUserPolicy", json!({"UserName": "u", "PolicyName": "p", "PolicyDocument": policy})).await;
    Caller { principal: nightproof_core::Principal::User { name: "u".to_owned(), id }, ..Caller::root(ACCOUNT) }
}

#[tokio::test]
async fn leading_keys_say_which_items_are_reached() {
    let world = World::with_table().await;
    world.put("u", 1, 5).await;
    let arn = format!("arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/tab");
    let caller = user(
        &world,
        json!({
            "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchWriteItem"], "Resource": arn,
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}},
        }),
    )
    .await;
    let call = async |operation: &str, input: Value| world.region.call(&caller, "dynamodb", operation, input).await;
    call("GetItem", json!({"TableName": "tab", "Key": key("u", 1)})).await.unwrap();
    let denied = call("GetItem", json!({"TableName": "tab", "Key": key("other", 1)})).await.unwrap_err();
    assert_eq!(denied.code, "AccessDenied", "{denied}");
    let query = |id: &str| json!({"TableName": "tab", "KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"S": id}}});
    call("Query", query("u")).await.unwrap();
    call("Query", query("other")).await.unwrap_err();
    call("Scan", json!({"TableName": "tab"})).await.unwrap_err();
    let batch = |ids: [&str; 2]| json!({"RequestItems": {"tab": ids.map(|id| json!({"PutRequest": {"Item": key(id, 7)}}))}});
    call("BatchWriteItem", batch(["u", "other"])).await.unwrap_err();
    let transaction = json!({"TransactItems": [{"Put": {"TableName": "tab", "Item": key("u", 1)}}]});
    let denied = call("TransactWriteItems", transaction).await.unwrap_err();
    assert!(denied.message.contains("dynamodb:PutItem"), "{denied}");
    call("DescribeTable", json!({"TableName": "tab"})).await.unwrap_err();
}

#[tokio::test]
async fn the_index_of_a_table_is_a_resource_of_its_own() {
    let world = World::with_table().await;
    let arn = format!("arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/tab");
    let caller =
        user(&world, json!({"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": format!("{arn}/index/by-size")})).await;
    let scan = async |input: Value| world.region.call(&caller, "dynamodb", "Scan", input).await;
    scan(json!({"TableName": "tab", "IndexName": "by-size"})).await.unwrap();
    scan(json!({"TableName": "tab"})).await.unwrap_err();
}

#[tokio::test]
async fn streams_are_read_by_the_permissions_of_dynamodb() {
    let world = World::with_table().await;
    let table = world.ok("DescribeTable", json!({"TableName": "tab"})).await;
    let arn = table["Table"]["LatestStreamArn"].clone();
    let caller = user(&world, json!({"Effect": "Allow", "Action": "dynamodb:DescribeStream", "Resource": arn})).await;
    let call = async |operation: &str, input: Value| world.region.call(&caller, "dynamodbstreams", operation, input).await;
    let described = call("DescribeStream", json!({"StreamArn": arn})).await.unwrap();
    let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
    let denied =
        call("GetShardIterator", json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "LATEST"})).await.unwrap_err();
    assert!(denied.message.contains("dynamodb:GetShardIterator"), "{denied}");
}
