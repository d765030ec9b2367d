//! What callers see of faults.

use std::sync::Arc;

use nightproof_core::service::{AwsError, full_body};
use nightproof_core::{Caller, Region};
use nightproof_faults::{Faults, Rule};
use nightproof_service_kms::Kms;
use nightproof_service_s3::S3;
use nightproof_service_sqs::Sqs;
use serde_json::{Value, json};

struct Lab {
    region: Region,
    _folder: tempfile::TempDir,
}

impl Lab {
    fn with(rules: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let faults = Arc::<Faults>::default();
        let region = nightproof_test_region::with_faults("111122223333", folder.path(), &faults);
        region.install(vec![("kms", Kms::new()), ("s3", S3::new(folder.path().join("s3"))), ("sqs", Sqs::new())]);
        let rules: Vec<Rule> = serde_json::from_value(rules).unwrap();
        faults.set(rules);
        Self { region, _folder: folder }
    }

    async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root("111122223333"), service, operation, input).await
    }

    async fn queues(&self) -> usize {
        let answer = self.call("sqs", "ListQueues", json!({})).await.unwrap();
        answer["QueueUrls"].as_array().map_or(0, Vec::len)
    }
}

#[tokio::test]
async fn an_error_is_answered_instead_of_doing_it_as_often_as_the_rule_says() {
    let lab = Lab::with(json!([{
        "when": { "service": "sqs", "operation": "Create*", "input": { "QueueName": "a*" } },
        "occurrence": { "first": 1 },
        "then": { "error": { "code": "ThrottlingException", "message": "Rate exceeded" } },
    }]));
    let refused = lab.call("sqs", "CreateQueue", json!({ "QueueName": "ab" })).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.status, refused.message.as_str()), ("ThrottlingException", 400, "Rate exceeded"));
    assert_eq!(lab.queues().await, 0);
    lab.call("sqs", "CreateQueue", json!({ "QueueName": "b" })).await.unwrap();
    lab.call("sqs", "CreateQueue", json!({ "QueueName": "ab" })).await.unwrap();
    let told = lab.region.journal().records().iter().any(
        |record| matches!(&record.event, nightproof_journal::Event::Fault { detail, .. } if detail == "sqs:CreateQueue answers ThrottlingException"),
    );
    assert!(told);
}

#[tokio::test]
async fn an_answer_is_lost_after_the_call_was_done() {
    let lab = Lab::with(json!([{ "when": { "operation": "CreateQueue" }, "then": "lose_answer" }]));
    assert!(lab.call("sqs", "CreateQueue", json!({ "QueueName": "a" })).await.is_err());
    assert_eq!(lab.queues().await, 1);
}

#[tokio::test]
async fn a_call_is_done_twice_and_answered_once() {
    let lab = Lab::with(json!([{ "when": { "operation": "SendMessage" }, "occurrence": { "nth": 2 }, "then": "repeat" }]));
    let queue = lab.call("sqs", "CreateQueue", json!({ "QueueName": "a" })).await.unwrap()["QueueUrl"].clone();
    let mut answered = Vec::new();
    for text in ["once", "twice", "once more"] {
        let answer = lab.call("sqs", "SendMessage", json!({ "QueueUrl": queue, "MessageBody": text })).await.unwrap();
        answered.push(answer["MessageId"].clone());
    }
    let received =
        lab.call("sqs", "ReceiveMessage", json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 })).await.unwrap()["Messages"]
            .clone();
    let received: Vec<(&Value, &Value)> =
        received.as_array().unwrap().iter().map(|message| (&message["Body"], &message["MessageId"])).collect();
    assert_eq!(received.iter().filter(|(body, _)| *body == "twice").count(), 2, "{received:?}");
    assert_eq!(received.len(), 4);
    assert!(answered.iter().all(|id| received.iter().any(|(_, received)| *received == id)), "{received:?}");
}

#[tokio::test]
async fn a_payload_that_comes_once_is_stored_once() {
    let lab = Lab::with(json!([{ "when": { "operation": "PutObject" }, "then": "repeat" }]));
    lab.call("s3", "CreateBucket", json!({ "Bucket": "once" })).await.unwrap();
    let versioning = json!({ "Bucket": "once", "VersioningConfiguration": { "Status": "Enabled" } });
    lab.call("s3", "PutBucketVersioning", versioning).await.unwrap();
    let input = json!({ "Bucket": "once", "Key": "k", "ContentLength": 5 });
    lab.region.call_with_body(&Caller::root("111122223333"), "s3", "PutObject", input, full_body("hello")).await.unwrap();
    let versions = lab.call("s3", "ListObjectVersions", json!({ "Bucket": "once" })).await.unwrap()["Versions"].clone();
    assert_eq!(versions.as_array().map(Vec::len), Some(1), "{versions}");
    assert_eq!(versions[0]["Size"], 5);
    let told = lab.region.journal().records().iter().any(
        |record| matches!(&record.event, nightproof_journal::Event::Fault { detail, .. } if detail.ends_with("is done once, as its payload comes once")),
    );
    assert!(told);
}

#[tokio::test]
async fn a_payload_that_breaks_off_leaves_no_object() {
    let lab =
        Lab::with(json!([{ "when": { "operation": "PutObject" }, "occurrence": { "nth": 1 }, "then": { "cut_request": 3 } }]));
    lab.call("s3", "CreateBucket", json!({ "Bucket": "cut-off" })).await.unwrap();
    let root = Caller::root("111122223333");
    let input = json!({ "Bucket": "cut-off", "Key": "k", "ContentLength": 5 });
    assert!(lab.region.call_with_body(&root, "s3", "PutObject", input.clone(), full_body("hello")).await.is_err());
    assert!(lab.call("s3", "HeadObject", json!({ "Bucket": "cut-off", "Key": "k" })).await.is_err());
    assert!(lab.region.call_with_body(&root, "s3", "PutObject", input, full_body("hello")).await.is_ok());
}

#[tokio::test]
async fn a_payload_with_a_wrong_byte_is_refused_by_its_checksum_and_stored_without_one() {
    let lab = Lab::with(json!([{ "when": { "operation": "PutObject" }, "then": { "corrupt_request": 1 } }]));
    lab.call("s3", "CreateBucket", json!({ "Bucket": "wrong-byte" })).await.unwrap();
    let put = async |more: Value| {
        let mut input = json!({ "Bucket": "wrong-byte", "Key": "k", "ContentLength": 5 });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        lab.region.call_with_body(&Caller::root("111122223333"), "s3", "PutObject", input, full_body("hello")).await
    };
    let refused = put(json!({ "ContentMD5": "XUFAKrxLKna5cZ2REBfFkg==" })).await.err().unwrap();
    assert_eq!(refused.code, "BadDigest");
    let stored = put(json!({})).await.unwrap().output["ETag"].clone();
    assert_ne!(stored, "\"5d41402abc4b2a76b9719d911017c592\"", "the digest of what was sent");
}

#[tokio::test]
async fn calls_of_somebody_else_come_first() {
    let lab = Lab::with(json!([{
        "when": { "operation": "GenerateDataKey" },
        "then": { "calls": [{ "service": "kms", "operation": "DisableKey", "input": { "KeyId": "alias/k" } },
                            { "service": "sqs", "operation": "CreateQueue", "input": { "QueueName": "told" } }] },
    }]));
    let key = lab.call("kms", "CreateKey", json!({})).await.unwrap()["KeyMetadata"]["KeyId"].clone();
    lab.call("kms", "CreateAlias", json!({ "AliasName": "alias/k", "TargetKeyId": key })).await.unwrap();
    lab.call("kms", "GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })).await.unwrap();
    assert_eq!(lab.queues().await, 1);
}

#[tokio::test]
async fn a_session_ends_with_the_call_and_a_long_lived_key_does_not() {
    let lab = Lab::with(json!([{ "when": { "operation": "CreateQueue" }, "then": "expire_credentials" }]));
    let (credentials, now) = (lab.region.credentials(), lab.region.clock().now());
    let root = Caller::root("111122223333");
    let session = credentials.issue_session(root.clone(), now + jiff::SignedDuration::from_hours(1));
    let key = credentials.issue_key(root);
    for signer in [&session, &key] {
        lab.region.call(&signer.caller, "sqs", "CreateQueue", json!({ "QueueName": "a" })).await.unwrap();
    }
    let expires = |id| credentials.find(id).unwrap().expires;
    assert!(expires(&session.access_key_id).is_some_and(|end| end <= lab.region.clock().now()));
    assert_eq!(expires(&key.access_key_id), None);
}

#[test]
fn a_rule_with_a_word_that_is_not_known_is_refused() {
    for rule in [
        json!({ "when": { "verb": "PUT" }, "then": "lose_answer" }),
        json!({ "when": {}, "then": "explode" }),
        json!({ "when": {}, "occurrence": { "sometimes": 1 }, "then": "lose_answer" }),
        json!({ "when": {} }),
    ] {
        assert!(serde_json::from_value::<Rule>(rule.clone()).is_err(), "{rule}");
    }
}
