//! Versions and staging labels.

use serde_json::{Value, json};

use super::{World, token};

/// Labels by version number.
async fn labels(world: &World) -> Vec<(u32, Vec<String>)> {
    let described = world.ok("DescribeSecret", json!({"SecretId": "s"})).await;
    let of =
        |number: u32| serde_json::from_value::<Vec<String>>(described["VersionIdsToStages"].get(token(number))?.clone()).ok();
    (1..=9).filter_map(|number| Some((number, of(number)?))).collect()
}

fn label(of: u32, label: &str) -> (u32, Vec<String>) {
    (of, vec![label.to_owned()])
}

#[tokio::test]
async fn a_new_value_is_current_and_the_one_before_it_previous() {
    let world = World::new();
    world.secret("one").await;
    world.put(2, "two").await;
    assert_eq!(world.put(3, "three").await["VersionStages"], json!(["AWSCURRENT"]));
    assert_eq!(labels(&world).await, [label(2, "AWSPREVIOUS"), label(3, "AWSCURRENT")]);
    let get = async |more: Value| {
        let mut input = more;
        input["SecretId"] = json!("s");
        world.ok("GetSecretValue", input).await["SecretString"].clone()
    };
    assert_eq!(get(json!({})).await, "three");
    assert_eq!(get(json!({"VersionStage": "AWSPREVIOUS"})).await, "two");
    assert_eq!(get(json!({"VersionId": token(1)})).await, "one", "a deprecated version can be read");
    assert_eq!(get(json!({"VersionId": token(2), "VersionStage": "AWSPREVIOUS"})).await, "two");
    for (input, refusal) in [
        (
            json!({"VersionId": token(1), "VersionStage": "AWSCURRENT"}),
            "InvalidRequestException: You provided a VersionStage that is not",
        ),
        (
            json!({"VersionId": token(9)}),
            "ResourceNotFoundException: Secrets Manager can't find the specified secret value for VersionId: ",
        ),
        (
            json!({"VersionStage": "x"}),
            "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: x",
        ),
    ] {
        let mut input = input;
        input["SecretId"] = json!("s");
        let refused = world.refused("GetSecretValue", input).await;
        assert!(refused.starts_with(refusal), "{refused}");
    }
}

#[tokio::test]
async fn a_value_can_wait_under_another_label_until_it_becomes_the_current_one() {
    let world = World::new();
    world.secret("one").await;
    let pending =
        json!({"SecretId": "s", "SecretString": "two", "ClientRequestToken": token(2), "VersionStages": ["AWSPENDING"]});
    world.ok("PutSecretValue", pending).await;
    assert_eq!(world.ok("GetSecretValue", json!({"SecretId": "s"})).await["SecretString"], "one");
    let advance = json!({"SecretId": "s", "VersionStage": "AWSCURRENT", "MoveToVersionId": token(2)});
    let refused = world.refused("UpdateSecretVersionStage", advance.clone()).await;
    assert!(refused.starts_with("InvalidParameterException: The parameter RemoveFromVersionId can't be empty."), "{refused}");
    let mut wrong = advance.clone();
    wrong["RemoveFromVersionId"] = json!(token(2));
    assert!(world.refused("UpdateSecretVersionStage", wrong).await.contains("is not attached to version"));
    let mut right = advance;
    right["RemoveFromVersionId"] = json!(token(1));
    world.ok("UpdateSecretVersionStage", right).await;
    assert_eq!(labels(&world).await, [label(1, "AWSPREVIOUS"), (2, vec!["AWSCURRENT".to_owned(), "AWSPENDING".to_owned()])]);
    world
        .ok("UpdateSecretVersionStage", json!({"SecretId": "s", "VersionStage": "AWSPENDING", "RemoveFromVersionId": token(2)}))
        .await;
    let away = json!({"SecretId": "s", "VersionStage": "AWSCURRENT", "RemoveFromVersionId": token(2)});
    assert!(world.refused("UpdateSecretVersionStage", away).await.contains("It can't be completely removed."));
    assert_eq!(labels(&world).await, [label(1, "AWSPREVIOUS"), label(2, "AWSCURRENT")]);
    let neither = json!({"SecretId": "s", "VersionStage": "x"});
    assert!(world.refused("UpdateSecretVersionStage", neither).await.starts_with("InvalidParameterException"));
}

#[tokio::test]
async fn versions_are_listed_with_their_labels_and_deprecated_ones_when_asked_for() {
    let world = World::new();
    world.secret("one").await;
    world.put(2, "two").await;
    world.put(3, "three").await;
    let listed = world.ok("ListSecretVersionIds", json!({"SecretId": "s"})).await;
    assert_eq!(listed["Versions"].as_array().map(Vec::len), Some(2));
    let all = world.ok("ListSecretVersionIds", json!({"SecretId": "s", "IncludeDeprecated": true})).await;
    let first = &all["Versions"][0];
    assert_eq!((&first["VersionId"], &first["VersionStages"]), (&json!(token(1)), &Value::Null));
    assert_eq!(first["KmsKeyIds"], json!(["DefaultEncryptionKey"]));
}

#[tokio::test]
async fn more_than_a_hundred_versions_lose_the_oldest_deprecated_ones_after_a_day() {
    let world = World::new();
    world.secret("one").await;
    for number in 2..=105 {
        world.put(number, "v").await;
    }
    let count = async || {
        let all = world.ok("ListSecretVersionIds", json!({"SecretId": "s", "IncludeDeprecated": true})).await;
        let rest = json!({"SecretId": "s", "IncludeDeprecated": true, "NextToken": all["NextToken"]});
        world.ok("ListSecretVersionIds", rest).await["Versions"].as_array().map_or(0, Vec::len) + 100
    };
    assert_eq!(count().await, 105);
    world.pass_days(2);
    world.put(106, "v").await;
    let all = world.ok("ListSecretVersionIds", json!({"SecretId": "s", "IncludeDeprecated": true})).await;
    assert_eq!((all["Versions"].as_array().map(Vec::len), &all["NextToken"]), (Some(100), &Value::Null));
    assert_eq!(all["Versions"][0]["VersionId"], json!(token(7)));
}

#[tokio::test]
async fn a_secret_has_at_most_twenty_labels() {
    let world = World::new();
    world.secret("one").await;
    let labels: Vec<String> = (0..20).map(|number| format!("l{number}")).collect();
    let put = json!({"SecretId": "s", "SecretString": "two", "ClientRequestToken": token(2), "VersionStages": labels});
    assert!(world.refused("PutSecretValue", put).await.starts_with("LimitExceededException"));
}
