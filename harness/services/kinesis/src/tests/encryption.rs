//! Streams under KMS keys.

use nightproof_core::{Caller, Principal};
use serde_json::{Value, json};

use super::{ACCOUNT, World, shard};

async fn user(world: &World, actions: Value) -> Caller {
    let made = world.other("iam", "CreateUser", json!({"UserName": "app"})).await;
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    world.other("iam", "PutUserPolicy", json!({"UserName": "app", "PolicyName": "p", "PolicyDocument": policy})).await;
    let id = made["User"]["UserId"].as_str().unwrap().to_owned();
    Caller { principal: Principal::User { name: "app".to_owned(), id }, ..Caller::root(ACCOUNT) }
}

#[tokio::test]
async fn a_producer_needs_a_data_key_and_a_reader_decrypts_it() {
    let world = World::with_stream(1).await;
    let key = world.other("kms", "CreateKey", json!({})).await["KeyMetadata"]["KeyId"].clone();
    world.ok("StartStreamEncryption", json!({"StreamName": "s", "EncryptionType": "KMS", "KeyId": key})).await;
    world.settle();
    let stream = world.stream().await;
    assert_eq!((&stream["EncryptionType"], &stream["KeyId"]), (&json!("KMS"), &key));
    assert_eq!(world.put("k", "YQ==").await["EncryptionType"], "KMS");
    let caller = user(&world, json!(["kinesis:*", "kms:GenerateDataKey"])).await;
    let call = |operation: &'static str, input: Value| world.region.call(&caller, "kinesis", operation, input);
    call("PutRecord", json!({"StreamName": "s", "PartitionKey": "k", "Data": "Yg=="})).await.unwrap();
    let iterator = world.iterator(&shard(0), json!({})).await;
    let refused = call("GetRecords", json!({"ShardIterator": iterator})).await.unwrap_err();
    assert_eq!(refused.code, "KMSAccessDeniedException");
    let (data, answer) = world.read(&iterator).await;
    assert_eq!((data.len(), &answer["Records"][1]["EncryptionType"]), (2, &json!("KMS")));
    world.other("kms", "DisableKey", json!({"KeyId": key})).await;
    let disabled = world.refused("PutRecord", json!({"StreamName": "s", "PartitionKey": "k", "Data": "Yw=="})).await;
    assert!(disabled.starts_with("KMSDisabledException"), "{disabled}");
    world.ok("StopStreamEncryption", json!({"StreamName": "s", "EncryptionType": "KMS", "KeyId": key})).await;
    world.settle();
    assert_eq!(world.put("k", "Yw==").await["EncryptionType"], Value::Null);
}

#[tokio::test]
async fn everybody_who_may_use_the_stream_may_use_the_key_that_aws_manages() {
    let world = World::with_stream(1).await;
    let managed = json!({"StreamName": "s", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"});
    world.ok("StartStreamEncryption", managed).await;
    world.settle();
    let caller = user(&world, json!("kinesis:PutRecord")).await;
    let put = json!({"StreamName": "s", "PartitionKey": "k", "Data": "Yg=="});
    let answer = world.region.call(&caller, "kinesis", "PutRecord", put).await.unwrap();
    assert_eq!(answer["EncryptionType"], "KMS");
}
