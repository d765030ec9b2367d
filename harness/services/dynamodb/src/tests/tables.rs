//! Tables, their indexes, tags, encryption and time to live.

use jiff::SignedDuration;
use serde_json::json;

use super::*;

fn simple(name: &str) -> Value {
    json!({
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": keys("id", None),
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    })
}

#[tokio::test]
async fn a_table_is_made_described_listed_and_deleted_and_takes_its_time() {
    let world = World::new();
    let made = world.ok("CreateTable", simple("one")).await["TableDescription"].take();
    assert_eq!((&made["TableStatus"], &made["WarmThroughput"]), (&json!("CREATING"), &Value::Null));
    assert_eq!(made["TableArn"], format!("arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/one"));
    let item = json!({"TableName": "one", "Item": {"id": {"S": "a"}}});
    assert_eq!(world.refused("PutItem", item.clone()).await, "ResourceNotFoundException: Requested resource not found");
    assert!(world.refused("DeleteTable", json!({"TableName": "one"})).await.ends_with("Table is being created: one"));
    world.settle();
    let described = world.ok("DescribeTable", json!({"TableName": "one"})).await["Table"].take();
    assert_eq!(described["TableStatus"], "ACTIVE");
    assert_eq!(described["WarmThroughput"], json!({"ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 5, "Status": "ACTIVE"}));
    assert_eq!(described["BillingModeSummary"], Value::Null);
    world.ok("PutItem", item).await;
    assert_eq!(world.refused("CreateTable", simple("one")).await, "ResourceInUseException: Table already exists: one");
    world.ok("CreateTable", simple("two")).await;
    let page = world.ok("ListTables", json!({"Limit": 1})).await;
    assert_eq!(page, json!({"TableNames": ["one"], "LastEvaluatedTableName": "one"}));
    let rest = world.ok("ListTables", json!({"ExclusiveStartTableName": "one"})).await;
    assert_eq!(rest, json!({"TableNames": ["two"]}));

    let deleted = world.ok("DeleteTable", json!({"TableName": made["TableArn"]})).await["TableDescription"].take();
    assert_eq!((&deleted["TableStatus"], &deleted["KeySchema"]), (&json!("DELETING"), &Value::Null));
    world.settle();
    let gone = world.refused("DescribeTable", json!({"TableName": "one"})).await;
    assert_eq!(gone, "ResourceNotFoundException: Requested resource not found: Table: one not found");
}

#[tokio::test]
async fn tables_that_contradict_themselves_are_refused() {
    let world = World::new();
    let with = |member: &str, value: Value| {
        let mut input = simple("one");
        input[member] = value;
        world.refused("CreateTable", input)
    };
    let attributes =
        |names: &[&str]| names.iter().map(|name| json!({"AttributeName": name, "AttributeType": "S"})).collect::<Value>();
    for (member, value, message) in [
        ("TableName", json!("a"), "Table/index names must be between 3 and 255 characters long"),
        (
            "BillingMode",
            json!("PAY_PER_REQUEST"),
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        ),
        (
            "ProvisionedThroughput",
            Value::Null,
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        (
            "KeySchema",
            keys("id", Some("sk")),
            "Some index key attributes are not defined in AttributeDefinitions. Keys: [sk], AttributeDefinitions: [id]",
        ),
        ("KeySchema", json!([{"AttributeName": "id", "KeyType": "RANGE"}]), "The first KeySchemaElement is not a HASH key type"),
        (
            "AttributeDefinitions",
            attributes(&["id", "x"]),
            "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
        ),
        ("StreamSpecification", json!({"StreamEnabled": true}), "StreamViewType must be specified"),
        ("TableClass", json!("GOLD"), "Member must satisfy enum value set"),
        (
            "LocalSecondaryIndexes",
            json!([{"IndexName": "loc", "KeySchema": keys("id", Some("id")), "Projection": {"ProjectionType": "ALL"}}]),
            "Table KeySchema does not have a range key",
        ),
        (
            "GlobalSecondaryIndexes",
            json!([{"IndexName": "glo", "KeySchema": keys("id", None), "Projection": {"ProjectionType": "ALL"}}]),
            "ProvisionedThroughput must be specified for index: glo",
        ),
    ] {
        let refused = with(member, value).await;
        assert!(refused.starts_with("ValidationException: ") && refused.contains(message), "{member}: {refused}");
    }
}

#[tokio::test]
async fn a_table_is_changed_in_all_its_parts() {
    let world = World::with_table().await;
    let described = async || world.ok("DescribeTable", json!({"TableName": "tab"})).await["Table"].take();
    let before = described().await;
    assert_eq!(before["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(before["GlobalSecondaryIndexes"][0]["IndexStatus"], "ACTIVE");
    let change = async |input: Value| {
        let mut input = input;
        input["TableName"] = "tab".into();
        let changed = world.ok("UpdateTable", input).await;
        assert_eq!(changed["TableDescription"]["TableStatus"], "UPDATING");
        world.settle();
    };
    change(json!({"DeletionProtectionEnabled": true, "TableClass": "STANDARD_INFREQUENT_ACCESS"})).await;
    assert!(world.refused("DeleteTable", json!({"TableName": "tab"})).await.contains("currently protected against deletion"));
    let units = json!({"ReadCapacityUnits": 3, "WriteCapacityUnits": 4});
    change(json!({"BillingMode": "PROVISIONED", "ProvisionedThroughput": units})).await;
    assert_eq!(described().await["ProvisionedThroughput"]["WriteCapacityUnits"], 4);
    let unchanged = world.refused("UpdateTable", json!({"TableName": "tab", "ProvisionedThroughput": units})).await;
    assert!(unchanged.contains("will not change"), "{unchanged}");
    let index = json!({"IndexName": "by-note", "KeySchema": keys("note", None), "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["more"]}, "ProvisionedThroughput": units});
    let defined = json!([{"AttributeName": "note", "AttributeType": "S"}]);
    change(json!({"AttributeDefinitions": defined, "GlobalSecondaryIndexUpdates": [{"Create": index}]})).await;
    assert_eq!(described().await["GlobalSecondaryIndexes"][1]["Projection"]["NonKeyAttributes"], json!(["more"]));
    change(json!({"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-note"}}]})).await;
    let after = described().await;
    assert_eq!(
        (after["GlobalSecondaryIndexes"].as_array().unwrap().len(), after["AttributeDefinitions"].as_array().unwrap().len()),
        (1, 3)
    );
    change(json!({"StreamSpecification": {"StreamEnabled": false}})).await;
    let after = described().await;
    assert_eq!((&after["StreamSpecification"], &after["LatestStreamArn"]), (&Value::Null, &before["LatestStreamArn"]));
    let nothing = world.refused("UpdateTable", json!({"TableName": "tab"})).await;
    assert!(nothing.starts_with("ValidationException: At least one of"), "{nothing}");
}

#[tokio::test]
async fn a_table_under_a_customer_s_key_is_closed_when_the_key_is_disabled() {
    let world = World::new();
    let made = world.call_other("kms", "CreateKey", json!({})).await;
    let id = made["KeyMetadata"]["KeyId"].clone();
    let mut input = simple("one");
    input["SSESpecification"] = json!({"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": id});
    let table = world.ok("CreateTable", input).await;
    assert_eq!(table["TableDescription"]["SSEDescription"]["KMSMasterKeyArn"], made["KeyMetadata"]["Arn"]);
    world.settle();
    let item = json!({"TableName": "one", "Item": {"id": {"S": "a"}}});
    world.ok("PutItem", item.clone()).await;
    world.call_other("kms", "DisableKey", json!({"KeyId": id})).await;
    let refused = world.refused("PutItem", item).await;
    assert!(refused.starts_with("ValidationException: KMS validation error"), "{refused}");

    let mut managed = simple("two");
    managed["SSESpecification"] = json!({"Enabled": true});
    let table = world.ok("CreateTable", managed).await["TableDescription"].take();
    assert_eq!((&table["SSEDescription"]["SSEType"], &table["SSEDescription"]["Status"]), (&json!("KMS"), &json!("ENABLED")));
    world.settle();
    let leaving = world.ok("UpdateTable", json!({"TableName": "two", "SSESpecification": {"Enabled": false}})).await;
    assert_eq!(leaving["TableDescription"]["SSEDescription"]["Status"], "UPDATING");
    world.settle();
    assert_eq!(world.ok("DescribeTable", json!({"TableName": "two"})).await["Table"]["SSEDescription"], Value::Null);
}

#[tokio::test]
async fn items_are_deleted_some_time_after_their_time_to_live() {
    let world = World::with_table().await;
    let specification =
        |enabled: bool| json!({"TableName": "tab", "TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": "until"}});
    assert!(world.refused("UpdateTimeToLive", specification(false)).await.ends_with("TimeToLive is already disabled"));
    world.ok("UpdateTimeToLive", specification(true)).await;
    assert!(world.refused("UpdateTimeToLive", specification(true)).await.ends_with("TimeToLive is already enabled"));
    let described = world.ok("DescribeTimeToLive", json!({"TableName": "tab"})).await;
    assert_eq!(described["TimeToLiveDescription"], json!({"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}));
    let soon = (world.region.clock().now().as_second() + 60).to_string();
    for (at, until) in [(1, json!({"N": soon})), (2, json!({"S": soon})), (3, json!({"N": "1"}))] {
        let mut item = key("a", at);
        item["until"] = until;
        world.ok("PutItem", json!({"TableName": "tab", "Item": item})).await;
    }
    let count = async || world.ok("Scan", json!({"TableName": "tab", "Select": "COUNT"})).await["Count"].clone();
    world.pass(SignedDuration::from_hours(24));
    assert_eq!(count().await, 3);
    world.pass(SignedDuration::from_hours(25));
    assert_eq!(count().await, 2);
}

#[tokio::test]
async fn tables_have_tags() {
    let world = World::new();
    let mut input = simple("one");
    input["Tags"] = json!([{"Key": "a", "Value": "1"}]);
    let arn = world.ok("CreateTable", input).await["TableDescription"]["TableArn"].take();
    world.ok("TagResource", json!({"ResourceArn": arn, "Tags": [{"Key": "b", "Value": "2"}]})).await;
    world.ok("UntagResource", json!({"ResourceArn": arn, "TagKeys": ["a"]})).await;
    let listed = world.ok("ListTagsOfResource", json!({"ResourceArn": arn})).await;
    assert_eq!(listed["Tags"], json!([{"Key": "b", "Value": "2"}]));
    let gone = world.refused("ListTagsOfResource", json!({"ResourceArn": format!("{}x", arn.as_str().unwrap())})).await;
    assert!(gone.starts_with("ResourceNotFoundException"), "{gone}");
    assert_eq!(world.ok("DescribeLimits", json!({})).await["TableMaxReadCapacityUnits"], 40_000);
}
