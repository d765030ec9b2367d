use std::sync::Arc;

use jiff::SignedDuration;
use nightproof_core::identity::Sessions as _;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Principal, Region};
use nightproof_service_iam::Iam;
use serde_json::{Value, json};

use crate::records::Sts;

const ACCOUNT: &str = "111122223333";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

async fn region_with_role() -> (Region, Arc<Sts>) {
    let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
    let iam = Iam::new();
    let sts = Sts::new(iam.clone());
    region.install(vec![("iam", iam as Arc<_>), ("sts", sts.clone() as Arc<_>)]);
    let role = json!({ "RoleName": "backup", "AssumeRolePolicyDocument": TRUST });
    region.call(&Caller::root(ACCOUNT), "iam", "CreateRole", role).await.expect("created");
    (region, sts)
}

fn request(seconds: i64) -> Value {
    json!({
        "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/backup"), "RoleSessionName": "i-0123456789abcdef0", "DurationSeconds": seconds,
    })
}

fn user() -> Caller {
    let principal = Principal::User { name: "ann".into(), id: "AIDAEXAMPLE".into() };
    Caller { account: ACCOUNT.into(), principal, access_key_id: Some("AKIAEXAMPLE".into()), source_arn: None, via: None }
}

async fn refused(region: &Region, caller: &Caller, input: Value) -> AwsError {
    region.call(caller, "sts", "AssumeRole", input).await.expect_err("refused")
}

#[tokio::test]
async fn a_service_gets_a_session_of_the_role() {
    let (region, sts) = region_with_role().await;
    let ec2 = Caller::service(ACCOUNT, "ec2.amazonaws.com");
    let output = region.call(&ec2, "sts", "AssumeRole", request(21_600)).await.expect("assumed");
    assert_eq!(output["AssumedRoleUser"]["Arn"], format!("arn:aws:sts::{ACCOUNT}:assumed-role/backup/i-0123456789abcdef0"));
    let id = output["Credentials"]["AccessKeyId"].as_str().unwrap();
    let credential = region.credentials().find(id).expect("issued");
    let lasts = credential.expires.expect("ends").duration_since(region.clock().now());
    assert!(lasts > SignedDuration::from_hours(5) && lasts <= SignedDuration::from_hours(6));
    assert_eq!(sts.session(id).expect("kept").role_arn.as_deref(), Some("arn:aws:iam::111122223333:role/backup"));
    let identity = region.call(&credential.caller, "sts", "GetCallerIdentity", json!({})).await.expect("answered");
    assert_eq!(identity["Arn"], output["AssumedRoleUser"]["Arn"]);
    assert_eq!(identity["UserId"], output["AssumedRoleUser"]["AssumedRoleId"]);
}

#[tokio::test]
async fn root_assumes_no_role() {
    let (region, _) = region_with_role().await;
    let error = refused(&region, &Caller::root(ACCOUNT), request(900)).await;
    assert_eq!(error.to_string(), "AccessDenied: Roles may not be assumed by root accounts.");
}

#[tokio::test]
async fn a_role_that_does_not_exist_is_denied() {
    let (region, _) = region_with_role().await;
    let mut input = request(900);
    input["RoleArn"] = format!("arn:aws:iam::{ACCOUNT}:role/other").into();
    let error = refused(&region, &user(), input).await;
    assert_eq!(
        error.message,
        "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/other"
    );
}

#[tokio::test]
async fn durations_are_bounded_by_the_role_and_by_chaining() {
    let (region, _) = region_with_role().await;
    assert!(refused(&region, &user(), request(899)).await.message.contains("greater than or equal to 900"));
    assert!(refused(&region, &user(), request(43_201)).await.message.contains("less than or equal to 43200"));
    assert!(refused(&region, &user(), request(3601)).await.message.contains("MaxSessionDuration set for this role"));
    let principal = Principal::AssumedRole { role: "other".into(), role_id: "AROA".into(), session: "s1".into() };
    let chained = Caller { account: ACCOUNT.into(), principal, access_key_id: None, source_arn: None, via: None };
    assert!(refused(&region, &chained, request(3601)).await.message.contains("role chaining"));
}

#[tokio::test]
async fn a_session_cannot_ask_for_a_session_token() {
    let (region, _) = region_with_role().await;
    let output = region.call(&user(), "sts", "GetSessionToken", json!({})).await.expect("issued");
    let id = output["Credentials"]["AccessKeyId"].as_str().unwrap();
    let caller = region.credentials().find(id).expect("issued").caller;
    let error = region.call(&caller, "sts", "GetSessionToken", json!({})).await.expect_err("refused");
    assert_eq!(error.code, "AccessDenied");
}

/// A list of all operations and members of the model that are refused, to be reviewed when it changes.
#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("sts", Sts::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
