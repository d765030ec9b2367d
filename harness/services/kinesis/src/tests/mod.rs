//! Calls of Kinesis through a region with KMS, whose policies are in force.

mod consumers;
mod encryption;
mod policies;
mod records;
mod streams;

use jiff::SignedDuration;
use nightproof_authorization::Authorizer;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use nightproof_service_iam::Iam;
use nightproof_service_kms::Kms;
use nightproof_service_sts::Sts;
use serde_json::{Value, json};

use crate::records::Kinesis;

const ACCOUNT: &str = "111122223333";

struct World {
    region: Region,
}

impl World {
    fn new() -> Self {
        let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
        let iam = Iam::new();
        let sts = Sts::new(iam.clone());
        region.set_authorizer(Authorizer::new(iam.clone(), sts.clone()));
        region.install(vec![("iam", iam), ("kinesis", Kinesis::new()), ("kms", Kms::new()), ("sts", sts)]);
        Self { region }
    }

    /// A region with the stream `s` of so many shards.
    async fn with_stream(shards: u32) -> Self {
        let world = Self::new();
        world.ok("CreateStream", json!({"StreamName": "s", "ShardCount": shards})).await;
        world.settle();
        world
    }

    async fn other(&self, service: &str, operation: &str, input: Value) -> Value {
        let result = self.region.call(&Caller::root(ACCOUNT), service, operation, input).await;
        result.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), "kinesis", operation, input).await
    }

    async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn refused(&self, operation: &str, input: Value) -> String {
        let error = self.call(operation, input).await.expect_err("refused");
        format!("{}: {}", error.code, error.message)
    }

    fn pass(&self, time: SignedDuration) {
        let clock = self.region.clock();
        clock.advance_to(clock.now() + time);
    }

    /// Lets a change of a stream come to its end.
    fn settle(&self) {
        self.pass(SignedDuration::from_secs(2));
    }

    async fn put(&self, partition_key: &str, data: &str) -> Value {
        self.ok("PutRecord", json!({"StreamName": "s", "PartitionKey": partition_key, "Data": data})).await
    }

    async fn iterator(&self, shard: &str, more: Value) -> String {
        let mut input = json!({"StreamName": "s", "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ok("GetShardIterator", input).await["ShardIterator"].as_str().unwrap().to_owned()
    }

    /// The data that an iterator gets.
    async fn read(&self, iterator: &str) -> (Vec<String>, Value) {
        let answer = self.ok("GetRecords", json!({"ShardIterator": iterator})).await;
        let data = answer["Records"].as_array().unwrap().iter().map(|record| record["Data"].as_str().unwrap().to_owned());
        (data.collect(), answer)
    }

    async fn stream(&self) -> Value {
        self.ok("DescribeStream", json!({"StreamName": "s"})).await["StreamDescription"].clone()
    }
}

fn shard(number: u32) -> String {
    format!("shardId-{number:012}")
}

fn arn() -> String {
    format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s")
}

#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("kinesis", Kinesis::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
