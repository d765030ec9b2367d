//! Who may use a stream.

use nightproof_core::{Caller, Principal};
use serde_json::{Value, json};

use super::{ACCOUNT, World, arn, shard};

async fn user(world: &World, statement: Value) -> Caller {
    let made = world.other("iam", "CreateUser", json!({"UserName": "app"})).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    world.other("iam", "PutUserPolicy", json!({"UserName": "app", "PolicyName": "p", "PolicyDocument": policy})).await;
    let id = made["User"]["UserId"].as_str().unwrap().to_owned();
    Caller { principal: Principal::User { name: "app".to_owned(), id }, ..Caller::root(ACCOUNT) }
}

#[tokio::test]
async fn an_iterator_is_used_by_who_may_read_its_stream() {
    let world = World::with_stream(1).await;
    world.put("k", "YQ==").await;
    world.ok("CreateStream", json!({"StreamName": "other", "ShardCount": 1})).await;
    world.settle();
    let caller = user(&world, json!({"Effect": "Allow", "Action": "kinesis:GetRecords", "Resource": arn()})).await;
    let get = |iterator: String| world.region.call(&caller, "kinesis", "GetRecords", json!({"ShardIterator": iterator}));
    assert_eq!(get(world.iterator(&shard(0), json!({})).await).await.unwrap()["Records"].as_array().unwrap().len(), 1);
    let refused = get(world.iterator(&shard(0), json!({"StreamName": "other"})).await).await.unwrap_err();
    assert!(refused.code.starts_with("AccessDenied") && refused.message.contains("stream/other"), "{refused}");
}

#[tokio::test]
async fn a_stream_that_is_made_with_tags_takes_the_permission_to_add_them() {
    let world = World::new();
    let caller = user(&world, json!({"Effect": "Allow", "Action": "kinesis:CreateStream", "Resource": "*"})).await;
    let create = |tags: Value| {
        let input = json!({"StreamName": "s", "ShardCount": 1, "Tags": tags});
        world.region.call(&caller, "kinesis", "CreateStream", input)
    };
    let refused = create(json!({"a": "1"})).await.unwrap_err();
    assert!(refused.message.contains("kinesis:AddTagsToStream"), "{refused}");
    world.region.call(&caller, "kinesis", "CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await.unwrap();
}

#[tokio::test]
async fn a_streams_own_policy_lets_in() {
    let world = World::with_stream(1).await;
    let caller = user(&world, json!({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})).await;
    let put = || {
        let input = json!({"StreamARN": arn(), "PartitionKey": "k", "Data": ""});
        world.region.call(&caller, "kinesis", "PutRecord", input)
    };
    put().await.unwrap_err();
    assert_eq!(world.ok("GetResourcePolicy", json!({"ResourceARN": arn()})).await["Policy"], "{}");
    let statement =
        json!({"Effect": "Allow", "Principal": {"AWS": caller.arn()}, "Action": "kinesis:PutRecord", "Resource": arn()});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    world.ok("PutResourcePolicy", json!({"ResourceARN": arn(), "Policy": policy})).await;
    put().await.unwrap();
    assert_eq!(world.ok("GetResourcePolicy", json!({"ResourceARN": arn()})).await["Policy"], policy);
    world.ok("DeleteResourcePolicy", json!({"ResourceARN": arn()})).await;
    put().await.unwrap_err();
    let twice = world.refused("DeleteResourcePolicy", json!({"ResourceARN": arn()})).await;
    assert!(twice.starts_with("ResourceNotFoundException"), "{twice}");
    let broken = world.refused("PutResourcePolicy", json!({"ResourceARN": arn(), "Policy": "{"})).await;
    assert!(broken.starts_with("InvalidArgumentException"), "{broken}");
}
