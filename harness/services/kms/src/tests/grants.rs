//! Grants, and what policies make of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_authorization::Authorizer;
use nightproof_core::{Caller, Principal};
use nightproof_service_iam::Iam;
use nightproof_service_sts::Sts;
use serde_json::json;

use super::Lab;
use crate::grant::Grant;
use crate::records::Kms;

#[tokio::test]
async fn a_grant_is_listed_until_it_is_retired_or_revoked() {
    let lab = Lab::new();
    let key = lab.key().await;
    let grantee = "arn:aws:iam::111122223333:role/backup";
    let input = json!({"KeyId": key, "GranteePrincipal": grantee, "Operations": ["Decrypt"], "Name": "n"});
    let made = lab.ok("CreateGrant", input.clone()).await;
    let again = lab.ok("CreateGrant", input).await;
    assert_eq!(made["GrantId"], again["GrantId"]);
    assert_ne!(made["GrantToken"], again["GrantToken"]);
    let listed = lab.ok("ListGrants", json!({"KeyId": key})).await["Grants"].clone();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["GranteePrincipal"]), (1, &json!(grantee)));
    let data = |token: &serde_json::Value| json!({"KeyId": key, "Plaintext": STANDARD.encode("m"), "GrantTokens": [token]});
    lab.ok("Encrypt", data(&made["GrantToken"])).await;
    assert_eq!(lab.code("Encrypt", data(&json!("none"))).await, "InvalidGrantTokenException");
    lab.ok("RetireGrant", json!({"GrantToken": made["GrantToken"]})).await;
    assert_eq!(lab.ok("ListGrants", json!({"KeyId": key})).await["Grants"], json!([]));
    let gone = json!({"KeyId": key, "GrantId": made["GrantId"]});
    assert_eq!(lab.code("RevokeGrant", gone).await, "NotFoundException");
    let all = json!({"KeyId": key, "GranteePrincipal": grantee, "Operations": ["*"]});
    assert_eq!(lab.code("CreateGrant", all).await, "ValidationException");
    let nobody = json!({"KeyId": key, "GranteePrincipal": "somebody", "Operations": ["Decrypt"]});
    assert_eq!(lab.code("CreateGrant", nobody).await, "InvalidArnException");
}

/// Without any policy of its own, a user may do what a grant says, with the encryption context that it says.
#[tokio::test]
async fn a_grant_allows_its_operations_within_its_constraints() {
    let region = nightproof_test_region::region("111122223333", "/nonexistent");
    let iam = Iam::new();
    let sts = Sts::new(iam.clone());
    region.set_authorizer(Authorizer::new(iam.clone(), sts.clone()));
    region.install(vec![("iam", iam), ("kms", Kms::new()), ("sts", sts)]);
    let lab = Lab { region, root: Caller::root("111122223333") };
    let made = lab.region.call(&lab.root, "iam", "CreateUser", json!({"UserName": "u"})).await.unwrap();
    let id = made["User"]["UserId"].as_str().unwrap_or_default().to_owned();
    let user = Caller { principal: Principal::User { name: "u".to_owned(), id }, ..lab.root.clone() };
    let key = lab.key().await;
    let encrypt = |context: serde_json::Value| {
        let input = json!({"KeyId": key, "Plaintext": STANDARD.encode("m"), "EncryptionContext": context});
        let (region, user) = (lab.region.clone(), user.clone());
        async move { region.call(&user, "kms", "Encrypt", input).await.map_err(|error| error.code) }
    };
    let right = || json!({"a": "1", "b": "2"});
    let denied = encrypt(right()).await.unwrap_err();
    let grant = |constraints| json!({"KeyId": key, "GranteePrincipal": user.arn(), "Operations": ["Encrypt"], "Constraints": constraints});
    lab.ok("CreateGrant", grant(json!({"EncryptionContextEquals": {"a": "1"}}))).await;
    assert_eq!(encrypt(right()).await, Err(denied.clone()));
    assert!(encrypt(json!({"a": "1"})).await.is_ok());
    let subset = lab.ok("CreateGrant", grant(json!({"EncryptionContextSubset": {"a": "1"}}))).await;
    assert!(encrypt(right()).await.is_ok());
    let decrypt = json!({"KeyId": key});
    assert_eq!(lab.region.call(&user, "kms", "DescribeKey", decrypt).await.map_err(|error| error.code), Err(denied.clone()));
    lab.ok("RevokeGrant", json!({"KeyId": key, "GrantId": subset["GrantId"]})).await;
    assert_eq!(encrypt(right()).await, Err(denied));
}

#[test]
fn no_two_statements_of_a_grant_have_one_name() {
    let grant = Grant {
        id: "g".to_owned(),
        key_arn: "arn:aws:kms:us-east-1:111122223333:key/k".to_owned(),
        tokens: Vec::new(),
        name: None,
        grantee: "arn:aws:iam::111122223333:role/backup".to_owned(),
        issuer: "111122223333".to_owned(),
        created: jiff::Timestamp::UNIX_EPOCH,
        operations: vec!["Decrypt".to_owned(), "DescribeKey".to_owned()],
        retiring: Some("arn:aws:iam::111122223333:root".to_owned()),
        constraints: serde_json::from_value(json!({"EncryptionContextSubset": {"a": "b"}})).unwrap(),
    };
    let names: std::collections::HashSet<String> = grant.statements().iter().map(|one| one["Sid"].to_string()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
}
