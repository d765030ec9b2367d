//! Making, finding, listing, tagging, deleting and restoring secrets.

use serde_json::{Value, json};

use super::{World, text, token};

#[tokio::test]
async fn a_secret_is_found_by_name_arn_and_partial_arn() {
    let world = World::new();
    let (arn, _) = world.secret("v").await;
    let (partial, random) = arn.rsplit_once('-').unwrap();
    assert_eq!(partial, "arn:aws:secretsmanager:us-east-1:111122223333:secret:s");
    assert!(random.len() == 6 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{random}");
    for id in ["s", &arn, partial] {
        assert_eq!(world.ok("DescribeSecret", json!({"SecretId": id})).await["ARN"], json!(arn), "{id}");
    }
    for id in ["t", "arn:aws:secretsmanager:us-east-1:111122223333:secret:t-abcdef"] {
        let refused = world.refused("GetSecretValue", json!({"SecretId": id})).await;
        assert_eq!(refused, "ResourceNotFoundException: Secrets Manager can't find the specified secret.");
    }
}

#[tokio::test]
async fn a_creation_is_repeated_with_its_token_and_value_only() {
    let world = World::new();
    let create = |number: u32, value: &str| json!({"Name": "s", "SecretString": value, "ClientRequestToken": token(number)});
    let made = world.ok("CreateSecret", create(1, "v")).await;
    assert_eq!(world.ok("CreateSecret", create(1, "v")).await, made);
    let refused = world.refused("CreateSecret", create(1, "w")).await;
    assert!(refused.starts_with("ResourceExistsException: You can't use ClientRequestToken 0"), "{refused}");
    let refused = world.refused("CreateSecret", create(2, "v")).await;
    assert_eq!(refused, "ResourceExistsException: The operation failed because the secret s already exists.");
    let refused = world.refused("CreateSecret", json!({"Name": "t", "SecretString": "v"})).await;
    assert!(refused.starts_with("InvalidRequestException: You must provide a ClientRequestToken"), "{refused}");
    let refused = world.refused("CreateSecret", json!({"Name": "a b"})).await;
    assert!(refused.starts_with("ValidationException: Invalid name."), "{refused}");
    let both = json!({"Name": "t", "SecretString": "v", "SecretBinary": "AA==", "ClientRequestToken": token(1)});
    assert!(world.refused("CreateSecret", both).await.starts_with("InvalidParameterException: You can't specify both"));
}

#[tokio::test]
async fn a_secret_to_be_deleted_can_be_described_and_restored_and_nothing_else() {
    let world = World::new();
    let (arn, _) = world.secret("v").await;
    for days in [6, 31] {
        let refused = world.refused("DeleteSecret", json!({"SecretId": "s", "RecoveryWindowInDays": days})).await;
        assert!(refused.ends_with("must be between 7 and 30 days (inclusive)."), "{refused}");
    }
    let both = json!({"SecretId": "s", "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": true});
    assert!(world.refused("DeleteSecret", both).await.contains("in conjunction with RecoveryWindowInDays"));
    let deleted = world.ok("DeleteSecret", json!({"SecretId": "s", "RecoveryWindowInDays": 7})).await;
    assert_eq!(world.ok("DescribeSecret", json!({"SecretId": arn})).await["DeletedDate"], deleted["DeletionDate"]);
    let marked = "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.";
    for (operation, more) in [
        ("GetSecretValue", json!({})),
        ("PutSecretValue", json!({"SecretString": "w", "ClientRequestToken": token(2)})),
        ("UpdateSecret", json!({"Description": "d"})),
        ("TagResource", json!({"Tags": [{"Key": "k", "Value": "v"}]})),
        ("GetResourcePolicy", json!({})),
        ("DeleteSecret", json!({})),
    ] {
        let mut input = more;
        input["SecretId"] = json!("s");
        assert_eq!(world.refused(operation, input).await, marked, "{operation}");
    }
    let again = world.refused("CreateSecret", json!({"Name": "s"})).await;
    assert!(again.ends_with("a secret with this name is already scheduled for deletion."), "{again}");
    let listed = async |planned: bool| {
        let listed = world.ok("ListSecrets", json!({"IncludePlannedDeletion": planned})).await;
        listed["SecretList"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((listed(false).await, listed(true).await), (0, 1));
    world.ok("RestoreSecret", json!({"SecretId": "s"})).await;
    assert_eq!(world.ok("GetSecretValue", json!({"SecretId": "s"})).await["SecretString"], "v");
    world.ok("DeleteSecret", json!({"SecretId": "s", "RecoveryWindowInDays": 7})).await;
    world.pass_days(8);
    assert!(world.refused("RestoreSecret", json!({"SecretId": "s"})).await.starts_with("ResourceNotFoundException"));
}

#[tokio::test]
async fn a_forced_deletion_is_at_once_and_may_be_repeated() {
    let world = World::new();
    let (arn, _) = world.secret("v").await;
    world.ok("DeleteSecret", json!({"SecretId": "s"})).await;
    let force = json!({"SecretId": "s", "ForceDeleteWithoutRecovery": true});
    assert_eq!(world.ok("DeleteSecret", force.clone()).await["ARN"], json!(arn));
    world.ok("DeleteSecret", force).await;
    assert!(world.refused("DescribeSecret", json!({"SecretId": "s"})).await.starts_with("ResourceNotFoundException"));
    assert_ne!(world.secret("v").await.0, arn, "a new secret has another ARN");
}

#[tokio::test]
async fn secrets_are_listed_by_filters_in_order_and_in_pages() {
    let world = World::new();
    for (name, description, value) in [("prod/b", "The Database", "x"), ("prod/a", "queue", "y"), ("test/c", "database", "z")] {
        let tags = json!([{"Key": "stage", "Value": value}]);
        world.ok("CreateSecret", json!({"Name": name, "Description": description, "Tags": tags})).await;
        world.pass_days(1);
    }
    let list = async |input: Value| -> Vec<String> {
        let listed = world.ok("ListSecrets", input).await;
        listed["SecretList"].as_array().unwrap().iter().map(|one| text(one, "Name")).collect()
    };
    let filter = |key: &str, values: &[&str]| json!({"Filters": [{"Key": key, "Values": values}], "SortBy": "name"});
    assert_eq!(list(json!({})).await, ["prod/b", "prod/a", "test/c"]);
    assert_eq!(list(json!({"SortBy": "name", "SortOrder": "desc"})).await, ["test/c", "prod/b", "prod/a"]);
    assert_eq!(list(filter("name", &["prod/"])).await, ["prod/a", "prod/b"]);
    assert_eq!(list(filter("name", &["!prod/"])).await, ["test/c"]);
    assert_eq!(list(filter("description", &["the", "QUEUE"])).await, ["prod/a", "prod/b"]);
    assert_eq!(list(filter("tag-value", &["z"])).await, ["test/c"]);
    assert_eq!(list(filter("tag-key", &["stage"])).await.len(), 3);
    assert_eq!(list(filter("all", &["database prod"])).await, ["prod/b"]);
    assert!(list(filter("owning-service", &["rds"])).await.is_empty());
    let first = world.ok("ListSecrets", json!({"MaxResults": 2})).await;
    assert_eq!(list(json!({"MaxResults": 2, "NextToken": first["NextToken"]})).await, ["test/c"]);
    assert!(world.refused("ListSecrets", json!({"NextToken": "x"})).await.starts_with("InvalidNextTokenException"));
}

#[tokio::test]
async fn tags_are_set_removed_and_limited() {
    let world = World::new();
    world.secret("v").await;
    world.ok("TagResource", json!({"SecretId": "s", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]})).await;
    world.ok("UntagResource", json!({"SecretId": "s", "TagKeys": ["a"]})).await;
    assert_eq!(world.ok("DescribeSecret", json!({"SecretId": "s"})).await["Tags"], json!([{"Key": "b", "Value": "2"}]));
    let many: Vec<Value> = (0..50).map(|key| json!({"Key": key.to_string(), "Value": ""})).collect();
    assert!(world.refused("TagResource", json!({"SecretId": "s", "Tags": many})).await.starts_with("LimitExceededException"));
}
