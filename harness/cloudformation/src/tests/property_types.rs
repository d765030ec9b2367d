//! Properties of types that services act upon, in other types than their schemas say.

use super::world::{World, template};

#[tokio::test]
async fn a_property_of_another_type_is_refused_in_cloudformations_words() {
    let world = World::new();
    for (resource, says) in [
        ("{Type: AWS::SQS::Queue, Properties: {QueueName: [a]}}", "#/QueueName: expected type: String, found: JSONArray"),
        ("{Type: AWS::SQS::Queue, Properties: {DelaySeconds: soon}}", "#/DelaySeconds: expected type: Integer, found: String"),
        (
            "{Type: AWS::SNS::Topic, Properties: {Subscription: {Protocol: sqs}}}",
            "#/Subscription: expected type: JSONArray, found: JSONObject",
        ),
        (
            "{Type: AWS::IAM::User, Properties: {LoginProfile: secret}}",
            "#/LoginProfile: expected type: JSONObject, found: String",
        ),
    ] {
        assert_eq!(world.create("s", &template(&format!("{{R: {resource}}}"))).await, "ROLLBACK_COMPLETE", "{resource}");
        let reason = world.reason("s", "R", "CREATE_FAILED").await;
        assert_eq!(reason, format!("Properties validation failed for resource R with message:\n{says}"));
        world.stack("DeleteStack", serde_json::json!({"StackName": "s"})).await;
        assert_eq!(world.status("s").await, "gone");
    }
}

#[tokio::test]
async fn texts_that_spell_a_value_and_documents_as_texts_are_no_other_types() {
    let world = World::new();
    let document = r#"'{"Version": "2012-10-17", "Statement": []}'"#;
    let body = template(&format!(
        "{{Q: {{Type: AWS::SQS::Queue, Properties: {{DelaySeconds: '5', QueueName: 12}}}}, \
         T: {{Type: AWS::SQS::QueuePolicy, Properties: {{Queues: [!Ref Q], PolicyDocument: {document}}}}}}}"
    ));
    let status = world.create("s", &body).await;
    let failures = world.failures("s").await;
    assert!(!failures.iter().any(|why| why.contains("Properties validation failed")), "{status}: {failures:?}");
}
