//! Connections and API destinations: records, whose credentials are in Secrets Manager and in no answer.

use std::sync::Arc;

use nightproof_core::service::Service;
use serde_json::{Value, json};

use super::{ACCOUNT, Double, World};
use crate::records::Events;

/// A world that notes what Secrets Manager is asked.
fn world() -> (World, Arc<Double>) {
    let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
    let (events, secrets) = (Events::new(), Arc::new(Double::default()));
    region.install(vec![
        ("events", Arc::clone(&events) as Arc<dyn Service>),
        ("secretsmanager", Arc::clone(&secrets) as Arc<dyn Service>),
    ]);
    (World { region, events, lambda: Arc::default(), sqs: Arc::default() }, secrets)
}

fn basic(password: &str) -> Value {
    json!({
        "BasicAuthParameters": {"Username": "user", "Password": password},
        "InvocationHttpParameters": {"HeaderParameters": [
            {"Key": "open", "Value": "seen"},
            {"Key": "closed", "Value": "unseen", "IsValueSecret": true},
        ]},
    })
}

#[tokio::test]
async fn the_credentials_of_a_connection_are_in_its_secret_alone() {
    let (world, secrets) = world();
    let input = json!({"Name": "c", "AuthorizationType": "BASIC", "AuthParameters": basic("pass")});
    let made = world.ask("CreateConnection", input.clone()).await.unwrap();
    assert_eq!(made["ConnectionState"], "AUTHORIZED");
    assert_eq!(world.ask("CreateConnection", input).await.unwrap_err().code, "ResourceAlreadyExistsException");
    let other = json!({"Name": "o", "AuthorizationType": "OTHER", "AuthParameters": basic("pass")});
    assert_eq!(world.ask("CreateConnection", other).await.unwrap_err().code, "ValidationException");
    let (operation, _, asked) = secrets.calls.lock().last().cloned().expect("a call");
    let secret: Value = serde_json::from_str(asked["SecretString"].as_str().unwrap()).unwrap();
    assert!(asked["Name"].as_str().unwrap().starts_with("events!connection/c/"), "{asked}");
    assert_eq!((operation.as_str(), &secret["username"], &secret["password"]), ("CreateSecret", &json!("user"), &json!("pass")));
    let described = world.ask("DescribeConnection", json!({"Name": "c"})).await.unwrap();
    assert_eq!(described["AuthParameters"]["BasicAuthParameters"], json!({"Username": "user"}));
    assert!(!described.to_string().contains("unseen") && described.to_string().contains("seen"), "{described}");
    let change = json!({"Name": "c", "AuthorizationType": "BASIC", "AuthParameters": basic("new")});
    world.ask("UpdateConnection", change).await.unwrap();
    assert_eq!(secrets.calls.lock().last().unwrap().0, "PutSecretValue");
    assert_eq!(world.ask("DeauthorizeConnection", json!({"Name": "c"})).await.unwrap()["ConnectionState"], "DEAUTHORIZED");
    assert_eq!(world.ask("DeleteConnection", json!({"Name": "c"})).await.unwrap()["ConnectionState"], "DELETING");
    assert_eq!(secrets.calls.lock().last().unwrap().0, "DeleteSecret");
    let gone = world.ask("DescribeConnection", json!({"Name": "c"})).await.unwrap_err();
    assert_eq!(gone.message, "Failed to describe the connection(s). Connection 'c' does not exist.");
}

#[tokio::test]
async fn an_api_destination_is_active_while_its_connection_is_authorized() {
    let (world, _) = world();
    let made = json!({"Name": "c", "AuthorizationType": "BASIC", "AuthParameters": basic("pass")});
    let connection = world.ask("CreateConnection", made).await.unwrap()["ConnectionArn"].clone();
    let input = |connection: &Value| json!({"Name": "d", "ConnectionArn": connection, "HttpMethod": "POST", "InvocationEndpoint": "https://example.com/a"});
    let nowhere = json!("arn:aws:events:us-east-1:111122223333:connection/none/1");
    assert_eq!(world.ask("CreateApiDestination", input(&nowhere)).await.unwrap_err().code, "ResourceNotFoundException");
    assert_eq!(world.ask("CreateApiDestination", input(&connection)).await.unwrap()["ApiDestinationState"], "ACTIVE");
    world.ask("UpdateApiDestination", json!({"Name": "d", "HttpMethod": "PUT"})).await.unwrap();
    world.ask("DeauthorizeConnection", json!({"Name": "c"})).await.unwrap();
    let listed = world.ask("ListApiDestinations", json!({"ConnectionArn": connection})).await.unwrap();
    let one = &listed["ApiDestinations"][0];
    assert_eq!((&one["ApiDestinationState"], &one["HttpMethod"]), (&json!("INACTIVE"), &json!("PUT")));
    assert_eq!(one["InvocationRateLimitPerSecond"], 300);
    world.ask("DeleteApiDestination", json!({"Name": "d"})).await.unwrap();
    let gone = world.ask("DescribeApiDestination", json!({"Name": "d"})).await.unwrap_err();
    assert_eq!(gone.message, "Failed to describe the api-destination(s). An api-destination 'd' does not exist.");
}
