//! Calls of DynamoDB through a region with KMS, whose policies are in force.

mod backups;
mod expressions;
mod items;
mod policies;
mod queries;
mod streams;
mod tables;
mod transactions;

use std::sync::Arc;

use jiff::SignedDuration;
use nightproof_authorization::Authorizer;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use nightproof_service_iam::Iam;
use nightproof_service_kms::Kms;
use nightproof_service_sts::Sts;
use serde_json::{Value, json};

use crate::records::{DynamoDb, DynamoDbStreams};

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
        let tables = DynamoDb::new();
        region.install(vec![
            ("dynamodb", Arc::clone(&tables) as Arc<dyn nightproof_core::service::Service>),
            ("dynamodbstreams", DynamoDbStreams::new(tables)),
            ("iam", iam),
            ("kms", Kms::new()),
            ("sts", sts),
        ]);
        Self { region }
    }

    /// With a table `t`, whose key is `id` and `nr`, and which has the index `by-size` of all attributes.
    async fn with_table() -> Self {
        let world = Self::new();
        world
            .ok(
                "CreateTable",
                json!({
                    "TableName": "tab",
                    "AttributeDefinitions": [
                        {"AttributeName": "id", "AttributeType": "S"},
                        {"AttributeName": "nr", "AttributeType": "N"},
                        {"AttributeName": "size", "AttributeType": "N"},
                    ],
                    "KeySchema": keys("id", Some("nr")),
                    "BillingMode": "PAY_PER_REQUEST",
                    "GlobalSecondaryIndexes": [
                        {"IndexName": "by-size", "KeySchema": keys("size", None), "Projection": {"ProjectionType": "KEYS_ONLY"}},
                    ],
                    "LocalSecondaryIndexes": [
                        {"IndexName": "local", "KeySchema": keys("id", Some("size")), "Projection": {"ProjectionType": "ALL"}},
                    ],
                    "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
                }),
            )
            .await;
        world.settle();
        world
    }

    async fn call_other(&self, service: &str, operation: &str, input: Value) -> Value {
        let result = self.region.call(&Caller::root(ACCOUNT), service, operation, input).await;
        result.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), "dynamodb", operation, input).await
    }

    async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn refused(&self, operation: &str, input: Value) -> String {
        let error = self.call(operation, input).await.expect_err("refused");
        format!("{}: {}", error.code, error.message)
    }

    /// Puts an item of the table `tab`.
    async fn put(&self, id: &str, at: u32, size: u32) {
        let item = json!({"id": {"S": id}, "nr": {"N": at.to_string()}, "size": {"N": size.to_string()}, "note": {"S": "n"}});
        self.ok("PutItem", json!({"TableName": "tab", "Item": item})).await;
    }

    /// What is made, changed or deleted is so.
    fn settle(&self) {
        self.pass(SignedDuration::from_secs(1));
    }

    fn pass(&self, duration: SignedDuration) {
        let clock = self.region.clock();
        clock.advance_to(clock.now() + duration);
    }
}

fn keys(partition: &str, sort: Option<&str>) -> Value {
    let sort = sort.map(|name| json!({"AttributeName": name, "KeyType": "RANGE"}));
    let partition = json!({"AttributeName": partition, "KeyType": "HASH"});
    std::iter::once(partition).chain(sort).collect()
}

fn key(id: &str, at: u32) -> Value {
    json!({"id": {"S": id}, "nr": {"N": at.to_string()}})
}

#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let mut unread = nightproof_core::operation::unread_members("dynamodb", DynamoDb::INPUTS).expect("structs fit the model");
    unread.extend(
        nightproof_core::operation::unread_members("dynamodbstreams", DynamoDbStreams::INPUTS).expect("structs fit the model"),
    );
    insta::assert_snapshot!(unread.join("\n"));
}
