//! The service without machines: what it keeps, and what it refuses.

use std::io::{Cursor, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Lambda;
use crate::service::{AwsError, Service};
use crate::services::iam::Iam;
use crate::services::sts::Sts;
use crate::{Caller, Region, Settings};

const ACCOUNT: &str = "111122223333";

struct World {
    region: Region,
}

impl World {
    async fn new() -> Self {
        let folder = PathBuf::new();
        let region = Region::new(Settings {
            region: "us-east-1".to_owned(),
            account: ACCOUNT.to_owned(),
            program: folder.clone(),
            folder,
        });
        let iam = Iam::new();
        region.install(vec![
            ("lambda", Lambda::new(None) as Arc<dyn Service>),
            ("iam", Arc::clone(&iam) as Arc<dyn Service>),
            ("sts", Sts::new(iam) as Arc<dyn Service>),
        ]);
        let world = Self { region };
        world.role("r").await;
        world
    }

    async fn role(&self, name: &str) {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
        let input = json!({ "RoleName": name, "AssumeRolePolicyDocument": trust.to_string() });
        self.call("iam", "CreateRole", input).await.unwrap();
    }

    async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), service, operation, input).await
    }

    async fn ask(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.call("lambda", operation, input).await
    }

    /// Creates a function `f` and waits until it is active.
    async fn function(&self) -> Value {
        self.ask("CreateFunction", new("f")).await.unwrap();
        self.settled("f").await
    }

    async fn settled(&self, name: &str) -> Value {
        let mut seen = Value::Null;
        for _ in 0..500 {
            seen = self.ask("GetFunctionConfiguration", json!({ "FunctionName": name })).await.unwrap();
            if seen["LastUpdateStatus"] == "Successful" {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("not settled: {seen}");
    }
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn zip(source: &str) -> String {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("index.py", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(source.as_bytes()).unwrap();
    STANDARD.encode(archive.finish().unwrap().into_inner())
}

fn new(name: &str) -> Value {
    json!({
        "FunctionName": name, "Runtime": "python3.11", "Handler": "index.handler", "Role": role("r"),
        "Code": { "ZipFile": zip("x = 1") },
    })
}

fn with(mut input: Value, more: &Value) -> Value {
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

#[tokio::test]
async fn a_function_is_pending_until_it_is_created() {
    let world = World::new().await;
    let answer = world.ask("CreateFunction", new("f")).await.unwrap();
    assert_eq!((&answer["State"], &answer["StateReasonCode"]), (&json!("Pending"), &json!("Creating")));
    assert!(answer.get("LastUpdateStatus").is_none(), "{answer}");
    let invoke = json!({ "FunctionName": "f", "InvocationType": "DryRun" });
    assert_eq!(world.ask("Invoke", invoke.clone()).await.unwrap_err().code, "ResourceConflictException");
    let settled = world.settled("f").await;
    assert_eq!(settled["State"], "Active");
    assert!(settled.get("StateReason").is_none(), "{settled}");
    assert_ne!(settled["RevisionId"], answer["RevisionId"]);
    assert_eq!(world.ask("Invoke", invoke).await.unwrap()["StatusCode"], 204);
}

#[tokio::test]
async fn an_update_is_in_progress_until_it_has_settled() {
    let world = World::new().await;
    let before = world.function().await;
    let update = json!({ "FunctionName": "f", "Timeout": 9, "Environment": { "Variables": { "AB": "cd" } } });
    let answer = world.ask("UpdateFunctionConfiguration", update.clone()).await.unwrap();
    assert_eq!(
        (&answer["LastUpdateStatus"], &answer["State"], &answer["Timeout"]),
        (&json!("InProgress"), &json!("Active"), &json!(9))
    );
    let refused = world.ask("UpdateFunctionConfiguration", update).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.status), ("ResourceConflictException", 409));
    assert!(refused.message.starts_with("The operation cannot be performed at this time. An update is in progress"));
    let after = world.settled("f").await;
    assert_eq!(after["Environment"], json!({ "Variables": { "AB": "cd" } }));
    assert_eq!((&after["MemorySize"], &after["CodeSha256"]), (&before["MemorySize"], &before["CodeSha256"]));
    let revisions = [&before["RevisionId"], &answer["RevisionId"], &after["RevisionId"]];
    assert!(revisions[0] != revisions[1] && revisions[1] != revisions[2], "{revisions:?}");
}

#[tokio::test]
async fn new_code_has_its_own_size_and_digest() {
    let world = World::new().await;
    let before = world.function().await;
    let update = json!({ "FunctionName": "f", "ZipFile": zip("y = 'longer than before'") });
    let dry = world.ask("UpdateFunctionCode", with(update.clone(), &json!({ "DryRun": true }))).await.unwrap();
    assert_eq!(world.settled("f").await, before, "a dry run changes nothing");
    world.ask("UpdateFunctionCode", update).await.unwrap();
    let after = world.settled("f").await;
    assert_ne!(after["CodeSha256"], before["CodeSha256"]);
    assert_eq!((&after["CodeSha256"], &after["CodeSize"]), (&dry["CodeSha256"], &dry["CodeSize"]));
}

#[tokio::test]
async fn an_update_meant_for_another_revision_is_refused() {
    let world = World::new().await;
    let before = world.function().await;
    for (operation, change) in [
        ("UpdateFunctionCode", json!({ "ZipFile": zip("z") })),
        ("UpdateFunctionConfiguration", json!({ "Description": "changed" })),
    ] {
        let input = |revision: &Value| with(change.clone(), &json!({ "FunctionName": "f", "RevisionId": revision }));
        let refused = world.ask(operation, input(&json!("other"))).await.unwrap_err();
        assert_eq!((refused.code.as_str(), refused.status), ("PreconditionFailedException", 412), "{operation}");
        let now = world.settled("f").await;
        assert_eq!((&now["CodeSha256"], &now["Description"]), (&before["CodeSha256"], &before["Description"]));
    }
    let current = world.settled("f").await;
    let right = json!({ "FunctionName": "f", "Description": "changed", "RevisionId": current["RevisionId"] });
    assert_eq!(world.ask("UpdateFunctionConfiguration", right).await.unwrap()["Description"], "changed");
}

#[tokio::test]
async fn an_update_that_cannot_be_honoured_changes_nothing() {
    let world = World::new().await;
    let before = world.function().await;
    let unusable =
        world.ask("UpdateFunctionConfiguration", json!({ "FunctionName": "f", "Role": role("missing") })).await.unwrap_err();
    assert_eq!(
        (unusable.code.as_str(), unusable.message.as_str()),
        ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")
    );
    let unknown = json!({ "FunctionName": "f", "KMSKeyArn": format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/1") });
    let refused = world.ask("UpdateFunctionConfiguration", unknown).await.unwrap_err();
    assert_eq!(refused.code, "NotImplemented");
    assert!(refused.message.contains("KMSKeyArn"), "{refused}");
    let broken = json!({ "FunctionName": "f", "ZipFile": STANDARD.encode("no zip") });
    assert_eq!(world.ask("UpdateFunctionCode", broken).await.unwrap_err().code, "InvalidParameterValueException");
    assert_eq!(world.settled("f").await, before);
    let missing = world.ask("UpdateFunctionConfiguration", json!({ "FunctionName": "g", "Timeout": 9 })).await.unwrap_err();
    assert_eq!((missing.code.as_str(), missing.status), ("ResourceNotFoundException", 404));
}
