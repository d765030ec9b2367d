use serde_json::json;

use super::world::World;

#[tokio::test]
async fn connections_and_api_destinations_are_made_changed_and_deleted() {
    let world = World::new();
    let body = |value: &str, rest: &str| {
        format!(
            "Resources:
  C: {{Type: AWS::Events::Connection, Properties: {{Name: c, Description: d, AuthorizationType: API_KEY, AuthParameters: {{ApiKeyAuthParameters: {{ApiKeyName: k, ApiKeyValue: {value}}}}}}}}}
  D: {{Type: AWS::Events::ApiDestination, Properties: {{Name: d, ConnectionArn: !GetAtt C.Arn, HttpMethod: POST, InvocationEndpoint: 'https://example.com/'{rest}}}}}
Outputs: {{C: {{Value: !GetAtt C.ArnForPolicy}}, D: {{Value: !GetAtt D.Arn}}, S: {{Value: !GetAtt C.SecretArn}}}}
"
        )
    };
    assert_eq!(world.create("s", &body("one", ", InvocationRateLimitPerSecond: 5")).await, "CREATE_COMPLETE");
    let outputs = world.settled("s").await["Outputs"].clone();
    assert_eq!(outputs[0]["OutputValue"], "arn:aws:events:us-east-1:111122223333:connection/c");
    let destination = outputs[1]["OutputValue"].as_str().unwrap().to_owned();
    assert!(destination.starts_with("arn:aws:events:us-east-1:111122223333:api-destination/d/"), "{destination}");
    let secret = outputs[2]["OutputValue"].clone();
    assert_eq!((world.physical("s", "C").await, world.physical("s", "D").await), ("c".to_owned(), "d".to_owned()));
    let value = async || world.ok("secretsmanager", "GetSecretValue", json!({"SecretId": secret})).await["SecretString"].clone();
    assert!(value().await.as_str().unwrap().contains("one"));
    assert_eq!(world.update("s", &body("two", "")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert!(value().await.as_str().unwrap().contains("two"));
    let found = world.ok("events", "DescribeApiDestination", json!({"Name": "d"})).await;
    assert_eq!(found["InvocationRateLimitPerSecond"], 300);
    for resource in ["C", "D"] {
        let input = json!({"StackName": "s", "LogicalResourceId": resource});
        let drift = world.stack("DetectStackResourceDrift", input).await;
        assert_eq!(drift["StackResourceDrift"]["StackResourceDriftStatus"], "IN_SYNC", "{drift}");
    }
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    world.call("events", "DescribeConnection", json!({"Name": "c"})).await.unwrap_err();
    world.call("events", "DescribeApiDestination", json!({"Name": "d"})).await.unwrap_err();
}

#[tokio::test]
async fn a_private_connection_is_refused_as_lacking() {
    let world = World::new();
    let body = "Resources: {C: {Type: AWS::Events::Connection, Properties: {AuthorizationType: API_KEY, AuthParameters: {ConnectivityParameters: \
                {ResourceParameters: {ResourceConfigurationArn: x}}, ApiKeyAuthParameters: {ApiKeyName: k, ApiKeyValue: v}}}}}";
    let refused = world.refused("CreateStack", super::world::submission("s", body)).await;
    assert!(refused.contains("`AuthParameters.ConnectivityParameters` of `AWS::Events::Connection`"), "{refused}");
}
