//! Who may read a secret: policies of principals, of secrets, and of keys.

use nightproof_core::{Caller, Principal};
use serde_json::{Value, json};

use super::{ACCOUNT, World, text, token};

/// A user with a policy.
async fn user(world: &World, statement: Value) -> Caller {
    let made = world.call_other("iam", "CreateUser", json!({"UserName": "reader"})).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    world.call_other("iam", "PutUserPolicy", json!({"UserName": "reader", "PolicyName": "p", "PolicyDocument": policy})).await;
    let principal = Principal::User { name: "reader".to_owned(), id: text(&made["User"], "UserId") };
    Caller { principal, ..Caller::root(ACCOUNT) }
}

async fn read(world: &World, caller: &Caller, id: &str) -> Result<Value, String> {
    let result = world.region.call(caller, "secretsmanager", "GetSecretValue", json!({"SecretId": id})).await;
    result.map_err(|error| format!("{}: {}", error.code, error.message))
}

#[tokio::test]
async fn a_policy_names_a_secret_by_the_pattern_that_aws_recommends() {
    let world = World::new();
    world.secret("v").await;
    let resource = "arn:aws:secretsmanager:us-east-1:111122223333:secret:s-??????";
    let caller = user(&world, json!({"Effect": "Allow", "Action": "secretsmanager:*", "Resource": resource})).await;
    assert_eq!(read(&world, &caller, "s").await.unwrap()["SecretString"], "v");
    assert!(read(&world, &caller, "other").await.unwrap_err().starts_with("AccessDenied"));
    world.ok("DeleteSecret", json!({"SecretId": "s", "ForceDeleteWithoutRecovery": true})).await;
    assert!(read(&world, &caller, "s").await.unwrap_err().starts_with("ResourceNotFoundException"));
    let create = json!({"Name": "s", "SecretString": "v", "ClientRequestToken": token(1)});
    world.region.call(&caller, "secretsmanager", "CreateSecret", create).await.unwrap();
}

#[tokio::test]
async fn a_secrets_own_policy_lets_in_and_keeps_out() {
    let world = World::new();
    let (arn, _) = world.secret("v").await;
    let nothing = json!({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"});
    let caller = user(&world, nothing).await;
    assert!(read(&world, &caller, "s").await.unwrap_err().starts_with("AccessDenied"));
    let policy = |effect: &str| {
        let statement = json!({"Effect": effect, "Principal": {"AWS": caller.arn()}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"});
        json!({"SecretId": "s", "ResourcePolicy": json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()})
    };
    world.ok("PutResourcePolicy", policy("Allow")).await;
    assert_eq!(read(&world, &caller, &arn).await.unwrap()["SecretString"], "v");
    world.ok("PutResourcePolicy", policy("Deny")).await;
    assert!(read(&world, &caller, &arn).await.unwrap_err().contains("explicit deny"));
    world.ok("DeleteResourcePolicy", json!({"SecretId": "s"})).await;
    assert_eq!(world.ok("GetResourcePolicy", json!({"SecretId": "s"})).await["ResourcePolicy"], Value::Null);
}

#[tokio::test]
async fn a_reader_needs_the_secrets_key_too() {
    let world = World::new();
    let key = text(&world.call_other("kms", "CreateKey", json!({})).await["KeyMetadata"], "KeyId");
    world.ok("CreateSecret", json!({"Name": "s", "SecretString": "v", "KmsKeyId": key, "ClientRequestToken": token(1)})).await;
    let caller = user(&world, json!({"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"})).await;
    assert_eq!(read(&world, &caller, "s").await.unwrap_err(), "AccessDeniedException: Access to KMS is not allowed");
    let through = json!({"Effect": "Allow", "Action": ["secretsmanager:*", "kms:Decrypt"], "Resource": "*",
        "Condition": {"StringEqualsIfExists": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}});
    let policy = json!({"Version": "2012-10-17", "Statement": [through]}).to_string();
    world.call_other("iam", "PutUserPolicy", json!({"UserName": "reader", "PolicyName": "p", "PolicyDocument": policy})).await;
    assert_eq!(read(&world, &caller, "s").await.unwrap()["SecretString"], "v");
}

#[tokio::test]
async fn policies_that_are_malformed_or_let_everybody_in_are_refused() {
    let world = World::new();
    world.secret("v").await;
    let put = |principal: Value, block: bool| {
        let statement =
            json!({"Effect": "Allow", "Principal": principal, "Action": "secretsmanager:GetSecretValue", "Resource": "*"});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        json!({"SecretId": "s", "ResourcePolicy": policy, "BlockPublicPolicy": block})
    };
    world.ok("PutResourcePolicy", put(json!("*"), false)).await;
    assert!(world.refused("PutResourcePolicy", put(json!({"AWS": "*"}), true)).await.starts_with("PublicPolicyException"));
    world.ok("PutResourcePolicy", put(json!({"AWS": "arn:aws:iam::111122223333:root"}), true)).await;
    let refused = world.refused("PutResourcePolicy", json!({"SecretId": "s", "ResourcePolicy": "{"})).await;
    assert_eq!(refused, "MalformedPolicyDocumentException: This resource policy contains a syntax error.");
}
