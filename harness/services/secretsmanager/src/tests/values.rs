//! Values under keys of KMS, and random passwords.

use serde_json::{Value, json};

use super::{World, text, token};

#[tokio::test]
async fn text_and_bytes_come_back_as_they_were_put() {
    let world = World::new();
    world.secret("päss").await;
    assert_eq!(world.ok("GetSecretValue", json!({"SecretId": "s"})).await["SecretString"], "päss");
    world.ok("PutSecretValue", json!({"SecretId": "s", "SecretBinary": "AP8B", "ClientRequestToken": token(2)})).await;
    let value = world.ok("GetSecretValue", json!({"SecretId": "s"})).await;
    assert_eq!((&value["SecretBinary"], &value["SecretString"]), (&json!("AP8B"), &Value::Null));
    let described = world.ok("DescribeSecret", json!({"SecretId": "s"})).await;
    assert!(text(&described, "LastAccessedDate").ends_with("T00:00:00Z"), "{described}");
    let refused = world.refused("PutSecretValue", json!({"SecretId": "s", "ClientRequestToken": token(3)})).await;
    assert_eq!(refused, "InvalidRequestException: You must provide either SecretString or SecretBinary.");
}

#[tokio::test]
async fn a_put_is_repeated_with_its_token_and_value_only() {
    let world = World::new();
    world.secret("one").await;
    let made = world.put(2, "two").await;
    assert_eq!(world.put(2, "two").await, made);
    let other = json!({"SecretId": "s", "SecretString": "other", "ClientRequestToken": token(2)});
    assert!(
        world.refused("PutSecretValue", other).await.starts_with("ResourceExistsException: You can't use ClientRequestToken")
    );
}

#[tokio::test]
async fn a_secret_without_a_value_gets_its_first_one_later() {
    let world = World::new();
    assert_eq!(world.ok("CreateSecret", json!({"Name": "s"})).await["VersionId"], Value::Null);
    let refused = world.refused("GetSecretValue", json!({"SecretId": "s"})).await;
    assert!(refused.ends_with("can't find the specified secret value for staging label: AWSCURRENT"), "{refused}");
    let put = json!({"SecretId": "s", "SecretString": "v", "ClientRequestToken": token(1), "VersionStages": ["mine"]});
    assert_eq!(world.ok("PutSecretValue", put).await["VersionStages"], json!(["AWSCURRENT", "mine"]));
}

#[tokio::test]
async fn values_are_under_the_key_that_is_given_and_move_with_it() {
    let world = World::new();
    let keys = [world.call_other("kms", "CreateKey", json!({})).await, world.call_other("kms", "CreateKey", json!({})).await];
    let [one, two] = keys.map(|key| text(&key["KeyMetadata"], "KeyId"));
    let create = json!({"Name": "s", "SecretString": "v", "KmsKeyId": one, "ClientRequestToken": token(1)});
    world.ok("CreateSecret", create).await;
    assert_eq!(world.ok("DescribeSecret", json!({"SecretId": "s"})).await["KmsKeyId"], json!(one));
    world.ok("UpdateSecret", json!({"SecretId": "s", "KmsKeyId": two})).await;
    world.call_other("kms", "DisableKey", json!({"KeyId": one})).await;
    assert_eq!(world.ok("GetSecretValue", json!({"SecretId": "s"})).await["SecretString"], "v");
    world.call_other("kms", "DisableKey", json!({"KeyId": two})).await;
    assert!(
        world.refused("GetSecretValue", json!({"SecretId": "s"})).await.starts_with("DecryptionFailure: Secrets Manager can't")
    );
    let put = json!({"SecretId": "s", "SecretString": "w", "ClientRequestToken": token(2)});
    assert!(world.refused("PutSecretValue", put).await.starts_with("EncryptionFailure: Secrets Manager can't"));
    let create = json!({"Name": "t", "SecretString": "v", "KmsKeyId": "alias/none", "ClientRequestToken": token(1)});
    assert!(world.refused("CreateSecret", create).await.starts_with("EncryptionFailure"));
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_makes_a_version_of_a_value() {
    let world = World::new();
    world.secret("one").await;
    assert_eq!(world.ok("UpdateSecret", json!({"SecretId": "s", "Description": "d"})).await["VersionId"], Value::Null);
    world.ok("UpdateSecret", json!({"SecretId": "s", "SecretString": "two", "ClientRequestToken": token(2)})).await;
    let described = world.ok("DescribeSecret", json!({"SecretId": "s"})).await;
    assert_eq!(
        (&described["Description"], described["VersionIdsToStages"].as_object().map(|ids| ids.len())),
        (&json!("d"), Some(2))
    );
}

#[tokio::test]
async fn no_value_and_no_password_is_journaled() {
    let world = World::new();
    world.secret("hush-hush").await;
    world.ok("GetSecretValue", json!({"SecretId": "s"})).await;
    let password = text(&world.ok("GetRandomPassword", json!({})).await, "RandomPassword");
    let records = world.region.journal().records();
    assert!(!records.is_empty());
    let written = serde_json::to_string(&records).unwrap();
    assert!(!written.contains("hush-hush"), "{written}");
    assert!(!written.contains(&serde_json::to_string(&password).unwrap()), "{written}");
}

#[tokio::test]
async fn a_password_has_each_type_that_is_not_excluded() {
    let world = World::new();
    let get = async |input: Value| text(&world.ok("GetRandomPassword", input).await, "RandomPassword");
    let password = get(json!({})).await;
    assert_eq!(password.len(), 32);
    for kind in [char::is_lowercase, char::is_uppercase, char::is_numeric] {
        assert!(password.contains(kind), "{password}");
    }
    assert!(password.contains(|letter: char| letter.is_ascii_punctuation()) && !password.contains(' '), "{password}");
    let digits = json!({"PasswordLength": 9, "ExcludePunctuation": true, "ExcludeUppercase": true, "ExcludeLowercase": true, "ExcludeCharacters": "0123"});
    let password = get(digits).await;
    assert!(password.len() == 9 && password.bytes().all(|byte| (b'4'..=b'9').contains(&byte)), "{password}");
    let refused = world.refused("GetRandomPassword", json!({"PasswordLength": 3})).await;
    assert_eq!(refused, "InvalidParameterException: The password length is too short based on the required types.");
    assert_eq!(get(json!({"PasswordLength": 3, "RequireEachIncludedType": false})).await.len(), 3);
}
