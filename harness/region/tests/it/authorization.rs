//! Who may do what in a region: roles, users, buckets and keys together.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use nightproof_core::service::{AwsError, full_body};
use nightproof_core::{Caller, Principal};
use nightproof_region::embedded::{self, Embedded, EmbeddedOptions};
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "210987654321";

pub(crate) struct Cloud {
    pub(crate) embedded: Embedded,
    _folder: tempfile::TempDir,
}

pub(crate) async fn cloud() -> Cloud {
    cloud_of(&["us-east-1"]).await
}

/// A cloud of these regions.
pub(crate) async fn cloud_of(regions: &[&str]) -> Cloud {
    let folder = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions {
        regions: regions.iter().map(|&name| name.to_owned()).collect(),
        ..EmbeddedOptions::new(ACCOUNT, folder.path().join("region"), env!("CARGO_BIN_EXE_nightproof-machine").into())
    };
    Cloud { embedded: embedded::start(options).await.unwrap(), _folder: folder }
}

impl Cloud {
    async fn call_as(&self, caller: &Caller, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.embedded.region.call(caller, service, operation, input).await
    }

    async fn call(&self, service: &str, operation: &str, input: Value) -> Value {
        self.call_as(&Caller::root(ACCOUNT), service, operation, input).await.unwrap()
    }

    /// A user with one inline policy of these statements.
    async fn user(&self, name: &str, statements: Value) -> Caller {
        let made = self.call("iam", "CreateUser", json!({ "UserName": name })).await;
        self.grant(name, statements).await;
        let id = made["User"]["UserId"].as_str().unwrap().to_owned();
        Caller { principal: Principal::User { name: name.to_owned(), id }, ..Caller::root(ACCOUNT) }
    }

    async fn grant(&self, user: &str, statements: Value) {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        self.call("iam", "PutUserPolicy", json!({ "UserName": user, "PolicyName": "p", "PolicyDocument": policy })).await;
    }

    /// A bucket that everybody may read, with one object.
    async fn public_bucket(&self, name: &str, more: Option<Value>) {
        self.call("s3", "CreateBucket", json!({ "Bucket": name })).await;
        self.call("s3", "DeletePublicAccessBlock", json!({ "Bucket": name })).await;
        let objects = format!("arn:aws:s3:::{name}/*");
        let mut statements =
            vec![json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": objects.clone() })];
        statements.extend(more);
        let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        self.call("s3", "PutBucketPolicy", json!({ "Bucket": name, "Policy": policy })).await;
        let input = json!({ "Bucket": name, "Key": "k", "ContentLength": 5 });
        let root = Caller::root(ACCOUNT);
        self.embedded.region.call_with_body(&root, "s3", "PutObject", input, full_body("hello")).await.map(drop).unwrap();
    }

    /// The status line and body of an unsigned GET over plain HTTP.
    fn plain_get(&self, path: &str) -> String {
        let address = self.embedded.plain_url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

fn denied(error: &AwsError) -> &str {
    assert!(matches!(error.code.as_str(), "AccessDenied" | "UnauthorizedOperation"), "{error:?}");
    &error.message
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_for_tls_alone_refuses_plain_http() {
    let cloud = cloud().await;
    cloud.public_bucket("open-to-all", None).await;
    let tls_only = json!({ "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::tls-alone/*",
        "Condition": { "Bool": { "aws:SecureTransport": "false" } } });
    cloud.public_bucket("tls-alone", Some(tls_only)).await;
    assert!(cloud.plain_get("/open-to-all/k").ends_with("hello"));
    let refused = cloud.plain_get("/tls-alone/k");
    assert!(refused.starts_with("HTTP/1.1 403") && refused.contains("<Code>AccessDenied</Code>"), "{refused}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restricting_public_buckets_shuts_out_the_public() {
    let cloud = cloud().await;
    cloud.public_bucket("was-public", None).await;
    assert!(cloud.plain_get("/was-public/k").starts_with("HTTP/1.1 200"));
    let block = json!({ "Bucket": "was-public", "PublicAccessBlockConfiguration": { "RestrictPublicBuckets": true } });
    cloud.call("s3", "PutPublicAccessBlock", block).await;
    assert!(cloud.plain_get("/was-public/k").starts_with("HTTP/1.1 403"));
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_policies_may_ask_who_it_is_and_no_more() {
    let cloud = cloud().await;
    let user = cloud.user("nobody", json!([{ "Effect": "Deny", "Action": "s3:*", "Resource": "*" }])).await;
    let answer = cloud.call_as(&user, "sts", "GetCallerIdentity", json!({})).await.unwrap();
    assert_eq!(answer["Arn"], format!("arn:aws:iam::{ACCOUNT}:user/nobody"));
    let error = cloud.call_as(&user, "sqs", "ListQueues", json!({})).await.unwrap_err();
    assert_eq!(
        denied(&error),
        format!(
            "User: arn:aws:iam::{ACCOUNT}:user/nobody is not authorized to perform: sqs:listqueues on resource: * because no identity-based policy allows the sqs:listqueues action"
        )
    );
    let error = cloud.call_as(&user, "s3", "ListBuckets", json!({})).await.unwrap_err();
    assert!(denied(&error).ends_with("with an explicit deny in an identity-based policy"), "{error:?}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ec2s_denial_can_be_decoded() {
    let cloud = cloud().await;
    let decode = json!([{ "Effect": "Allow", "Action": "sts:DecodeAuthorizationMessage", "Resource": "*" }]);
    let user = cloud.user("builder", decode).await;
    let error = cloud.call_as(&user, "ec2", "CreateVpc", json!({ "CidrBlock": "10.0.0.0/16" })).await.unwrap_err();
    let (text, encoded) = denied(&error).split_once("Encoded authorization failure message: ").unwrap();
    assert!(text.starts_with("You are not authorized to perform this operation. User: "), "{text}");
    let input = json!({ "EncodedMessage": encoded });
    let answer = cloud.call_as(&user, "sts", "DecodeAuthorizationMessage", input).await.unwrap();
    let decoded: Value = serde_json::from_str(answer["DecodedMessage"].as_str().unwrap()).unwrap();
    assert_eq!((&decoded["allowed"], &decoded["context"]["action"]), (&json!(false), &json!("ec2:CreateVpc")));
    let forged = json!({ "EncodedMessage": "AAAA" });
    let error = cloud.call_as(&user, "sts", "DecodeAuthorizationMessage", forged).await.unwrap_err();
    assert_eq!(error.code, "InvalidAuthorizationMessageException");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_count_as_they_are_at_the_call() {
    let cloud = cloud().await;
    let tagged = json!([{ "Effect": "Allow", "Action": "ec2:DeleteVpc", "Resource": "*",
        "Condition": { "StringEquals": { "aws:ResourceTag/Stage": "test" } } }]);
    let user = cloud.user("cleaner", tagged).await;
    let vpc = cloud.call("ec2", "CreateVpc", json!({ "CidrBlock": "10.0.0.0/16" })).await["Vpc"]["VpcId"].clone();
    let delete = json!({ "VpcId": vpc });
    denied(&cloud.call_as(&user, "ec2", "DeleteVpc", delete.clone()).await.unwrap_err());
    cloud.call("ec2", "CreateTags", json!({ "Resources": [vpc], "Tags": [{ "Key": "Stage", "Value": "test" }] })).await;
    cloud.call_as(&user, "ec2", "DeleteVpc", delete).await.unwrap();
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boundary_withholds_what_a_policy_grants() {
    let cloud = cloud().await;
    let user = cloud.user("bounded", json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }])).await;
    let boundary = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sqs:*", "Resource": "*" }] });
    let made = cloud.call("iam", "CreatePolicy", json!({ "PolicyName": "b", "PolicyDocument": boundary.to_string() })).await;
    let put = json!({ "UserName": "bounded", "PermissionsBoundary": made["Policy"]["Arn"] });
    cloud.call("iam", "PutUserPermissionsBoundary", put).await;
    cloud.call_as(&user, "sqs", "ListQueues", json!({})).await.unwrap();
    let error = cloud.call_as(&user, "logs", "DescribeLogGroups", json!({})).await.unwrap_err();
    assert!(denied(&error).ends_with("because no permissions boundary allows the logs:DescribeLogGroups action"), "{error:?}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_key_of_a_deletion_is_decided_on_by_itself() {
    let cloud = cloud().await;
    cloud.public_bucket("many-keys", None).await;
    let some = json!([{ "Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::many-keys/mine/*" }]);
    let user = cloud.user("deleter", some).await;
    let wanted = json!({ "Bucket": "many-keys", "Delete": { "Objects": [{ "Key": "mine/a" }, { "Key": "k" }] } });
    let answer = cloud.call_as(&user, "s3", "DeleteObjects", wanted).await.unwrap();
    assert_eq!(answer["Deleted"][0]["Key"], "mine/a");
    assert_eq!((&answer["Errors"][0]["Key"], &answer["Errors"][0]["Code"]), (&json!("k"), &json!("AccessDenied")));
    assert!(cloud.plain_get("/many-keys/k").ends_with("hello"));
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_s3_serves_nothing_else() {
    let cloud = cloud().await;
    let key = cloud.call("kms", "CreateKey", json!({})).await["KeyMetadata"]["Arn"].clone();
    cloud.public_bucket("sealed", None).await;
    let grants = json!([
        { "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::sealed/*" },
        { "Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": key,
            "Condition": { "StringEquals": { "kms:ViaService": "s3.us-east-1.amazonaws.com" } } },
    ]);
    let user = cloud.user("uploader", grants).await;
    let input =
        json!({ "Bucket": "sealed", "Key": "s", "ContentLength": 1, "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key });
    let region = &cloud.embedded.region;
    region.call_with_body(&user, "s3", "PutObject", input.clone(), full_body("x")).await.map(drop).unwrap();
    let direct = json!({ "KeyId": key, "KeySpec": "AES_256" });
    denied(&cloud.call_as(&user, "kms", "GenerateDataKey", direct).await.unwrap_err());
    // And without the grant on the key, the upload is refused in KMS's words.
    cloud.grant("uploader", json!([{ "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::sealed/*" }])).await;
    let error = region.call_with_body(&user, "s3", "PutObject", input, full_body("x")).await.map(drop).unwrap_err();
    assert!(denied(&error).contains("is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:"), "{error:?}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_passed_by_those_alone_who_may() {
    let cloud = cloud().await;
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
    let role = cloud.call("iam", "CreateRole", json!({ "RoleName": "fn", "AssumeRolePolicyDocument": trust.to_string() })).await;
    let arn = role["Role"]["Arn"].clone();
    let user = cloud.user("deployer", json!([{ "Effect": "Allow", "Action": "lambda:*", "Resource": "*" }])).await;
    let input = json!({ "FunctionName": "fn", "Runtime": "python3.13", "Handler": "index.handler", "Role": arn, "Code": { "ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==" } });
    let error = cloud.call_as(&user, "lambda", "CreateFunction", input).await.unwrap_err();
    assert!(
        denied(&error).contains(&format!("is not authorized to perform: iam:PassRole on resource: {}", arn.as_str().unwrap())),
        "{error:?}"
    );
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulation_decides_as_a_call_would() {
    let cloud = cloud().await;
    let grants = json!([{ "Sid": "Up", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/backups/*",
        "Condition": { "StringEquals": { "s3:x-amz-server-side-encryption": "aws:kms" } } }]);
    cloud.user("planner", grants).await;
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/planner");
    let asked = |entries: Value| {
        json!({ "PolicySourceArn": arn, "ActionNames": ["s3:PutObject", "s3:GetObject"],
            "ResourceArns": ["arn:aws:s3:::b/backups/k", "arn:aws:s3:::b/k"], "ContextEntries": entries })
    };
    let encrypted = json!([{ "ContextKeyName": "s3:x-amz-server-side-encryption", "ContextKeyValues": ["aws:kms"], "ContextKeyType": "string" }]);
    let decisions = |answer: &Value| -> Vec<String> {
        let results = answer["EvaluationResults"].as_array().unwrap();
        results.iter().map(|result| result["EvalDecision"].as_str().unwrap().to_owned()).collect()
    };
    let answer = cloud.call("iam", "SimulatePrincipalPolicy", asked(encrypted)).await;
    assert_eq!(decisions(&answer), ["allowed", "implicitDeny", "implicitDeny", "implicitDeny"]);
    assert_eq!(answer["EvaluationResults"][0]["MatchedStatements"][0]["SourcePolicyId"], "p");
    let answer = cloud.call("iam", "SimulatePrincipalPolicy", asked(json!([]))).await;
    assert_eq!(decisions(&answer)[0], "implicitDeny");
    assert_eq!(answer["EvaluationResults"][0]["MissingContextValues"], json!(["s3:x-amz-server-side-encryption"]));
    let error = cloud
        .call_as(
            &Caller::root(ACCOUNT),
            "iam",
            "SimulateCustomPolicy",
            json!({ "PolicyInputList": ["{}"], "ActionNames": ["s3:GetObject"] }),
        )
        .await
        .unwrap_err();
    assert_eq!(error.code, "MalformedPolicyDocument");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_key_is_told_to_those_alone_who_may_list() {
    let cloud = cloud().await;
    cloud.public_bucket("secrets", None).await;
    let read = json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::secrets/*" });
    let user = cloud.user("reader", json!([read])).await;
    let get = json!({ "Bucket": "secrets", "Key": "absent" });
    let error = cloud.call_as(&user, "s3", "GetObject", get.clone()).await.unwrap_err();
    assert!(
        denied(&error).contains("is not authorized to perform: s3:ListBucket on resource: \"arn:aws:s3:::secrets\""),
        "{error:?}"
    );
    cloud
        .grant("reader", json!([read, { "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::secrets" }]))
        .await;
    assert_eq!(cloud.call_as(&user, "s3", "GetObject", get).await.unwrap_err().code, "NoSuchKey");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn permissions_name_operations_of_the_services_models() {
    let cloud = cloud().await;
    let operations = cloud.embedded.operations().unwrap();
    for (service, operation) in &operations {
        let model = nightproof_wire::service(service).unwrap();
        assert!(
            model.operation(operation).is_some_and(nightproof_wire::Operation::served),
            "{service} has no operation {operation}"
        );
    }
    for (service, _) in cloud.embedded.region.services() {
        assert!(operations.iter().any(|(name, _)| *name == service), "nobody may call {service}");
    }
    cloud.embedded.stop().await;
}
