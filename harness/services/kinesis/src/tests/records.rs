//! Records, put and read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{ACCOUNT, World, arn, shard};

#[tokio::test]
async fn records_are_read_in_the_order_in_which_they_were_put() {
    let world = World::with_stream(1).await;
    let first = world.put("k", "YQ==").await;
    assert_eq!((&first["ShardId"], &first["EncryptionType"]), (&json!(shard(0)), &Value::Null));
    let records = json!([{"PartitionKey": "k", "Data": "Yg=="}, {"PartitionKey": "l", "Data": "Yw=="}]);
    let put = world.ok("PutRecords", json!({"StreamARN": arn(), "Records": records})).await;
    assert_eq!(put["FailedRecordCount"], 0);
    let iterator = world.iterator(&shard(0), json!({})).await;
    let (data, answer) = world.read(&iterator).await;
    assert_eq!((data, &answer["MillisBehindLatest"]), (vec!["YQ==".into(), "Yg==".into(), "Yw==".into()], &json!(0)));
    assert_eq!(answer["Records"][0]["SequenceNumber"], first["SequenceNumber"]);
    assert_eq!(answer["Records"][2]["SequenceNumber"], put["Records"][1]["SequenceNumber"]);
    let numbers: Vec<&str> = (0..3).map(|index| answer["Records"][index]["SequenceNumber"].as_str().unwrap()).collect();
    assert!(numbers.is_sorted() && numbers.iter().all(|number| number.len() == 56), "{numbers:?}");
    let next = answer["NextShardIterator"].as_str().unwrap();
    assert!(world.read(next).await.0.is_empty());
    world.put("k", "ZA==").await;
    assert_eq!(world.read(next).await.0, ["ZA=="]);
}

#[tokio::test]
async fn a_partition_key_chooses_the_shard_and_an_explicit_hash_key_overrides_it() {
    let world = World::with_stream(2).await;
    // Their digests begin with 0c and 92.
    for (key, expected) in [("a", 0), ("b", 1)] {
        assert_eq!(world.put(key, "YQ==").await["ShardId"], shard(expected), "{key}");
    }
    let explicit = |key: &str| json!({"StreamName": "s", "PartitionKey": "a", "Data": "", "ExplicitHashKey": key});
    let largest = u128::MAX.to_string();
    assert_eq!(world.ok("PutRecord", explicit(&largest)).await["ShardId"], shard(1));
    let too_large = world.refused("PutRecord", explicit("340282366920938463463374607431768211456")).await;
    assert!(too_large.starts_with("InvalidArgumentException: Invalid ExplicitHashKey."), "{too_large}");
    let without = world.refused("PutRecord", json!({"StreamName": "s", "Data": ""})).await;
    assert!(without.contains("'partitionKey'"), "{without}");
}

#[tokio::test]
async fn an_iterator_begins_where_its_type_says() {
    let world = World::with_stream(1).await;
    let first = world.put("k", "YQ==").await;
    world.pass(SignedDuration::from_secs(10));
    let between = world.region.clock().now();
    world.pass(SignedDuration::from_secs(10));
    world.put("k", "Yg==").await;
    let at = |kind: &str| json!({"ShardIteratorType": kind, "StartingSequenceNumber": first["SequenceNumber"]});
    for (more, expected) in [
        (json!({"ShardIteratorType": "TRIM_HORIZON"}), vec!["YQ==", "Yg=="]),
        (json!({"ShardIteratorType": "LATEST"}), vec![]),
        (at("AT_SEQUENCE_NUMBER"), vec!["YQ==", "Yg=="]),
        (at("AFTER_SEQUENCE_NUMBER"), vec!["Yg=="]),
        (json!({"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": between.to_string()}), vec!["Yg=="]),
    ] {
        let iterator = world.iterator(&shard(0), more.clone()).await;
        assert_eq!(world.read(&iterator).await.0, expected, "{more}");
    }
    let latest = world.iterator(&shard(0), json!({"ShardIteratorType": "LATEST"})).await;
    world.put("k", "Yw==").await;
    assert_eq!(world.read(&latest).await.0, ["Yw=="]);
}

#[tokio::test]
async fn iterators_that_cannot_be_are_refused() {
    let world = World::with_stream(1).await;
    let refused = |more: Value| {
        let mut input = json!({"StreamName": "s", "ShardId": shard(0), "ShardIteratorType": "LATEST"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.refused("GetShardIterator", input)
    };
    let missing = refused(json!({"ShardId": shard(7)})).await;
    assert_eq!(
        missing,
        format!("ResourceNotFoundException: Could not find shard {} in stream s under account {ACCOUNT}.", shard(7))
    );
    assert!(refused(json!({"StartingSequenceNumber": "1"})).await.contains("and also a StartingSequenceNumber."));
    assert!(refused(json!({"ShardIteratorType": "AT_SEQUENCE_NUMBER"})).await.contains("and no StartingSequenceNumber."));
    assert!(refused(json!({"ShardIteratorType": "AT_TIMESTAMP"})).await.contains("has no timestamp parameter"));
    let alien = json!({"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": "12"});
    assert!(refused(alien).await.contains("is invalid because it did not come from this stream"));
    let future = (world.region.clock().now() + SignedDuration::from_hours(1)).to_string();
    let future = json!({"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": future});
    assert!(refused(future).await.contains("cannot be greater than the currentTimestampInMillis"));
    assert_eq!(
        world.refused("GetRecords", json!({"ShardIterator": "x"})).await,
        "InvalidArgumentException: Invalid ShardIterator."
    );
    let iterator = world.iterator(&shard(0), json!({})).await;
    assert_eq!(world.read(&format!("\"{iterator}\"")).await.0.len(), 0, "quotation marks are ignored");
    world.pass(SignedDuration::from_mins(6));
    let expired = world.refused("GetRecords", json!({"ShardIterator": iterator})).await;
    assert!(expired.starts_with("ExpiredIteratorException: Iterator expired."), "{expired}");
}

#[tokio::test]
async fn a_closed_shard_is_read_to_its_end_and_names_its_children() {
    let world = World::with_stream(1).await;
    world.put("k", "YQ==").await;
    world.put("k", "Yg==").await;
    world.ok("SplitShard", json!({"StreamName": "s", "ShardToSplit": shard(0), "NewStartingHashKey": "1000"})).await;
    let iterator = world.iterator(&shard(0), json!({})).await;
    let half = world.ok("GetRecords", json!({"ShardIterator": iterator, "Limit": 1})).await;
    assert!(half["ChildShards"].is_null() && half["MillisBehindLatest"].as_i64().unwrap() >= 0);
    let (data, end) = world.read(half["NextShardIterator"].as_str().unwrap()).await;
    assert_eq!((data, &end["NextShardIterator"]), (vec!["Yg==".to_owned()], &Value::Null));
    let children = &end["ChildShards"];
    assert_eq!((&children[0]["ShardId"], &children[1]["ParentShards"]), (&json!(shard(1)), &json!([shard(0)])));
    assert_eq!(world.put("k", "Yw==").await["ShardId"], shard(2));
}

#[tokio::test]
async fn a_record_is_forgotten_after_the_retention_period() {
    let world = World::with_stream(1).await;
    world.put("k", "YQ==").await;
    world.pass(SignedDuration::from_hours(23));
    world.put("k", "Yg==").await;
    let iterator = world.iterator(&shard(0), json!({})).await;
    let page = world.ok("GetRecords", json!({"ShardIterator": iterator, "Limit": 1})).await;
    assert!(page["MillisBehindLatest"].as_i64().unwrap() >= 23 * 3_600_000, "{page}");
    world.pass(SignedDuration::from_hours(2));
    let iterator = world.iterator(&shard(0), json!({})).await;
    assert_eq!(world.read(&iterator).await.0, ["Yg=="]);
}

#[tokio::test]
async fn a_shard_takes_so_much_in_a_second() {
    let world = World::with_stream(1).await;
    let half = STANDARD.encode(vec![0; 600 * 1024]);
    let put = |data: &str| json!({"StreamName": "s", "PartitionKey": "k", "Data": data});
    let both = json!({"StreamName": "s", "Records": [{"PartitionKey": "k", "Data": half}, {"PartitionKey": "k", "Data": half}]});
    let answer = world.ok("PutRecords", both).await;
    assert_eq!(answer["FailedRecordCount"], 1);
    assert_eq!(answer["Records"][1]["ErrorCode"], "ProvisionedThroughputExceededException");
    world.pass(SignedDuration::from_secs(1));
    world.ok("PutRecord", put(&half)).await;
    let too_large = world.refused("PutRecord", put(&STANDARD.encode(vec![0; (1 << 20) + 1]))).await;
    assert!(too_large.contains("less than or equal to 1048576"), "{too_large}");
    world.ok("UpdateMaxRecordSize", json!({"StreamARN": arn(), "MaxRecordSizeInKiB": 2048})).await;
    world.settle();
    world.ok("PutRecord", put(&STANDARD.encode(vec![0; (1 << 20) + 1]))).await;
}
