//! Registered consumers.

use serde_json::{Value, json};

use super::{World, arn};

#[tokio::test]
async fn a_consumer_is_registered_described_tagged_and_deregistered() {
    let world = World::with_stream(1).await;
    let made = world.ok("RegisterStreamConsumer", json!({"StreamARN": arn(), "ConsumerName": "c", "Tags": {"a": "1"}})).await;
    let consumer = made["Consumer"]["ConsumerARN"].as_str().unwrap().to_owned();
    assert!(consumer.starts_with(&format!("{}/consumer/c:", arn())), "{consumer}");
    assert_eq!(made["Consumer"]["ConsumerStatus"], "CREATING");
    world.settle();
    let named = json!({"StreamARN": arn(), "ConsumerName": "c"});
    let described = world.ok("DescribeStreamConsumer", named.clone()).await["ConsumerDescription"].clone();
    assert_eq!((&described["ConsumerStatus"], &described["StreamARN"]), (&json!("ACTIVE"), &json!(arn())));
    assert_eq!(world.ok("ListTagsForResource", json!({"ResourceARN": consumer})).await["Tags"][0]["Key"], "a");
    assert!(world.refused("RegisterStreamConsumer", named).await.starts_with("ResourceInUseException"));
    assert!(world.refused("DeleteStream", json!({"StreamName": "s"})).await.starts_with("ResourceInUseException"));
    world.ok("DeregisterStreamConsumer", json!({"ConsumerARN": consumer})).await;
    let list = json!({"StreamARN": arn()});
    assert_eq!(world.ok("ListStreamConsumers", list.clone()).await["Consumers"][0]["ConsumerStatus"], "DELETING");
    world.settle();
    assert_eq!(world.ok("ListStreamConsumers", list).await["Consumers"], json!([]));
    let gone = world.refused("DescribeStreamConsumer", json!({"ConsumerARN": consumer})).await;
    assert!(gone.starts_with("ResourceNotFoundException"), "{gone}");
    assert!(world.refused("DescribeStreamConsumer", json!({"ConsumerName": "c"})).await.starts_with("InvalidArgument"));
}

#[tokio::test]
async fn a_stream_takes_its_consumers_along_when_it_is_told_to() {
    let world = World::with_stream(1).await;
    world.ok("RegisterStreamConsumer", json!({"StreamARN": arn(), "ConsumerName": "c"})).await;
    world.ok("DeleteStream", json!({"StreamName": "s", "EnforceConsumerDeletion": true})).await;
    assert_eq!(world.ok("ListStreamConsumers", json!({"StreamARN": arn()})).await["Consumers"], json!([]));
}

#[tokio::test]
async fn no_consumer_subscribes_to_a_shard() {
    let world = World::with_stream(1).await;
    let consumer = format!("{}/consumer/c:1", arn());
    let position: Value = json!({"Type": "LATEST"});
    let subscribe = json!({"ConsumerARN": consumer, "ShardId": "shardId-000000000000", "StartingPosition": position});
    let refused = world.refused("SubscribeToShard", subscribe).await;
    assert!(refused.starts_with("NotImplemented") && refused.contains("SubscribeToShard"), "{refused}");
}
