use serde_json::{Value, json};

use super::world::{World, template};

fn body(secret: &str, action: &str) -> String {
    template(&format!(
        "{{S: {{Type: AWS::SecretsManager::Secret, Properties: {secret}}}, \
         P: {{Type: AWS::SecretsManager::ResourcePolicy, Properties: {{SecretId: !Ref S, BlockPublicPolicy: 'true', ResourcePolicy: \
         {{Version: 2012-10-17, Statement: [{{Effect: Deny, Principal: '*', Action: '{action}', Resource: '*'}}]}}}}}}}}"
    ))
}

async fn value(world: &World, id: &str) -> Value {
    world.ok("secretsmanager", "GetSecretValue", json!({"SecretId": id})).await["SecretString"].clone()
}

#[tokio::test]
async fn a_secret_is_generated_changed_in_place_and_deleted_without_recovery() {
    let world = World::new();
    let generated = "{Description: one, GenerateSecretString: {SecretStringTemplate: '{\"user\": \"admin\"}', GenerateStringKey: pw, PasswordLength: '12'}}";
    let created = world.create("s", &body(generated, "secretsmanager:PutSecretValue")).await;
    assert_eq!(created, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let arn = world.physical("s", "S").await;
    assert!(arn.starts_with("arn:aws:secretsmanager:us-east-1:111122223333:secret:s-S-"), "{arn}");
    assert_eq!(world.physical("s", "P").await, arn);
    let first = value(&world, &arn).await;
    let members: Value = serde_json::from_str(first.as_str().unwrap()).unwrap();
    assert_eq!((&members["user"], members["pw"].as_str().map(str::len)), (&json!("admin"), Some(12)));

    let described = generated.replace("one", "two");
    let updated = world.update("s", &body(&described, "secretsmanager:CancelRotateSecret")).await;
    assert_eq!(updated, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(value(&world, &arn).await, first, "the rules have not changed");
    let described = world.ok("secretsmanager", "DescribeSecret", json!({"SecretId": arn})).await;
    assert_eq!(described["Description"], "two");
    let policy = world.ok("secretsmanager", "GetResourcePolicy", json!({"SecretId": arn})).await;
    assert!(policy["ResourcePolicy"].as_str().unwrap().contains("secretsmanager:CancelRotateSecret"), "{policy}");

    let longer = body(&generated.replace("'12'", "13"), "secretsmanager:RestoreSecret");
    assert_eq!(world.update("s", &longer).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_ne!(value(&world, &arn).await, first);
    let declared = body("{SecretString: plain}", "secretsmanager:RestoreSecret");
    assert_eq!(world.update("s", &declared).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(value(&world, &arn).await, "plain");

    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    let listed = world.ok("secretsmanager", "ListSecrets", json!({"IncludePlannedDeletion": true})).await;
    assert_eq!(listed["SecretList"], json!([]));
}

#[tokio::test]
async fn a_secret_is_declared_or_generated_and_its_name_is_fixed() {
    let world = World::new();
    let action = "secretsmanager:PutSecretValue";
    assert_eq!(world.create("both", &body("{SecretString: v, GenerateSecretString: {}}", action)).await, "ROLLBACK_COMPLETE");
    assert!(world.reason("both", "S", "CREATE_FAILED").await.contains("SecretString and GenerateSecretString"));
    assert_eq!(world.create("half", &body("{GenerateSecretString: {GenerateStringKey: pw}}", action)).await, "ROLLBACK_COMPLETE");
    assert_eq!(
        world.create("s", &body("{Name: mine, SecretString: v}", action)).await,
        "CREATE_COMPLETE",
        "{:?}",
        world.failures("s").await
    );
    assert_eq!(value(&world, "mine").await, "v");
    let refused = world
        .refused(
            "CreateStack",
            json!({"StackName": "r", "TemplateBody": body("{ReplicaRegions: [{Region: eu-west-1}]}", action)}),
        )
        .await;
    assert!(refused.contains("ReplicaRegions"), "{refused}");
}
