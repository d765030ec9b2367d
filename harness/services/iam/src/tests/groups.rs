//! Groups, and what their members may do.

use std::sync::Arc;

use nightproof_core::identity::Identities as _;
use nightproof_core::{Caller, Principal};
use serde_json::json;

use super::{ACCOUNT, Bed, CORE, POLICY};
use crate::records::Iam;

#[tokio::test]
async fn a_group_is_made_renamed_and_goes_once_it_is_empty() {
    let bed = Bed::new();
    let made = bed.ok("CreateGroup", json!({ "GroupName": "ops", "Path": "/team/" })).await;
    assert_eq!(made["Group"]["Arn"], format!("arn:aws:iam::{ACCOUNT}:group/team/ops"));
    let taken = bed.refused("CreateGroup", json!({ "GroupName": "OPS" })).await;
    assert_eq!(taken, "EntityAlreadyExists: Group with name OPS already exists.");
    bed.ok("CreateUser", json!({ "UserName": "ann" })).await;
    bed.ok("AddUserToGroup", json!({ "GroupName": "ops", "UserName": "ann" })).await;
    bed.ok("UpdateGroup", json!({ "GroupName": "ops", "NewGroupName": "night", "NewPath": "/" })).await;
    bed.ok("UpdateUser", json!({ "UserName": "ann", "NewUserName": "eve" })).await;
    let shown = bed.ok("GetGroup", json!({ "GroupName": "night" })).await;
    assert_eq!((&shown["Group"]["Path"], &shown["Users"][0]["UserName"]), (&json!("/"), &json!("eve")));
    let of_user = bed.ok("ListGroupsForUser", json!({ "UserName": "eve" })).await;
    assert_eq!(of_user["Groups"][0]["GroupName"], "night");
    assert!(bed.refused("DeleteUser", json!({ "UserName": "eve" })).await.contains("must remove users from group first"));
    assert!(bed.refused("DeleteGroup", json!({ "GroupName": "night" })).await.contains("must remove users from group first"));
    bed.ok("RemoveUserFromGroup", json!({ "GroupName": "night", "UserName": "eve" })).await;
    bed.ok("DeleteGroup", json!({ "GroupName": "night" })).await;
    assert_eq!(bed.ok("ListGroups", json!({})).await, json!({ "Groups": [], "IsTruncated": false }));
}

#[tokio::test]
async fn members_have_the_policies_of_their_groups() {
    let iam = Iam::new();
    let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
    region.install(vec![("iam", iam.clone() as Arc<_>)]);
    let bed = Bed { region, caller: Caller::root(ACCOUNT) };
    bed.ok("CreateGroup", json!({ "GroupName": "ops" })).await;
    bed.ok("CreateUser", json!({ "UserName": "ann" })).await;
    bed.ok("PutGroupPolicy", json!({ "GroupName": "ops", "PolicyName": "put", "PolicyDocument": POLICY })).await;
    bed.ok("AttachGroupPolicy", json!({ "GroupName": "ops", "PolicyArn": CORE })).await;
    let principal = Principal::User { name: "ann".into(), id: "AIDA".into() };
    let ann = Caller { account: ACCOUNT.into(), principal, access_key_id: None, source_arn: None, via: None };
    let sources = || iam.policies(&ann).identity.into_iter().map(|policy| policy.source).collect::<Vec<_>>();
    assert!(sources().is_empty());
    let before = iam.changes();
    bed.ok("AddUserToGroup", json!({ "GroupName": "ops", "UserName": "ann" })).await;
    assert!(iam.changes() > before);
    assert_eq!(sources(), ["put", CORE]);
    let entities = bed.ok("ListEntitiesForPolicy", json!({ "PolicyArn": CORE })).await;
    assert_eq!(entities["PolicyGroups"][0]["GroupName"], "ops");
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/ann");
    let input = json!({ "PolicySourceArn": arn, "ActionNames": ["s3:PutObject"], "ResourceArns": ["arn:aws:s3:::b/k"] });
    let simulated = bed.ok("SimulatePrincipalPolicy", input).await;
    assert_eq!(simulated["EvaluationResults"][0]["EvalDecision"], "allowed");
}
