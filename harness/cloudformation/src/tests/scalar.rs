use serde_json::json;

use super::world::World;

/// Templates spell numbers and booleans as either; services get the types of their models.
#[tokio::test]
async fn a_scalar_takes_the_type_of_its_service_s_model() {
    let world = World::new();
    let body = "Resources:\n  \
        Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: '7', DisplayName: 12}}\n  \
        Rule: {Type: AWS::Events::Rule, Properties: {Name: 42, Description: 5, ScheduleExpression: rate(1 day), \
          Targets: [{Id: 1, Arn: !Ref Topic, RetryPolicy: {MaximumRetryAttempts: '3'}}]}}\n";
    assert_eq!(world.create("s", body).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let rule = world.ok("events", "DescribeRule", json!({"Name": "42"})).await;
    assert_eq!(rule["Description"], "5");
    let targets = world.ok("events", "ListTargetsByRule", json!({"Rule": "42"})).await;
    assert_eq!(
        (&targets["Targets"][0]["Id"], &targets["Targets"][0]["RetryPolicy"]),
        (&json!("1"), &json!({"MaximumRetryAttempts": 3}))
    );
}

#[tokio::test]
async fn a_document_where_a_text_belongs_fails_its_resource() {
    let world = World::new();
    let body =
        "Resources:\n  Rule: {Type: AWS::Events::Rule, Properties: {Description: {a: b}, ScheduleExpression: rate(1 day)}}\n";
    assert_eq!(world.create("s", body).await, "ROLLBACK_COMPLETE");
    let failures = world.failures("s").await;
    assert!(failures.iter().any(|reason| reason.contains("PutRule: invalid type: map, expected a string")), "{failures:?}");
}
