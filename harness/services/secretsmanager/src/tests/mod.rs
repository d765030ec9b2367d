//! Calls of Secrets Manager through a region with KMS, whose policies are in force.

mod lifecycle;
mod policies;
mod staging;
mod values;

use jiff::SignedDuration;
use nightproof_authorization::Authorizer;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use nightproof_service_iam::Iam;
use nightproof_service_kms::Kms;
use nightproof_service_sts::Sts;
use serde_json::{Value, json};

use crate::records::SecretsManager;

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
        region.install(vec![("iam", iam), ("kms", Kms::new()), ("secretsmanager", SecretsManager::new()), ("sts", sts)]);
        Self { region }
    }

    async fn call_other(&self, service: &str, operation: &str, input: Value) -> Value {
        let result = self.region.call(&Caller::root(ACCOUNT), service, operation, input).await;
        result.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), "secretsmanager", operation, input).await
    }

    async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn refused(&self, operation: &str, input: Value) -> String {
        let error = self.call(operation, input).await.expect_err("refused");
        format!("{}: {}", error.code, error.message)
    }

    /// A secret `s` with one value, as its ARN and version.
    async fn secret(&self, value: &str) -> (String, String) {
        let made = self.ok("CreateSecret", json!({"Name": "s", "SecretString": value, "ClientRequestToken": token(1)})).await;
        (text(&made, "ARN"), text(&made, "VersionId"))
    }

    async fn put(&self, number: u32, value: &str) -> Value {
        self.ok("PutSecretValue", json!({"SecretId": "s", "SecretString": value, "ClientRequestToken": token(number)})).await
    }

    fn pass_days(&self, days: i64) {
        let clock = self.region.clock();
        clock.advance_to(clock.now() + SignedDuration::from_hours(24 * days));
    }
}

/// A version's id.
fn token(number: u32) -> String {
    format!("00000000-0000-0000-0000-{number:012}")
}

fn text(document: &Value, member: &str) -> String {
    document[member].as_str().unwrap_or_default().to_owned()
}

#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread =
        nightproof_core::operation::unread_members("secretsmanager", SecretsManager::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
