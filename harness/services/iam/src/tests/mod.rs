mod groups;
mod login_profiles;
mod service_linked_roles;

use std::sync::Arc;

use nightproof_core::identity::Identities as _;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use crate::records::Iam;

const ACCOUNT: &str = "111122223333";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}]}"#;
const CORE: &str = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";

struct Bed {
    region: Region,
    caller: Caller,
}

impl Bed {
    fn new() -> Self {
        let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
        region.install(vec![("iam", Iam::new() as Arc<_>)]);
        Self { region, caller: Caller::root(ACCOUNT) }
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&self.caller, "iam", operation, input).await
    }

    async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn refused(&self, operation: &str, input: Value) -> String {
        self.call(operation, input).await.expect_err(operation).to_string()
    }

    async fn role(&self, name: &str) -> Value {
        self.ok("CreateRole", json!({ "RoleName": name, "AssumeRolePolicyDocument": TRUST })).await
    }
}

#[tokio::test]
async fn a_role_is_created_shown_and_deleted() {
    let bed = Bed::new();
    let created = bed.role("backup").await;
    assert_eq!(created["Role"]["Arn"], format!("arn:aws:iam::{ACCOUNT}:role/backup"));
    assert!(created["Role"]["AssumeRolePolicyDocument"].as_str().unwrap().starts_with("%7B%22Version%22%3A%222012-10-17%22"));
    assert_eq!(
        bed.refused("CreateRole", json!({ "RoleName": "Backup", "AssumeRolePolicyDocument": TRUST })).await,
        "EntityAlreadyExists: Role with name Backup already exists."
    );
    assert_eq!(bed.ok("GetRole", json!({ "RoleName": "backup" })).await["Role"]["RoleId"], created["Role"]["RoleId"]);
    bed.ok("DeleteRole", json!({ "RoleName": "backup" })).await;
    assert_eq!(
        bed.refused("GetRole", json!({ "RoleName": "backup" })).await,
        "NoSuchEntity: The role with name backup cannot be found."
    );
}

#[tokio::test]
async fn a_role_with_policies_or_a_profile_is_not_deleted() {
    let bed = Bed::new();
    bed.role("backup").await;
    let role = json!({ "RoleName": "backup" });
    bed.ok("AttachRolePolicy", json!({ "RoleName": "backup", "PolicyArn": CORE })).await;
    bed.ok("PutRolePolicy", json!({ "RoleName": "backup", "PolicyName": "put", "PolicyDocument": POLICY })).await;
    bed.ok("CreateInstanceProfile", json!({ "InstanceProfileName": "web" })).await;
    bed.ok("AddRoleToInstanceProfile", json!({ "InstanceProfileName": "web", "RoleName": "backup" })).await;

    assert!(bed.refused("DeleteRole", role.clone()).await.contains("must remove roles from instance profile first"));
    assert!(bed.refused("DeleteInstanceProfile", json!({ "InstanceProfileName": "web" })).await.starts_with("DeleteConflict"));
    bed.ok("RemoveRoleFromInstanceProfile", json!({ "InstanceProfileName": "web", "RoleName": "backup" })).await;
    assert!(bed.refused("DeleteRole", role.clone()).await.contains("must detach all policies first"));
    bed.ok("DetachRolePolicy", json!({ "RoleName": "backup", "PolicyArn": CORE })).await;
    assert!(bed.refused("DeleteRole", role.clone()).await.contains("must delete policies first"));
    bed.ok("DeleteRolePolicy", json!({ "RoleName": "backup", "PolicyName": "put" })).await;
    bed.ok("DeleteRole", role).await;
    bed.ok("DeleteInstanceProfile", json!({ "InstanceProfileName": "web" })).await;
}

#[tokio::test]
async fn an_unknown_managed_policy_is_not_attached() {
    let bed = Bed::new();
    bed.role("backup").await;
    let arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceKore";
    assert_eq!(
        bed.refused("AttachRolePolicy", json!({ "RoleName": "backup", "PolicyArn": arn })).await,
        format!("NoSuchEntity: Policy {arn} does not exist or is not attachable.")
    );
}

#[tokio::test]
async fn policies_of_a_role_reach_the_authorization_layer() {
    let iam = Iam::new();
    let bed = Bed::new();
    let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
    region.install(vec![("iam", iam.clone() as Arc<_>)]);
    let bed = Bed { region, caller: bed.caller };
    bed.role("backup").await;
    bed.ok("AttachRolePolicy", json!({ "RoleName": "backup", "PolicyArn": CORE })).await;
    bed.ok("PutRolePolicy", json!({ "RoleName": "backup", "PolicyName": "put", "PolicyDocument": POLICY })).await;
    let principal =
        nightproof_core::Principal::AssumedRole { role: "backup".into(), role_id: "AROA".into(), session: "i-1".into() };
    let caller = Caller { account: ACCOUNT.into(), principal, access_key_id: None, source_arn: None, via: None };
    let sources: Vec<String> = iam.policies(&caller).identity.into_iter().map(|policy| policy.source).collect();
    assert_eq!(sources, ["put", CORE]);
}

#[tokio::test]
async fn customer_policies_have_versions_and_go_only_when_unused() {
    let bed = Bed::new();
    bed.role("backup").await;
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/put");
    let created = bed.ok("CreatePolicy", json!({ "PolicyName": "put", "PolicyDocument": POLICY })).await;
    assert_eq!(created["Policy"]["Arn"], arn);
    bed.ok("CreatePolicyVersion", json!({ "PolicyArn": arn, "PolicyDocument": POLICY, "SetAsDefault": true })).await;
    assert_eq!(bed.ok("GetPolicy", json!({ "PolicyArn": arn })).await["Policy"]["DefaultVersionId"], "v2");
    assert!(bed.refused("DeletePolicy", json!({ "PolicyArn": arn })).await.contains("more than one version"));
    assert!(bed.refused("DeletePolicyVersion", json!({ "PolicyArn": arn, "VersionId": "v2" })).await.contains("default version"));
    bed.ok("DeletePolicyVersion", json!({ "PolicyArn": arn, "VersionId": "v1" })).await;
    bed.ok("AttachRolePolicy", json!({ "RoleName": "backup", "PolicyArn": arn })).await;
    assert!(bed.refused("DeletePolicy", json!({ "PolicyArn": arn })).await.contains("attached to entities"));
    bed.ok("DetachRolePolicy", json!({ "RoleName": "backup", "PolicyArn": arn })).await;
    bed.ok("DeletePolicy", json!({ "PolicyArn": arn })).await;
}

#[tokio::test]
async fn an_access_key_signs_for_its_user_until_it_is_deleted() {
    let bed = Bed::new();
    bed.ok("CreateUser", json!({ "UserName": "ann" })).await;
    let key = bed.ok("CreateAccessKey", json!({ "UserName": "ann" })).await;
    let id = key["AccessKey"]["AccessKeyId"].as_str().unwrap().to_owned();
    let found = bed.region.credentials().find(&id).expect("issued");
    assert_eq!(found.caller.arn(), format!("arn:aws:iam::{ACCOUNT}:user/ann"));
    assert!(bed.refused("DeleteUser", json!({ "UserName": "ann" })).await.contains("must delete access keys first"));
    let listed = bed.ok("ListAccessKeys", json!({ "UserName": "ann" })).await;
    assert!(!listed.to_string().contains(&found.secret_access_key));
    let turn = |status: &str| json!({ "UserName": "ann", "AccessKeyId": id, "Status": status });
    bed.ok("UpdateAccessKey", turn("Inactive")).await;
    assert!(bed.region.credentials().find(&id).is_none());
    let listed = bed.ok("ListAccessKeys", json!({ "UserName": "ann" })).await;
    assert_eq!(listed["AccessKeyMetadata"][0]["Status"], "Inactive");
    bed.ok("UpdateAccessKey", turn("Active")).await;
    assert!(bed.region.credentials().find(&id).is_some());
    let other = json!({ "UserName": "ann", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Inactive" });
    assert!(bed.refused("UpdateAccessKey", other).await.contains("cannot be found"));
    bed.ok("DeleteAccessKey", json!({ "UserName": "ann", "AccessKeyId": id })).await;
    assert!(bed.region.credentials().find(&id).is_none());
    bed.ok("DeleteUser", json!({ "UserName": "ann" })).await;
}

#[tokio::test]
async fn the_keys_that_policies_ask_for_are_told() {
    let bed = Bed::new();
    bed.ok("CreateUser", json!({ "UserName": "ann" })).await;
    let held = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:username}/*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "${aws:RequestTag/team, 'none'}"}}}}"#;
    bed.ok("PutUserPolicy", json!({ "UserName": "ann", "PolicyName": "p", "PolicyDocument": held })).await;
    let given = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}}}"#;
    let custom = bed.ok("GetContextKeysForCustomPolicy", json!({ "PolicyInputList": [given] })).await;
    assert_eq!(custom["ContextKeyNames"], json!(["aws:SecureTransport"]));
    let asked = json!({ "PolicySourceArn": format!("arn:aws:iam::{ACCOUNT}:user/ann"), "PolicyInputList": [given] });
    let all = bed.ok("GetContextKeysForPrincipalPolicy", asked).await;
    assert_eq!(
        all["ContextKeyNames"],
        json!(["aws:PrincipalTag/team", "aws:RequestTag/team", "aws:SecureTransport", "aws:username"])
    );
}

#[tokio::test]
async fn lists_come_in_pages() {
    let bed = Bed::new();
    for name in ["a", "b", "c"] {
        bed.role(name).await;
    }
    let first = bed.ok("ListRoles", json!({ "MaxItems": 2 })).await;
    assert_eq!(first["Roles"].as_array().unwrap().len(), 2);
    assert_eq!(first["IsTruncated"], true);
    let second = bed.ok("ListRoles", json!({ "MaxItems": 2, "Marker": first["Marker"] })).await;
    assert_eq!(second["Roles"][0]["RoleName"], "c");
    assert_eq!(second["IsTruncated"], false);
    assert!(bed.refused("ListRoles", json!({ "Marker": "nonsense" })).await.starts_with("ValidationError"));
}

#[tokio::test]
async fn names_sizes_and_unwritten_operations_are_refused() {
    let bed = Bed::new();
    let bad = json!({ "RoleName": "a b", "AssumeRolePolicyDocument": TRUST });
    assert!(bed.refused("CreateRole", bad).await.starts_with("ValidationError: "));
    bed.role("backup").await;
    let large = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::{}"}}]}}"#,
        "b".repeat(10_300)
    );
    let put = json!({ "RoleName": "backup", "PolicyName": "put", "PolicyDocument": large });
    assert_eq!(
        bed.refused("PutRolePolicy", put).await,
        "LimitExceeded: Maximum policy size of 10240 bytes exceeded for role backup"
    );
    assert!(bed.refused("CreateServiceLinkedRole", json!({ "AWSServiceName": "x" })).await.starts_with("NotImplemented"));
}

#[test]
fn documents_of_aws_that_customers_may_attach_are_well_formed() {
    for policy in nightproof_registry::managed_policies() {
        let document = super::aws_managed::document(policy.arn).unwrap();
        // What AWS gives to its own services and tasks may name resources that no customer's policy may.
        let is_of_aws = ["/aws-service-role/", "/root-task/"].contains(&policy.path());
        if !is_of_aws || policy.name() == "AutoScalingServiceRolePolicy" {
            document.policy().unwrap_or_else(|error| panic!("{}: {error}", policy.arn));
        }
        assert!(policy.path().starts_with('/') && policy.path().ends_with('/'));
    }
}

#[tokio::test]
async fn an_account_has_one_provider_of_a_url_and_none_without_https() {
    let bed = Bed::new();
    let create = |url: &str| json!({"Url": url});
    bed.ok("CreateOpenIDConnectProvider", create("https://a.example")).await;
    for (url, code) in [
        ("https://a.example", "EntityAlreadyExists"),
        ("http://b.example", "InvalidInput"),
        ("https://b.example:8443", "InvalidInput"),
    ] {
        let refused = bed.call("CreateOpenIDConnectProvider", create(url)).await.unwrap_err();
        assert_eq!(refused.code, code, "{url}");
    }
    let input = json!({"Url": "https://c.example", "ThumbprintList": ["abc"]});
    assert!(bed.call("CreateOpenIDConnectProvider", input).await.is_err());
    let gone = json!({"OpenIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/c.example"});
    assert_eq!(bed.call("GetOpenIDConnectProvider", gone.clone()).await.unwrap_err().code, "NoSuchEntity");
    bed.ok("DeleteOpenIDConnectProvider", gone).await;
}

#[tokio::test]
async fn a_simulated_decision_shows_the_statement_and_where_it_stands() {
    let bed = Bed::new();
    let policy =
        r#"{"Version": "2012-10-17", "Statement": {"Sid": "", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}}"#;
    let input = json!({ "PolicyInputList": [policy], "ActionNames": ["s3:PutObject", "s3:GetObject"], "ResourceArns": ["arn:aws:s3:::b"] });
    let results = bed.ok("SimulateCustomPolicy", input).await["EvaluationResults"].clone();
    let statement = json!({
        "SourcePolicyId": "PolicyInputList.1", "SourcePolicyType": "IAM Policy",
        "StartPosition": { "Line": 1, "Column": 41 }, "EndPosition": { "Line": 1, "Column": 113 },
    });
    assert_eq!(results[0]["MatchedStatements"], json!([statement]));
    assert_eq!(results[0]["ResourceSpecificResults"][0]["EvalResourceDecision"], "allowed");
    assert_eq!((&results[1]["EvalDecision"], &results[1]["MatchedStatements"]), (&json!("implicitDeny"), &json!([])));
}

/// A list of all operations and members of the model that are refused, to be reviewed when it changes.
#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("iam", Iam::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}

#[tokio::test]
async fn entities_of_a_policy_are_listed_by_kind_path_usage_and_page() {
    let bed = Bed::new();
    let made = bed.ok("CreatePolicy", json!({"PolicyName": "p", "PolicyDocument": POLICY})).await;
    let arn = &made["Policy"]["Arn"];
    for (name, path) in [("a", "/x/"), ("b", "/")] {
        bed.ok("CreateUser", json!({"UserName": name, "Path": path})).await;
        bed.ok("AttachUserPolicy", json!({"UserName": name, "PolicyArn": arn})).await;
    }
    bed.ok("CreateUser", json!({"UserName": "bounded", "PermissionsBoundary": arn})).await;
    bed.ok("CreateGroup", json!({"GroupName": "g"})).await;
    bed.ok("AttachGroupPolicy", json!({"GroupName": "g", "PolicyArn": arn})).await;
    let names = async |more: Value| {
        let mut input = json!({"PolicyArn": arn});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let found = bed.ok("ListEntitiesForPolicy", input).await;
        let of = |list: &str, name: &str| found[list].as_array().unwrap().iter().map(|one| one[name].clone()).collect::<Vec<_>>();
        (of("PolicyUsers", "UserName"), of("PolicyGroups", "GroupName"), found["Marker"].clone())
    };
    let (users, groups, _) = names(json!({})).await;
    assert_eq!((users, groups), (vec![json!("a"), json!("b"), json!("bounded")], vec![json!("g")]));
    assert_eq!(names(json!({"EntityFilter": "Group"})).await, (vec![], vec![json!("g")], Value::Null));
    assert_eq!(names(json!({"PathPrefix": "/x/"})).await.0, ["a"]);
    assert_eq!(names(json!({"PolicyUsageFilter": "PermissionsBoundary"})).await.0, ["bounded"]);
    let (users, groups, marker) = names(json!({"MaxItems": 3})).await;
    assert_eq!((users.len(), groups.len()), (3, 0));
    let (users, groups, marker) = names(json!({"MaxItems": 3, "Marker": marker})).await;
    assert_eq!((users.len(), groups.len(), marker), (0, 1, Value::Null));
}
