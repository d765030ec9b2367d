//! Streams of tables.

use jiff::SignedDuration;
use serde_json::json;

use super::*;

impl World {
    async fn stream(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), "dynamodbstreams", operation, input).await
    }

    /// The table's stream and its shard.
    async fn shard(&self) -> (Value, Value) {
        let table = self.ok("DescribeTable", json!({"TableName": "tab"})).await;
        let arn = table["Table"]["LatestStreamArn"].clone();
        let described = self.stream("DescribeStream", json!({"StreamArn": arn})).await.unwrap();
        (arn, described["StreamDescription"]["Shards"][0]["ShardId"].clone())
    }

    async fn iterator(&self, kind: &str, number: Option<&Value>) -> Value {
        let (arn, shard) = self.shard().await;
        let mut input = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": kind});
        if let Some(number) = number {
            input["SequenceNumber"] = number.clone();
        }
        self.stream("GetShardIterator", input).await.unwrap()["ShardIterator"].take()
    }

    async fn records(&self, iterator: &Value) -> Value {
        self.stream("GetRecords", json!({"ShardIterator": iterator})).await.unwrap()
    }
}

#[tokio::test]
async fn a_stream_has_what_was_written_in_order() {
    let world = World::with_table().await;
    let item = |note: &str| json!({"TableName": "tab", "Item": {"id": {"S": "a"}, "nr": {"N": "1"}, "note": {"S": note}}});
    world.ok("PutItem", item("x")).await;
    world.ok("PutItem", item("x")).await;
    world.ok("PutItem", item("yy")).await;
    world.ok("DeleteItem", json!({"TableName": "tab", "Key": key("a", 1)})).await;
    let read = world.records(&world.iterator("TRIM_HORIZON", None).await).await;
    let records = read["Records"].as_array().unwrap();
    let names: Vec<&Value> = records.iter().map(|record| &record["eventName"]).collect();
    assert_eq!(names, ["INSERT", "MODIFY", "REMOVE"]);
    let changed = &records[1]["dynamodb"];
    assert_eq!((&changed["OldImage"]["note"], &changed["NewImage"]["note"]), (&json!({"S": "x"}), &json!({"S": "yy"})));
    // Names and values of the keys, and of both images.
    assert_eq!(changed["SizeBytes"], (2 + 1 + 2 + 2) * 3 + (4 + 1) + (4 + 2));
    assert_eq!((&records[2]["dynamodb"]["NewImage"], &records[2]["eventSource"]), (&Value::Null, &json!("aws:dynamodb")));
    let after = world.iterator("AFTER_SEQUENCE_NUMBER", Some(&changed["SequenceNumber"])).await;
    assert_eq!(world.records(&after).await["Records"].as_array().unwrap().len(), 1);
    let at = world.iterator("AT_SEQUENCE_NUMBER", Some(&changed["SequenceNumber"])).await;
    assert_eq!(world.records(&at).await["Records"].as_array().unwrap().len(), 2);
    let latest = world.iterator("LATEST", None).await;
    assert_eq!(world.records(&latest).await["Records"], json!([]));
    world.put("b", 1, 1).await;
    let next = world.records(&latest).await;
    assert_eq!(next["Records"][0]["eventName"], "INSERT");
    assert_eq!(world.records(&next["NextShardIterator"]).await["Records"], json!([]));
}

#[tokio::test]
async fn an_item_that_expired_is_removed_by_dynamodb_itself() {
    let world = World::with_table().await;
    world
        .ok(
            "UpdateTimeToLive",
            json!({"TableName": "tab", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "until"}}),
        )
        .await;
    let mut item = key("a", 1);
    item["until"] = json!({"N": world.region.clock().now().as_second().to_string()});
    world.ok("PutItem", json!({"TableName": "tab", "Item": item})).await;
    world.pass(SignedDuration::from_hours(49));
    let read = world.records(&world.iterator("TRIM_HORIZON", None).await).await;
    assert_eq!(read["Records"].as_array().unwrap().len(), 1, "the first one is older than a day");
    assert_eq!(read["Records"][0]["userIdentity"], json!({"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}));
}

#[tokio::test]
async fn a_stream_that_is_disabled_ends_and_is_kept_for_a_day() {
    let world = World::with_table().await;
    world.put("a", 1, 1).await;
    let (arn, _) = world.shard().await;
    let iterator = world.iterator("TRIM_HORIZON", None).await;
    world.ok("DeleteTable", json!({"TableName": "tab"})).await;
    world.settle();
    let described = world.stream("DescribeStream", json!({"StreamArn": arn})).await.unwrap()["StreamDescription"].take();
    assert_eq!(described["StreamStatus"], "DISABLED");
    assert!(described["Shards"][0]["SequenceNumberRange"]["EndingSequenceNumber"].is_string());
    let read = world.records(&iterator).await;
    assert_eq!((read["Records"].as_array().unwrap().len(), &read["NextShardIterator"]), (1, &Value::Null));
    let listed = world.stream("ListStreams", json!({"TableName": "tab"})).await.unwrap();
    assert_eq!(listed["Streams"][0]["StreamArn"], arn);
    world.pass(SignedDuration::from_hours(24));
    let gone = world.stream("DescribeStream", json!({"StreamArn": arn})).await.unwrap_err();
    assert_eq!(gone.message, format!("Requested resource not found: Stream: {} not found", arn.as_str().unwrap()));
}

#[tokio::test]
async fn iterators_expire_and_records_are_trimmed() {
    let world = World::with_table().await;
    world.put("a", 1, 1).await;
    let first = world.iterator("TRIM_HORIZON", None).await;
    let number = world.records(&first).await["Records"][0]["dynamodb"]["SequenceNumber"].clone();
    world.pass(SignedDuration::from_mins(16));
    let expired = world.stream("GetRecords", json!({"ShardIterator": first})).await.unwrap_err();
    assert_eq!(expired.code, "ExpiredIteratorException");
    world.pass(SignedDuration::from_hours(24));
    world.put("a", 2, 1).await;
    let (arn, shard) = world.shard().await;
    let input = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": number});
    assert_eq!(world.stream("GetShardIterator", input).await.unwrap_err().code, "TrimmedDataAccessException");
    let wrong = world.stream("GetRecords", json!({"ShardIterator": "x"})).await.unwrap_err();
    assert_eq!(wrong.message, "Invalid ShardIterator");
}
