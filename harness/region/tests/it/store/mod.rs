//! The contract of a store: what the region's S3 and SQS do wherever objects and messages are. Runs on the embedded store, or on the one
//! that `NIGHTPROOF_LOCALSTACK` names (`cargo xtask localstack`); `docs/stores.md` says where they differ.

mod s3;
mod sqs;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use nightproof_core::service::{AwsError, Reply, full_body};
use nightproof_core::{Caller, Principal, Region};
use nightproof_region::embedded::{self, Embedded, EmbeddedOptions};
use nightproof_store::Store;
use serde_json::{Value, json};

/// A region with an account, and a bucket, of its own. Tests call the bucket `nightly`, whatever it is called.
struct Lab {
    embedded: Embedded,
    root: Caller,
    bucket: String,
    _folder: tempfile::TempDir,
}

impl Lab {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let unique = uuid::Uuid::new_v4().as_u128();
        let account = format!("{:012}", 100_000_000_000 + unique % 900_000_000_000);
        let store = std::env::var("NIGHTPROOF_LOCALSTACK").ok().map(|url| Store::new(&url, "us-east-1").unwrap());
        let options = EmbeddedOptions {
            store,
            ..EmbeddedOptions::new(&account, folder.path().join("region"), env!("CARGO_BIN_EXE_nightproof-machine").into())
        };
        let embedded = embedded::start(options).await.unwrap();
        Self { embedded, root: Caller::root(&account), bucket: format!("nightly-{account}"), _folder: folder }
    }

    async fn with_bucket() -> Self {
        let lab = Self::new().await;
        lab.ok("CreateBucket", json!({"Bucket": "nightly"})).await;
        lab
    }

    fn region(&self) -> &Region {
        &self.embedded.region
    }

    /// The input with the names that buckets really have: they are global.
    fn named(&self, input: Value) -> Value {
        let Value::Object(mut members) = input else { return input };
        for (member, value) in &mut members {
            let text = value.as_str().unwrap_or_default();
            match member.as_str() {
                "Bucket" if text == "nightly" => *value = json!(self.bucket),
                "Bucket" | "TargetBucket" if text == "logs-here" => *value = json!(format!("{}-logs", self.bucket)),
                "CopySource" => *value = json!(text.replacen("nightly/", &format!("{}/", self.bucket), 1)),
                _ if value.is_object() => *value = self.named(value.take()),
                _ => {}
            }
        }
        members.into()
    }

    /// A user with one grant.
    async fn user_who_may(&self, action: &str, resource: &str) -> Caller {
        let made = self.region().call(&self.root, "iam", "CreateUser", json!({"UserName": "somebody"})).await.unwrap();
        let id = made["User"]["UserId"].as_str().unwrap().to_owned();
        let statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
        let policy = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        let input = json!({"UserName": "somebody", "PolicyName": "one-grant", "PolicyDocument": policy});
        self.region().call(&self.root, "iam", "PutUserPolicy", input).await.unwrap();
        Caller { principal: Principal::User { name: "somebody".to_owned(), id }, ..self.root.clone() }
    }

    async fn call(&self, operation: &str, input: Value, body: &[u8]) -> Result<Reply, AwsError> {
        self.call_as(&self.root, operation, input, body).await
    }

    async fn call_as(&self, caller: &Caller, operation: &str, input: Value, body: &[u8]) -> Result<Reply, AwsError> {
        self.region().call_with_body(caller, "s3", operation, self.named(input), full_body(body.to_vec())).await
    }

    async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input, b"").await.unwrap_or_else(|error| panic!("{operation}: {error}")).output
    }

    async fn refused(&self, operation: &str, input: Value) -> AwsError {
        match self.call(operation, input, b"").await {
            Ok(reply) => panic!("{operation} answered {}", reply.output),
            Err(error) => error,
        }
    }

    async fn put(&self, key: &str, bytes: &[u8]) -> Value {
        self.call("PutObject", json!({"Bucket": "nightly", "Key": key}), bytes).await.unwrap().output
    }

    async fn get(&self, input: Value) -> (Value, Bytes) {
        let reply = self.call("GetObject", input, b"").await.unwrap();
        let bytes = reply.body.unwrap().collect().await.unwrap().to_bytes();
        (reply.output, bytes)
    }

    async fn sqs(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region().call(&self.root, "sqs", operation, input).await
    }
}
