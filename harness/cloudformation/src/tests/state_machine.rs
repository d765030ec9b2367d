use nightproof_core::service::full_body;
use serde_json::json;

use super::world::{World, template};

const ROLE: &str = "Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: states.amazonaws.com}}]}}}";

/// A state machine with these properties.
fn body(properties: &str) -> String {
    template(&format!(
        "{{{ROLE}, M: {{Type: AWS::StepFunctions::StateMachine, Properties: {{RoleArn: !GetAtt Role.Arn, {properties}}}}}}}"
    ))
}

/// A definition that waits for so many seconds.
fn definition(seconds: u32) -> String {
    format!(
        "Definition: {{StartAt: W, States: {{W: {{Type: Wait, Seconds: {seconds}, End: true, Comment: '${{Why}}'}}}}}}, DefinitionSubstitutions: {{Why: night}}"
    )
}

#[tokio::test]
async fn a_state_machine_is_made_changed_in_place_and_deleted() {
    let world = World::new();
    let first = body(&format!("{}, Tags: [{{Key: a, Value: '1'}}]", definition(10)));
    assert_eq!(world.create("s", &first).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let arn = world.physical("s", "M").await;
    assert!(arn.starts_with("arn:aws:states:us-east-1:111122223333:stateMachine:"), "{arn}");
    let named = json!({"stateMachineArn": arn});
    let described = world.ok("states", "DescribeStateMachine", named.clone()).await;
    let made: serde_json::Value = serde_json::from_str(described["definition"].as_str().unwrap()).unwrap();
    assert_eq!(made["States"]["W"], json!({"Type": "Wait", "Seconds": 10, "End": true, "Comment": "night"}));

    assert_eq!(world.update("s", &body(&definition(20))).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(world.physical("s", "M").await, arn);
    let described = world.ok("states", "DescribeStateMachine", named.clone()).await;
    assert!(described["definition"].as_str().unwrap().contains("20"), "{described}");
    let tags = world.ok("states", "ListTagsForResource", json!({"resourceArn": arn})).await;
    assert!(tags["tags"].as_array().unwrap().iter().all(|tag| tag["key"] != "a"), "{tags}");

    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    world.call("states", "DescribeStateMachine", named).await.expect_err("it is gone");
}

#[tokio::test]
async fn a_definition_is_read_from_a_bucket() {
    let world = World::new();
    world.ok("s3", "CreateBucket", json!({"Bucket": "definitions"})).await;
    let text = r#"{"StartAt":"${First}","States":{"A":{"Type":"Succeed"}}}"#;
    world.put_object(json!({"Bucket": "definitions", "Key": "night.json"}), full_body(text)).await;
    let stored = body("DefinitionS3Location: {Bucket: definitions, Key: night.json}, DefinitionSubstitutions: {First: A}");
    assert_eq!(world.create("s", &stored).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let missing = body("DefinitionS3Location: {Bucket: definitions, Key: none.json}");
    assert_eq!(world.create("t", &missing).await, "ROLLBACK_COMPLETE");
}

#[tokio::test]
async fn a_definition_that_aws_refuses_fails_the_stack_in_its_words() {
    let world = World::new();
    let wrong = body("DefinitionString: '{\"StartAt\":\"A\",\"States\":{\"B\":{\"Type\":\"Succeed\"}}}'");
    assert_eq!(world.create("s", &wrong).await, "ROLLBACK_COMPLETE");
    let reason = world.reason("s", "M", "CREATE_FAILED").await;
    assert!(reason.contains("MISSING_TRANSITION_TARGET: Missing 'Next' target: A at /StartAt"), "{reason}");
}

#[tokio::test]
async fn what_is_lacking_is_refused_before_anything_is_made() {
    let world = World::new();
    let express = body(&format!("StateMachineType: EXPRESS, {}", definition(1)));
    let refused = world
        .refused("CreateStack", json!({"StackName": "s", "TemplateBody": express, "Capabilities": ["CAPABILITY_IAM"]}))
        .await;
    assert!(refused.contains("NotImplemented") && refused.contains("EXPRESS"), "{refused}");
}
