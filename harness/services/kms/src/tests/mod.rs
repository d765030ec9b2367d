//! Calls of KMS through a region.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use crate::records::Kms;

mod grants;
mod imports;
mod keys;
mod multi_region;

struct Lab {
    region: Region,
    root: Caller,
}

impl Lab {
    fn new() -> Self {
        let region = nightproof_test_region::region("111122223333", "/nonexistent");
        region.install(vec![("kms", Kms::new())]);
        Self { region, root: Caller::root("111122223333") }
    }

    async fn ok(&self, operation: &str, input: Value) -> Value {
        self.region.call(&self.root, "kms", operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn code(&self, operation: &str, input: Value) -> String {
        self.region.call(&self.root, "kms", operation, input).await.expect_err("refused").code
    }

    async fn refusal(&self, operation: &str, input: Value) -> String {
        self.region.call(&self.root, "kms", operation, input).await.expect_err("refused").message
    }

    async fn key_of(&self, spec: &str, usage: &str) -> Value {
        self.ok("CreateKey", json!({"KeySpec": spec, "KeyUsage": usage})).await["KeyMetadata"].clone()
    }

    async fn key(&self) -> Value {
        self.ok("CreateKey", json!({})).await["KeyMetadata"]["KeyId"].clone()
    }
}

#[tokio::test]
async fn a_data_key_opens_only_with_its_context() {
    let lab = Lab::new();
    let key = lab.key().await;
    let made =
        lab.ok("GenerateDataKey", json!({"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": {"a": "1", "b": "2"}})).await;
    let blob = &made["CiphertextBlob"];
    let opened = lab.ok("Decrypt", json!({"CiphertextBlob": blob, "EncryptionContext": {"b": "2", "a": "1"}})).await;
    assert_eq!((&opened["Plaintext"], &opened["KeyId"]), (&made["Plaintext"], &made["KeyId"]));
    assert_eq!(lab.code("Decrypt", json!({"CiphertextBlob": blob})).await, "InvalidCiphertextException");
    assert_eq!(lab.code("Decrypt", json!({"CiphertextBlob": "AAAA"})).await, "InvalidCiphertextException");
    let other = lab.key().await;
    let wrong = json!({"CiphertextBlob": blob, "KeyId": other, "EncryptionContext": {"a": "1", "b": "2"}});
    assert_eq!(lab.code("Decrypt", wrong).await, "IncorrectKeyException");
}

#[tokio::test]
async fn re_encryption_moves_a_secret_to_another_key() {
    let lab = Lab::new();
    let (one, two) = (lab.key().await, lab.key().await);
    let sealed = lab.ok("Encrypt", json!({"KeyId": one, "Plaintext": STANDARD.encode("secret")})).await;
    let moved = lab.ok("ReEncrypt", json!({"CiphertextBlob": sealed["CiphertextBlob"], "DestinationKeyId": two})).await;
    lab.ok("DisableKey", json!({"KeyId": one})).await;
    assert_eq!(lab.code("Decrypt", json!({"CiphertextBlob": sealed["CiphertextBlob"]})).await, "DisabledException");
    let opened = lab.ok("Decrypt", json!({"CiphertextBlob": moved["CiphertextBlob"]})).await;
    assert_eq!(opened["Plaintext"], STANDARD.encode("secret"));
}

#[tokio::test]
async fn a_key_scheduled_for_deletion_is_unusable_then_gone() {
    let lab = Lab::new();
    let key = lab.key().await;
    let data = json!({"KeyId": key, "KeySpec": "AES_256"});
    lab.ok("CreateAlias", json!({"AliasName": "alias/k", "TargetKeyId": key})).await;
    assert_eq!(lab.code("ScheduleKeyDeletion", json!({"KeyId": key, "PendingWindowInDays": 6})).await, "ValidationException");
    lab.ok("ScheduleKeyDeletion", json!({"KeyId": key, "PendingWindowInDays": 7})).await;
    assert_eq!(lab.code("GenerateDataKey", data.clone()).await, "KMSInvalidStateException");
    lab.ok("CancelKeyDeletion", json!({"KeyId": key})).await;
    assert_eq!(lab.code("GenerateDataKey", data.clone()).await, "DisabledException");
    lab.ok("ScheduleKeyDeletion", json!({"KeyId": key, "PendingWindowInDays": 7})).await;
    lab.region.clock().advance_to(lab.region.clock().now() + SignedDuration::from_hours(24 * 8));
    assert_eq!(lab.code("GenerateDataKey", data).await, "NotFoundException");
    assert_eq!(lab.code("DescribeKey", json!({"KeyId": "alias/k"})).await, "NotFoundException");
}

#[tokio::test]
async fn keys_are_found_by_id_arn_and_alias() {
    let lab = Lab::new();
    let metadata = lab.ok("CreateKey", json!({"Description": "d"})).await["KeyMetadata"].clone();
    lab.ok("CreateAlias", json!({"AliasName": "alias/k", "TargetKeyId": metadata["KeyId"]})).await;
    assert_eq!(
        lab.code("CreateAlias", json!({"AliasName": "alias/k", "TargetKeyId": metadata["KeyId"]})).await,
        "AlreadyExistsException"
    );
    for name in [
        metadata["KeyId"].clone(),
        metadata["Arn"].clone(),
        json!("alias/k"),
        json!("arn:aws:kms:us-east-1:111122223333:alias/k"),
    ] {
        assert_eq!(lab.ok("DescribeKey", json!({"KeyId": name})).await["KeyMetadata"], metadata);
    }
    assert_eq!(lab.code("DescribeKey", json!({"KeyId": "alias/none"})).await, "NotFoundException");
    let managed = lab.ok("DescribeKey", json!({"KeyId": "alias/aws/s3"})).await;
    assert_eq!(managed["KeyMetadata"]["KeyManager"], "AWS");
}

#[tokio::test]
async fn specifications_that_are_lacking_and_policies_that_lock_out_are_refused() {
    let lab = Lab::new();
    let lacking = json!({"KeySpec": "ML_DSA_44", "KeyUsage": "SIGN_VERIFY"});
    assert_eq!(lab.code("CreateKey", lacking).await, "NotImplemented");
    assert_eq!(lab.code("CreateKey", json!({"Policy": "nonsense"})).await, "MalformedPolicyDocumentException");
    let locked = json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*"}]});
    assert_eq!(lab.code("CreateKey", json!({"Policy": locked.to_string()})).await, "MalformedPolicyDocumentException");
    let rotation = json!({"KeyId": lab.key().await});
    lab.ok("EnableKeyRotation", rotation.clone()).await;
    assert_eq!(lab.ok("GetKeyRotationStatus", rotation).await["KeyRotationEnabled"], true);
}

#[tokio::test]
async fn a_dry_run_says_whether_a_call_would_succeed() {
    let lab = Lab::new();
    let key = lab.key().await;
    let dry = json!({"KeyId": key, "Plaintext": STANDARD.encode("secret"), "DryRun": true});
    let answer = lab.region.call(&lab.root, "kms", "Encrypt", dry.clone()).await.expect_err("a dry run");
    assert_eq!((answer.code.as_str(), answer.status), ("DryRunOperationException", 400));
    lab.ok("DisableKey", json!({"KeyId": key})).await;
    assert_eq!(lab.code("Encrypt", dry).await, "DisabledException");
}

/// A list of all operations and members of the model that are refused, to be reviewed when it changes.
#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("kms", Kms::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
