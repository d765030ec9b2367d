//! Streams and their shards: made, changed and deleted.

use serde_json::{Value, json};

use super::{ACCOUNT, World, arn, shard};

#[tokio::test]
async fn a_stream_is_creating_before_it_is_active_and_deleting_before_it_is_gone() {
    let world = World::new();
    world.ok("CreateStream", json!({"StreamName": "s", "ShardCount": 2})).await;
    assert_eq!(world.stream().await["StreamStatus"], "CREATING");
    let put = json!({"StreamName": "s", "PartitionKey": "k", "Data": "YQ=="});
    let missing = format!("ResourceNotFoundException: Stream s under account {ACCOUNT} not found.");
    assert_eq!(world.refused("PutRecord", put).await, missing);
    let merge = json!({"StreamName": "s", "ShardToMerge": shard(0), "AdjacentShardToMerge": shard(1)});
    let refused = world.refused("MergeShards", merge).await;
    assert_eq!(
        refused,
        format!("ResourceInUseException: Stream s under account {ACCOUNT} not ACTIVE, instead in state CREATING")
    );
    world.settle();
    assert_eq!(world.stream().await["StreamStatus"], "ACTIVE");
    world.ok("DeleteStream", json!({"StreamARN": arn()})).await;
    assert_eq!(world.stream().await["StreamStatus"], "DELETING");
    world.settle();
    assert_eq!(world.refused("DescribeStream", json!({"StreamName": "s"})).await, missing);
}

#[tokio::test]
async fn a_stream_without_a_number_of_shards_is_on_demand() {
    let world = World::new();
    world.ok("CreateStream", json!({"StreamName": "s"})).await;
    world.settle();
    let stream = world.stream().await;
    assert_eq!(stream["StreamModeDetails"]["StreamMode"], "ON_DEMAND");
    assert_eq!(stream["Shards"].as_array().unwrap().len(), 4);
    let split = json!({"StreamName": "s", "ShardToSplit": shard(0), "NewStartingHashKey": "9"});
    assert!(world.refused("SplitShard", split).await.contains("is in On-Demand mode"));
    world.ok("UpdateStreamMode", json!({"StreamARN": arn(), "StreamModeDetails": {"StreamMode": "PROVISIONED"}})).await;
    world.settle();
    let limits = world.ok("DescribeLimits", json!({})).await;
    assert_eq!((&limits["OpenShardCount"], &limits["OnDemandStreamCount"]), (&json!(4), &json!(0)));
}

#[tokio::test]
async fn a_stream_is_described_listed_and_tagged() {
    let world = World::with_stream(1).await;
    let summary = world.ok("DescribeStreamSummary", json!({"StreamARN": arn()})).await["StreamDescriptionSummary"].clone();
    assert_eq!((&summary["OpenShardCount"], &summary["ConsumerCount"]), (&json!(1), &json!(0)));
    assert_eq!((&summary["RetentionPeriodHours"], &summary["EncryptionType"]), (&json!(24), &json!("NONE")));
    world.ok("CreateStream", json!({"StreamName": "t", "ShardCount": 1, "Tags": {"a": "1"}})).await;
    let listed = world.ok("ListStreams", json!({"Limit": 1})).await;
    assert_eq!((&listed["StreamNames"], &listed["HasMoreStreams"]), (&json!(["s"]), &json!(true)));
    let rest = world.ok("ListStreams", json!({"NextToken": listed["NextToken"]})).await;
    assert_eq!((&rest["StreamSummaries"][0]["StreamName"], &rest["HasMoreStreams"]), (&json!("t"), &json!(false)));
    world.ok("AddTagsToStream", json!({"StreamName": "s", "Tags": {"a": "1", "b": "2"}})).await;
    world.ok("RemoveTagsFromStream", json!({"StreamName": "s", "TagKeys": ["a"]})).await;
    world.ok("TagResource", json!({"ResourceARN": arn(), "Tags": {"c": "3"}})).await;
    let tags = world.ok("ListTagsForStream", json!({"StreamName": "s", "Limit": 1})).await;
    assert_eq!(tags, json!({"Tags": [{"Key": "b", "Value": "2"}], "HasMoreTags": true}));
    world.ok("UntagResource", json!({"ResourceARN": arn(), "TagKeys": ["b"]})).await;
    let tags = world.ok("ListTagsForResource", json!({"ResourceARN": arn()})).await;
    assert_eq!(tags["Tags"], json!([{"Key": "c", "Value": "3"}]));
}

#[tokio::test]
async fn what_is_no_stream_is_refused() {
    let world = World::with_stream(1).await;
    let again = world.refused("CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await;
    assert_eq!(again, format!("ResourceInUseException: Stream s under account {ACCOUNT} already exists."));
    assert!(world.refused("DescribeStream", json!({})).await.starts_with("InvalidArgumentException"));
    let elsewhere = arn().replace("us-east-1", "eu-west-1");
    assert!(world.refused("DescribeStream", json!({"StreamARN": elsewhere})).await.starts_with("ResourceNotFoundException"));
    let many = world.refused("CreateStream", json!({"StreamName": "t", "ShardCount": 20_000})).await;
    assert!(many.starts_with("LimitExceededException") && many.contains("Current shard count for the account: 1."), "{many}");
    let none = world.refused("CreateStream", json!({"StreamName": "t", "ShardCount": 0})).await;
    assert!(none.starts_with("ValidationException"), "{none}");
    let unsaid = json!({"StreamName": "t", "StreamModeDetails": {"StreamMode": "PROVISIONED"}});
    assert!(world.refused("CreateStream", unsaid).await.starts_with("InvalidArgumentException"));
    let both = json!({"StreamName": "t", "ShardCount": 1, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}});
    assert!(world.refused("CreateStream", both).await.starts_with("InvalidArgumentException"));
}

#[tokio::test]
async fn a_retention_period_grows_by_one_operation_and_shrinks_by_the_other() {
    let world = World::with_stream(1).await;
    let hours = |hours: i64| json!({"StreamName": "s", "RetentionPeriodHours": hours});
    world.ok("IncreaseStreamRetentionPeriod", hours(48)).await;
    assert_eq!(world.stream().await["StreamStatus"], "UPDATING");
    world.settle();
    assert_eq!(
        world.refused("IncreaseStreamRetentionPeriod", hours(24)).await,
        "InvalidArgumentException: Requested retention period (24 hours) for stream s can not be shorter than existing retention period \
         (48 hours). Use DecreaseRetentionPeriod API."
    );
    assert!(world.refused("DecreaseStreamRetentionPeriod", hours(72)).await.contains("Use IncreaseRetentionPeriod API."));
    assert!(world.refused("DecreaseStreamRetentionPeriod", hours(23)).await.contains("is too short"));
    assert!(world.refused("IncreaseStreamRetentionPeriod", hours(8761)).await.contains("is too long"));
    world.ok("DecreaseStreamRetentionPeriod", hours(24)).await;
    assert_eq!(world.stream().await["RetentionPeriodHours"], 24);
}

#[tokio::test]
async fn shards_are_split_merged_scaled_and_listed_by_filters() {
    let world = World::with_stream(1).await;
    let middle = "170141183460469231731687303715884105728";
    world.ok("SplitShard", json!({"StreamName": "s", "ShardToSplit": shard(0), "NewStartingHashKey": middle})).await;
    world.settle();
    let ids = |listed: &Value| -> Vec<String> {
        listed["Shards"].as_array().unwrap().iter().map(|shard| shard["ShardId"].as_str().unwrap().to_owned()).collect()
    };
    let filtered = |filter: Value| world.ok("ListShards", json!({"StreamName": "s", "ShardFilter": filter}));
    assert_eq!(ids(&filtered(json!({"Type": "AT_LATEST"})).await), [shard(1), shard(2)]);
    assert_eq!(ids(&filtered(json!({"Type": "AT_TRIM_HORIZON"})).await), [shard(0)]);
    assert_eq!(ids(&filtered(json!({"Type": "AFTER_SHARD_ID", "ShardId": shard(1)})).await), [shard(2)]);
    let now = world.region.clock().now().to_string();
    assert_eq!(ids(&filtered(json!({"Type": "FROM_TIMESTAMP", "Timestamp": now})).await), [shard(1), shard(2)]);
    let page = world.ok("ListShards", json!({"StreamName": "s", "MaxResults": 2})).await;
    assert_eq!(ids(&page), [shard(0), shard(1)]);
    let token = json!({"NextToken": page["NextToken"]});
    assert_eq!(ids(&world.ok("ListShards", token.clone()).await), [shard(2)]);
    world.pass(jiff::SignedDuration::from_mins(6));
    assert!(world.refused("ListShards", token).await.starts_with("ExpiredNextTokenException"));

    let merge = json!({"StreamARN": arn(), "ShardToMerge": shard(1), "AdjacentShardToMerge": shard(2)});
    world.ok("MergeShards", merge).await;
    world.settle();
    let scale = |count: u32| json!({"StreamName": "s", "TargetShardCount": count, "ScalingType": "UNIFORM_SCALING"});
    assert!(world.refused("UpdateShardCount", scale(3)).await.contains("cannot scale up over double"));
    let scaled = world.ok("UpdateShardCount", scale(2)).await;
    assert_eq!((&scaled["CurrentShardCount"], &scaled["TargetShardCount"]), (&json!(1), &json!(2)));
    world.settle();
    assert_eq!(ids(&filtered(json!({"Type": "AT_LATEST"})).await), [shard(4), shard(5)]);
    // A closed shard is forgotten when its last record would be.
    world.pass(jiff::SignedDuration::from_hours(25));
    assert_eq!(ids(&world.ok("ListShards", json!({"StreamName": "s"})).await), [shard(4), shard(5)]);
}
