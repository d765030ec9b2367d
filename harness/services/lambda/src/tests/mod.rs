//! The service without machines: what it keeps, and what it refuses.

mod layers;
mod names;
mod records;
mod runtimes;
mod streams;

use std::io::{Cursor, Write as _};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_authorization::Authorizer;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, full_body};
use nightproof_core::{Caller, Principal, Region};
use nightproof_service_iam::Iam;
use nightproof_service_kinesis::Kinesis;
use nightproof_service_s3::S3;
use nightproof_service_sqs::Sqs;
use nightproof_service_sts::Sts;
use serde_json::{Value, json};

use crate::records::Lambda;

/// How long a test waits for an event that takes milliseconds on an idle machine.
const BOUND: Duration = Duration::from_secs(20);

const ACCOUNT: &str = "111122223333";

struct World {
    region: Region,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        Self::with(Lambda::new(None)).await
    }

    async fn with(lambda: Arc<Lambda>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let region = nightproof_test_region::region(ACCOUNT, folder.path());
        let iam = Iam::new();
        let sts = Sts::new(Arc::clone(&iam));
        region.set_authorizer(Authorizer::new(Arc::clone(&iam), Arc::clone(&sts)));
        region.install(vec![
            ("lambda", lambda as Arc<dyn Service>),
            ("iam", iam as Arc<dyn Service>),
            ("sts", sts as Arc<dyn Service>),
            ("s3", S3::new(folder.path().join("s3"))),
            ("sqs", Sqs::new() as Arc<dyn Service>),
            ("kinesis", Kinesis::new() as Arc<dyn Service>),
        ]);
        let world = Self { region, _folder: folder };
        world.role("r", "lambda.amazonaws.com").await;
        world
    }

    async fn role(&self, name: &str, service: &str) {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }] });
        let input = json!({ "RoleName": name, "AssumeRolePolicyDocument": trust.to_string() });
        self.call("iam", "CreateRole", input).await.unwrap();
    }

    async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), service, operation, input).await
    }

    async fn ask(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.call("lambda", operation, input).await
    }

    /// An anonymous request, as it comes over a connection.
    fn call_of(&self, head: http::request::Parts) -> nightproof_core::service::Call {
        nightproof_core::service::Call {
            region: self.region.clone(),
            caller: Caller::anonymous(ACCOUNT),
            request_id: "id".to_owned(),
            now: self.region.clock().now(),
            source_ip: "127.0.0.1".to_owned(),
            user_agent: "-".to_owned(),
            tls: true,
            http: Some(Arc::new(head)),
        }
    }

    async fn upload(&self, bucket: &str, key: &str, zip: &str) -> Value {
        let bytes = STANDARD.decode(zip).unwrap();
        let input = json!({ "Bucket": bucket, "Key": key, "ContentLength": bytes.len() });
        let reply = self.region.call_with_body(&Caller::root(ACCOUNT), "s3", "PutObject", input, full_body(bytes)).await;
        reply.unwrap().output
    }

    /// Creates a function `f` and waits until it is active.
    async fn function(&self) -> Value {
        self.ask("CreateFunction", new("f")).await.unwrap();
        self.settled("f").await
    }

    async fn settled(&self, name: &str) -> Value {
        let settled = nightproof_poll::until(BOUND, || async {
            let seen = self.ask("GetFunctionConfiguration", json!({ "FunctionName": name })).await.unwrap();
            if seen["LastUpdateStatus"] == "Successful" { Ok(seen) } else { Err(seen) }
        });
        settled.await.unwrap_or_else(|seen| panic!("not settled: {seen}"))
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
    world.role("others", "ec2.amazonaws.com").await;
    let unusable = json!({ "FunctionName": "f", "Role": role("others") });
    let unusable = world.ask("UpdateFunctionConfiguration", unusable).await.unwrap_err();
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

#[tokio::test]
async fn code_is_read_from_s3_in_the_version_that_is_named() {
    let world = World::new().await;
    world.call("s3", "CreateBucket", json!({ "Bucket": "code-1" })).await.unwrap();
    let versioning = json!({ "Bucket": "code-1", "VersioningConfiguration": { "Status": "Enabled" } });
    world.call("s3", "PutBucketVersioning", versioning).await.unwrap();
    let first = world.upload("code-1", "f.zip", &zip("first")).await;
    world.upload("code-1", "f.zip", &zip("second")).await;
    let from = |more: Value| with(json!({ "S3Bucket": "code-1", "S3Key": "f.zip" }), &more);
    world.ask("CreateFunction", with(new("f"), &json!({ "Code": from(json!({})) }))).await.unwrap();
    let latest = world.settled("f").await["CodeSha256"].clone();
    let older = with(from(json!({ "S3ObjectVersion": first["VersionId"] })), &json!({ "FunctionName": "f" }));
    world.ask("UpdateFunctionCode", older).await.unwrap();
    let older = world.settled("f").await["CodeSha256"].clone();
    world.ask("UpdateFunctionCode", json!({ "FunctionName": "f", "ZipFile": zip("first") })).await.unwrap();
    assert_eq!(world.settled("f").await["CodeSha256"], older);
    assert_ne!(latest, older);
    for (bucket, key, message) in [
        (
            "code-1",
            "g.zip",
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
        ),
        (
            "code-2",
            "f.zip",
            "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist",
        ),
    ] {
        let code = json!({ "FunctionName": "f", "S3Bucket": bucket, "S3Key": key });
        let refused = world.ask("UpdateFunctionCode", code).await.unwrap_err();
        assert_eq!((refused.code.as_str(), refused.message.as_str()), ("InvalidParameterValueException", message));
    }
    let both = json!({ "FunctionName": "f", "ZipFile": zip("x"), "S3Bucket": "code-1", "S3Key": "f.zip" });
    assert_eq!(world.ask("UpdateFunctionCode", both).await.unwrap_err().code, "InvalidParameterValueException");
}

#[tokio::test]
async fn tags_are_added_replaced_removed_and_shown() {
    let world = World::new().await;
    world.ask("CreateFunction", with(new("f"), &json!({ "Tags": { "a": "1", "b": "2" } }))).await.unwrap();
    let arn = world.settled("f").await["FunctionArn"].clone();
    world.ask("TagResource", json!({ "Resource": arn, "Tags": { "b": "3", "c": "4" } })).await.unwrap();
    world.ask("UntagResource", json!({ "Resource": arn, "TagKeys": ["a", "never"] })).await.unwrap();
    let tags = json!({ "b": "3", "c": "4" });
    assert_eq!(world.ask("ListTags", json!({ "Resource": arn })).await.unwrap()["Tags"], tags);
    assert_eq!(world.ask("GetFunction", json!({ "FunctionName": "f" })).await.unwrap()["Tags"], tags);
    let version = json!({ "Resource": format!("{}:1", arn.as_str().unwrap()), "Tags": { "a": "b" } });
    assert_eq!(world.ask("TagResource", version).await.unwrap_err().code, "InvalidParameterValueException");
    let many: serde_json::Map<_, _> = (0..49).map(|index| (format!("k{index}"), json!("v"))).collect();
    let refused = world.ask("TagResource", json!({ "Resource": arn, "Tags": many })).await.unwrap_err();
    assert_eq!(refused.message, "Number of tags exceeds resource tag limit.");
    assert_eq!(world.ask("ListTags", json!({ "Resource": arn })).await.unwrap()["Tags"], tags);
}

#[tokio::test]
async fn reserved_concurrency_leaves_the_account_a_hundred() {
    let world = World::new().await;
    world.function().await;
    let put = |wanted: u64| json!({ "FunctionName": "f", "ReservedConcurrentExecutions": wanted });
    let refused = world.ask("PutFunctionConcurrency", put(901)).await.unwrap_err();
    assert!(refused.message.ends_with("below its minimum value of [100]."), "{refused}");
    let get = || world.ask("GetFunctionConcurrency", json!({ "FunctionName": "f" }));
    assert_eq!(get().await.unwrap(), json!({}));
    world.ask("PutFunctionConcurrency", put(900)).await.unwrap();
    assert_eq!(get().await.unwrap()["ReservedConcurrentExecutions"], 900);
    let settings = world.ask("GetAccountSettings", json!({})).await.unwrap();
    assert_eq!(settings["AccountLimit"]["UnreservedConcurrentExecutions"], 100);
    assert_eq!(settings["AccountUsage"]["FunctionCount"], 1);
    let shown = world.ask("GetFunction", json!({ "FunctionName": "f" })).await.unwrap();
    assert_eq!(shown["Concurrency"], json!({ "ReservedConcurrentExecutions": 900 }));
    world.ask("DeleteFunctionConcurrency", json!({ "FunctionName": "f" })).await.unwrap();
    assert_eq!(get().await.unwrap(), json!({}));
}

#[tokio::test]
async fn functions_are_listed_page_by_page_without_their_states() {
    let world = World::new().await;
    for name in ["c", "a", "b"] {
        world.ask("CreateFunction", new(name)).await.unwrap();
        world.settled(name).await;
    }
    let page = world.ask("ListFunctions", json!({ "MaxItems": 2 })).await.unwrap();
    let names = |page: &Value| -> Vec<Value> {
        page["Functions"].as_array().unwrap().iter().map(|function| function["FunctionName"].clone()).collect()
    };
    assert_eq!(names(&page), ["a", "b"]);
    assert!(page["Functions"][0].get("State").is_none() && page["Functions"][0].get("LastUpdateStatus").is_none());
    let rest = world.ask("ListFunctions", json!({ "MaxItems": 2, "Marker": page["NextMarker"] })).await.unwrap();
    assert_eq!(names(&rest), ["c"]);
    assert!(rest.get("NextMarker").is_none());
}

#[tokio::test]
async fn what_becomes_of_events_is_replaced_or_changed() {
    let world = World::new().await;
    world.function().await;
    let named = |more: Value| with(json!({ "FunctionName": "f" }), &more);
    assert_eq!(
        world.ask("PutFunctionEventInvokeConfig", named(json!({}))).await.unwrap_err().code,
        "InvalidParameterValueException"
    );
    let update = named(json!({ "MaximumRetryAttempts": 1 }));
    assert_eq!(world.ask("UpdateFunctionEventInvokeConfig", update.clone()).await.unwrap_err().code, "ResourceNotFoundException");
    let queue = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:q");
    let put = named(json!({ "MaximumEventAgeInSeconds": 60, "DestinationConfig": { "OnFailure": { "Destination": queue } } }));
    world.ask("PutFunctionEventInvokeConfig", put).await.unwrap();
    let changed = world.ask("UpdateFunctionEventInvokeConfig", update.clone()).await.unwrap();
    assert_eq!((&changed["MaximumEventAgeInSeconds"], &changed["MaximumRetryAttempts"]), (&json!(60), &json!(1)));
    assert_eq!(changed["DestinationConfig"]["OnFailure"]["Destination"], queue);
    let replaced = world.ask("PutFunctionEventInvokeConfig", update).await.unwrap();
    assert!(replaced.get("MaximumEventAgeInSeconds").is_none(), "{replaced}");
    let function = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:f");
    for wrong in [function, format!("{queue}.fifo"), format!("arn:aws:iam::{ACCOUNT}:topic")] {
        let put = named(json!({ "DestinationConfig": { "OnFailure": { "Destination": wrong } } }));
        assert!(world.ask("PutFunctionEventInvokeConfig", put).await.is_err(), "{wrong}");
    }
    let list = world.ask("ListFunctionEventInvokeConfigs", named(json!({}))).await.unwrap();
    assert_eq!(list["FunctionEventInvokeConfigs"], json!([replaced]));
    world.ask("DeleteFunctionEventInvokeConfig", named(json!({}))).await.unwrap();
    let gone = world.ask("GetFunctionEventInvokeConfig", named(json!({}))).await.unwrap_err();
    assert_eq!(
        gone.message,
        format!("The function arn:aws:lambda:us-east-1:{ACCOUNT}:function:f:$LATEST doesn't have an EventInvokeConfig")
    );
}

#[tokio::test]
async fn a_dead_letter_queue_is_set_and_taken_away() {
    let world = World::new().await;
    let queue = json!({ "TargetArn": format!("arn:aws:sqs:us-east-1:{ACCOUNT}:q") });
    world.ask("CreateFunction", with(new("f"), &json!({ "DeadLetterConfig": queue }))).await.unwrap();
    assert_eq!(world.settled("f").await["DeadLetterConfig"], queue);
    let none = json!({ "FunctionName": "f", "DeadLetterConfig": { "TargetArn": "" } });
    world.ask("UpdateFunctionConfiguration", none).await.unwrap();
    assert!(world.settled("f").await.get("DeadLetterConfig").is_none());
    let wrong = json!({ "FunctionName": "f", "DeadLetterConfig": { "TargetArn": format!("{}.fifo", queue["TargetArn"].as_str().unwrap()) } });
    let refused = world.ask("UpdateFunctionConfiguration", wrong).await.unwrap_err();
    assert!(refused.message.starts_with("The provided dead letter config TargetArn"), "{refused}");
}

/// Stands for EC2, which has nothing.
struct NoVpc;

#[async_trait::async_trait]
impl Service for NoVpc {
    async fn call(&self, _: &Call, operation: &str, input: Value, _: Body) -> Result<Reply, AwsError> {
        assert_eq!((operation, &input), ("DescribeSubnets", &json!({ "SubnetIds": ["subnet-1"] })));
        Err(AwsError::new("InvalidSubnetID.NotFound", 400, "The subnet ID 'subnet-1' does not exist"))
    }
}

#[tokio::test]
async fn a_subnet_that_there_is_not_is_told_in_the_words_of_ec2() {
    let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
    region.install(vec![("lambda", Lambda::new(None) as Arc<dyn Service>), ("ec2", Arc::new(NoVpc))]);
    let world = World { region, _folder: tempfile::tempdir().unwrap() };
    let vpc = json!({ "VpcConfig": { "SubnetIds": ["subnet-1"], "SecurityGroupIds": [] } });
    let refused = world.ask("CreateFunction", with(new("f"), &vpc)).await.unwrap_err();
    let says = "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 Error Message: The subnet ID 'subnet-1' does not exist";
    assert_eq!((refused.code.as_str(), refused.message.as_str()), ("InvalidParameterValueException", says));
}

#[tokio::test]
async fn what_would_make_a_function_behave_otherwise_is_refused_by_name() {
    let world = World::new().await;
    for (member, value) in [
        (
            "FileSystemConfigs",
            json!([{ "Arn": format!("arn:aws:elasticfilesystem:us-east-1:{ACCOUNT}:access-point/fsap-12345678901234567"), "LocalMountPath": "/mnt/x" }]),
        ),
        ("PackageType", json!("Image")),
        ("DurableConfig", json!({ "ExecutionTimeout": 60 })),
    ] {
        let refused = world.ask("CreateFunction", with(new("f"), &json!({ member: value }))).await.unwrap_err();
        assert_eq!(refused.code, "NotImplemented", "{member}: {refused}");
        assert!(refused.message.contains(member), "{refused}");
    }
    let neutral = json!({
        "VpcConfig": { "SubnetIds": [], "SecurityGroupIds": [] }, "Layers": [], "SnapStart": { "ApplyOn": "None" },
        "TracingConfig": { "Mode": "PassThrough" }, "PackageType": "Zip",
    });
    world.ask("CreateFunction", with(new("f"), &neutral)).await.unwrap();
}

#[tokio::test]
async fn levels_of_a_log_belong_to_json() {
    let world = World::new().await;
    world.function().await;
    let update =
        |logging: Value| world.ask("UpdateFunctionConfiguration", json!({ "FunctionName": "f", "LoggingConfig": logging }));
    let refused = update(json!({ "LogFormat": "Text", "SystemLogLevel": "WARN" })).await.unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValueException");
    update(json!({ "LogFormat": "JSON", "SystemLogLevel": "WARN" })).await.unwrap();
    let json =
        json!({ "LogFormat": "JSON", "LogGroup": "/aws/lambda/f", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN" });
    assert_eq!(world.settled("f").await["LoggingConfig"], json);
    update(json!({ "LogFormat": "Text" })).await.unwrap();
    assert_eq!(world.settled("f").await["LoggingConfig"], json!({ "LogFormat": "Text", "LogGroup": "/aws/lambda/f" }));
}

#[tokio::test]
async fn versions_keep_what_they_were_published_with() {
    let world = World::new().await;
    let before = world.function().await;
    let publish = |more: Value| world.ask("PublishVersion", with(json!({ "FunctionName": "f" }), &more));
    let first = publish(json!({ "Description": "one" })).await.unwrap();
    let republished = world.settled("f").await;
    assert_ne!(republished["RevisionId"], before["RevisionId"], "publishing is a revision of $LATEST, too");
    assert_eq!((&first["Version"], &first["Description"], &first["State"]), (&json!("1"), &json!("one"), &json!("Active")));
    assert_eq!(first["FunctionArn"], format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:f:1"));
    assert_eq!(publish(json!({})).await.unwrap(), first, "nothing has changed since");
    for wrong in [json!({ "CodeSha256": "other" }), json!({ "RevisionId": "other" })] {
        assert!(publish(wrong.clone()).await.is_err(), "{wrong}");
    }
    world.ask("UpdateFunctionCode", json!({ "FunctionName": "f", "ZipFile": zip("new"), "Publish": true })).await.unwrap();
    let latest = world.settled("f").await;
    let shown = |qualifier: &str| world.ask("GetFunctionConfiguration", json!({ "FunctionName": "f", "Qualifier": qualifier }));
    assert_eq!(shown("1").await.unwrap()["CodeSha256"], before["CodeSha256"]);
    assert_eq!(shown("2").await.unwrap()["CodeSha256"], latest["CodeSha256"]);
    assert!(shown("$LATEST").await.unwrap()["FunctionArn"].as_str().unwrap().ends_with(":f:$LATEST"));
    assert_eq!(shown("3").await.unwrap_err().code, "ResourceNotFoundException");
    let list = world.ask("ListVersionsByFunction", json!({ "FunctionName": "f" })).await.unwrap();
    let numbers: Vec<_> = list["Versions"].as_array().unwrap().iter().map(|version| version["Version"].clone()).collect();
    assert_eq!(numbers, ["$LATEST", "1", "2"]);
    world.ask("DeleteFunction", json!({ "FunctionName": "f:2" })).await.unwrap();
    assert_eq!(shown("2").await.unwrap_err().code, "ResourceNotFoundException");
    world.ask("UpdateFunctionConfiguration", json!({ "FunctionName": "f", "Timeout": 9 })).await.unwrap();
    world.settled("f").await;
    assert_eq!(publish(json!({})).await.unwrap()["Version"], "3", "a number is not used again");
}

#[tokio::test]
async fn an_alias_names_versions_that_exist() {
    let world = World::new().await;
    world.function().await;
    world.ask("PublishVersion", json!({ "FunctionName": "f" })).await.unwrap();
    let alias = |more: Value| with(json!({ "FunctionName": "f", "Name": "live" }), &more);
    let missing = world.ask("CreateAlias", alias(json!({ "FunctionVersion": "2" }))).await.unwrap_err();
    assert_eq!(missing.message, format!("Function not found: arn:aws:lambda:us-east-1:{ACCOUNT}:function:f:2"));
    let made = world.ask("CreateAlias", alias(json!({ "FunctionVersion": "1" }))).await.unwrap();
    assert_eq!(made["AliasArn"], format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:f:live"));
    let again = world.ask("CreateAlias", alias(json!({ "FunctionVersion": "1" }))).await.unwrap_err();
    assert_eq!(again.message, format!("Alias already exists: arn:aws:lambda:us-east-1:{ACCOUNT}:function:f:live"));
    assert_eq!(
        world.ask("DeleteFunction", json!({ "FunctionName": "f", "Qualifier": "1" })).await.unwrap_err().code,
        "ResourceConflictException"
    );
    let number = json!({ "FunctionName": "f", "Name": "2024", "FunctionVersion": "1" });
    assert_eq!(world.ask("CreateAlias", number).await.unwrap_err().code, "ValidationException");
    for (routing, message) in [
        (json!({ "1": 0.5 }), "Invalid function version 1. Function version 1 is already included in routing configuration."),
        (json!({ "$LATEST": 0.5 }), "$LATEST is not supported for an alias pointing to more than 1 version"),
    ] {
        let routing = json!({ "RoutingConfig": { "AdditionalVersionWeights": routing } });
        let refused = world.ask("UpdateAlias", alias(routing)).await.unwrap_err();
        // The service model may refuse `$LATEST` before the service does.
        assert!(refused.message == message || refused.code == "ValidationException", "{refused}");
    }
    assert_eq!(
        world.ask("UpdateAlias", alias(json!({ "RevisionId": "other" }))).await.unwrap_err().code,
        "PreconditionFailedException"
    );
    let changed = alias(json!({ "RevisionId": made["RevisionId"], "FunctionVersion": "$LATEST", "Description": "d" }));
    let changed = world.ask("UpdateAlias", changed).await.unwrap();
    assert_eq!(world.ask("GetAlias", alias(json!({}))).await.unwrap(), changed);
    let list = |version: &str| world.ask("ListAliases", json!({ "FunctionName": "f", "FunctionVersion": version }));
    assert_eq!(list("$LATEST").await.unwrap()["Aliases"], json!([changed]));
    assert_eq!(list("1").await.unwrap()["Aliases"], json!([]));
    world.ask("DeleteAlias", alias(json!({}))).await.unwrap();
    assert_eq!(world.ask("GetAlias", alias(json!({}))).await.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test]
async fn an_alias_has_a_policy_of_its_own() {
    let world = World::new().await;
    world.function().await;
    world.ask("CreateAlias", json!({ "FunctionName": "f", "Name": "live", "FunctionVersion": "$LATEST" })).await.unwrap();
    let permission = |more: Value| {
        let all = json!({ "FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com" });
        world.ask("AddPermission", with(all, &more))
    };
    permission(json!({ "Qualifier": "live" })).await.unwrap();
    let service = Caller::service(ACCOUNT, "events.amazonaws.com");
    let invoke = async |name: &str| {
        let input = json!({ "FunctionName": name, "InvocationType": "DryRun" });
        world.region.call(&service, "lambda", "Invoke", input).await
    };
    assert_eq!(invoke("f:live").await.unwrap()["StatusCode"], 204);
    assert_eq!(invoke("f").await.unwrap_err().code, "AccessDenied");
    permission(json!({})).await.unwrap();
    assert_eq!(invoke("f").await.unwrap()["StatusCode"], 204);
    assert_eq!(
        permission(json!({ "StatementId": "t", "Qualifier": "$LATEST" })).await.unwrap_err().code,
        "InvalidParameterValueException"
    );
    assert_eq!(
        permission(json!({ "StatementId": "t", "RevisionId": "other" })).await.unwrap_err().code,
        "PreconditionFailedException"
    );
    let policy = world.ask("GetPolicy", json!({ "FunctionName": "f", "Qualifier": "live" })).await.unwrap();
    assert!(policy["Policy"].as_str().unwrap().contains(":function:f:live"), "{policy}");
}

#[tokio::test]
async fn code_in_s3_is_read_with_the_rights_of_the_caller() {
    let world = World::new().await;
    world.function().await;
    world.call("s3", "CreateBucket", json!({ "Bucket": "code-1" })).await.unwrap();
    world.upload("code-1", "f.zip", &zip("first")).await;
    let user = world.call("iam", "CreateUser", json!({ "UserName": "u" })).await.unwrap();
    let id = user["User"]["UserId"].as_str().unwrap().to_owned();
    let mut caller = Caller::root(ACCOUNT);
    caller.principal = Principal::User { name: "u".to_owned(), id };
    let allow = async |actions: Value| {
        let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }] });
        let input = json!({ "UserName": "u", "PolicyName": "p", "PolicyDocument": policy.to_string() });
        world.call("iam", "PutUserPolicy", input).await.unwrap();
    };
    let input = json!({ "FunctionName": "f", "S3Bucket": "code-1", "S3Key": "f.zip" });
    allow(json!(["lambda:*"])).await;
    let refused = world.region.call(&caller, "lambda", "UpdateFunctionCode", input.clone()).await.unwrap_err();
    assert_eq!(refused.code, "AccessDeniedException");
    let message = "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for code-1/f.zip. S3 Error Code: AccessDenied.";
    assert!(refused.message.starts_with(message), "{refused}");
    allow(json!(["lambda:*", "s3:GetObject"])).await;
    world.region.call(&caller, "lambda", "UpdateFunctionCode", input).await.unwrap();
}

/// A list of all operations and members of the model that are refused, to be reviewed when it changes.
#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("lambda", Lambda::INPUTS).unwrap();
    insta::assert_snapshot!(unread.join("\n"));
}

#[tokio::test]
async fn a_trace_that_the_caller_has_begun_goes_on_in_the_function() {
    let world = World::new().await;
    let trace = |header: Option<&str>| {
        let request = http::Request::builder().uri("/2015-03-31/functions/f/invocations");
        let request = header.into_iter().fold(request, |request, header| request.header("X-Amzn-Trace-Id", header));
        let call = world.call_of(request.body(()).unwrap().into_parts().0);
        crate::event::InvocationRequest::from_call(&call, Vec::new(), None).trace
    };
    let header = "Root=1-5e6722a7-cc2b1e9d5db7ae98d0da47ae;Parent=53995c3f42cd8ad8;Sampled=1";
    assert_eq!((trace(Some(header)).as_deref(), trace(None)), (Some(header), None));
}
