//! What is found by tag, over all services.

use nightproof_cloudformation::CloudFormation;
use nightproof_core::{Caller, Region};
use nightproof_service_ec2::{Ec2, NoMachines};
use nightproof_service_events::Events;
use nightproof_service_iam::Iam;
use nightproof_service_kms::Kms;
use nightproof_service_logs::Logs;
use nightproof_service_s3::S3;
use nightproof_service_sqs::Sqs;
use nightproof_service_ssm::Ssm;
use serde_json::{Value, json};

use crate::records::Tagging;

struct Account {
    region: Region,
    root: Caller,
    _folder: tempfile::TempDir,
}

impl Account {
    /// An account with a tagged resource of each kind that is made without more.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let region = nightproof_test_region::region("111122223333", folder.path());
        region.install(vec![
            ("cloudformation", CloudFormation::new([])),
            ("ec2", Ec2::new(std::sync::Arc::new(NoMachines))),
            ("events", Events::new()),
            ("iam", Iam::new()),
            ("kms", Kms::new()),
            ("logs", Logs::new()),
            ("s3", S3::new(folder.path().join("s3"))),
            ("sqs", Sqs::new()),
            ("ssm", Ssm::new()),
            ("tagging", Tagging::new()),
        ]);
        let account = Self { region, root: Caller::root("111122223333"), _folder: folder };
        let tags = json!([{ "Key": "team", "Value": "a" }]);
        let map = json!({ "team": "a" });
        let bucket = json!({ "Bucket": "b-111122223333", "CreateBucketConfiguration": { "Tags": tags } });
        for (service, operation, input) in [
            (
                "ec2",
                "CreateVpc",
                json!({ "CidrBlock": "10.0.0.0/16", "TagSpecifications": [{ "ResourceType": "vpc", "Tags": tags }] }),
            ),
            ("events", "PutRule", json!({ "Name": "r", "ScheduleExpression": "rate(1 day)", "Tags": tags })),
            ("iam", "CreateInstanceProfile", json!({ "InstanceProfileName": "p", "Tags": tags })),
            ("iam", "CreateUser", json!({ "UserName": "u", "Tags": tags })),
            ("kms", "CreateKey", json!({ "Tags": [{ "TagKey": "team", "TagValue": "b" }] })),
            ("logs", "CreateLogGroup", json!({ "logGroupName": "/g/1", "tags": map })),
            ("s3", "CreateBucket", bucket),
            ("sqs", "CreateQueue", json!({ "QueueName": "q", "tags": map })),
            ("sqs", "CreateQueue", json!({ "QueueName": "untagged" })),
            ("ssm", "PutParameter", json!({ "Name": "/a/b", "Value": "v", "Type": "String", "Tags": tags })),
        ] {
            account
                .region
                .call(&account.root, service, operation, input)
                .await
                .unwrap_or_else(|error| panic!("{operation}: {error}"));
        }
        account
    }

    async fn search(&self, input: Value) -> Value {
        self.region.call(&self.root, "tagging", "GetResources", input).await.unwrap()
    }

    /// The services and types of what is found.
    async fn found(&self, input: Value) -> Vec<String> {
        kinds(&self.search(input).await)
    }
}

fn kinds(answer: &Value) -> Vec<String> {
    let arns = answer["ResourceTagMappingList"].as_array().unwrap().iter().map(|one| one["ResourceARN"].as_str().unwrap());
    arns.map(|arn| {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        format!("{}:{}", parts[2], parts[5].split('/').next().unwrap())
    })
    .collect()
}

#[tokio::test]
async fn what_has_the_tag_is_found_in_every_service_but_for_users() {
    let account = Account::new().await;
    let all = account.found(json!({ "TagFilters": [{ "Key": "team", "Values": ["a"] }] })).await;
    assert_eq!(
        all,
        ["ec2:vpc", "events:rule", "iam:instance-profile", "logs:log-group:", "s3:b-111122223333", "sqs:q", "ssm:parameter"]
    );
    assert_eq!(account.found(json!({ "TagFilters": [{ "Key": "team" }] })).await.len(), 8);
    assert_eq!(account.found(json!({ "TagFilters": [{ "Key": "team", "Values": ["b", "c"] }] })).await, ["kms:key"]);
    assert!(account.found(json!({ "TagFilters": [{ "Key": "Team" }] })).await.is_empty());
    assert!(account.found(json!({ "TagFilters": [{ "Key": "team" }, { "Key": "other" }] })).await.is_empty());
    let root = Caller::root("444455556666");
    let others = account.region.call(&root, "tagging", "GetResources", json!({})).await.unwrap();
    assert_eq!(others["ResourceTagMappingList"], json!([]));
}

#[tokio::test]
async fn types_and_arns_narrow_a_search() {
    let account = Account::new().await;
    assert_eq!(account.found(json!({ "ResourceTypeFilters": ["ec2:vpc", "sqs"] })).await, ["ec2:vpc", "sqs:q"]);
    assert!(account.found(json!({ "ResourceTypeFilters": ["ec2:instance", "ec2:vp"] })).await.is_empty());
    let answer = account.search(json!({ "ResourceARNList": ["arn:aws:sqs:us-east-1:111122223333:q"] })).await;
    assert_eq!(answer["ResourceTagMappingList"][0]["Tags"], json!([{ "Key": "team", "Value": "a" }]));
}

#[tokio::test]
async fn pages_come_one_after_the_other() {
    let account = Account::new().await;
    let (mut token, mut seen) = (json!(""), Vec::new());
    loop {
        let answer = account.search(json!({ "ResourcesPerPage": 3, "PaginationToken": token })).await;
        seen.extend(kinds(&answer));
        token = answer["PaginationToken"].clone();
        if token == "" {
            break;
        }
    }
    assert_eq!((seen.len(), seen), (8, account.found(json!({})).await));
}

#[tokio::test]
async fn what_cannot_be_asked_for_together_is_refused() {
    let account = Account::new().await;
    for (input, code) in [
        (
            json!({ "ResourceARNList": ["arn:aws:sqs:us-east-1:1:q"], "TagFilters": [{ "Key": "k" }] }),
            "InvalidParameterException",
        ),
        (json!({ "TagsPerPage": 100, "ResourcesPerPage": 1 }), "InvalidParameterException"),
        (json!({ "ResourcesPerPage": 101 }), "InvalidParameterException"),
        (json!({ "PaginationToken": "x" }), "PaginationTokenExpiredException"),
        (json!({ "IncludeComplianceDetails": true }), "NotImplemented"),
    ] {
        let refused = account.region.call(&account.root, "tagging", "GetResources", input.clone()).await.unwrap_err();
        assert_eq!(refused.code, code, "{input}: {refused}");
    }
}

#[tokio::test]
async fn keys_and_values_are_told_once() {
    let account = Account::new().await;
    let keys = account.region.call(&account.root, "tagging", "GetTagKeys", json!({})).await.unwrap();
    assert_eq!(keys["TagKeys"], json!(["team"]));
    let values = account.region.call(&account.root, "tagging", "GetTagValues", json!({ "Key": "team" })).await.unwrap();
    assert_eq!(values["TagValues"], json!(["a", "b"]));
}

/// A list of all operations and members of the model that are refused, to be reviewed when it changes.
#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("tagging", Tagging::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
