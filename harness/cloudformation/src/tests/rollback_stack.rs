use serde_json::json;

use super::world::{World, submission, template};

const FAILING: &str =
    "{Type: AWS::S3::BucketPolicy, DependsOn: [Q], Properties: {Bucket: no-such-bucket-here, PolicyDocument: {}}}";

#[tokio::test]
async fn a_failed_creation_that_was_kept_is_taken_back() {
    let world = World::new();
    let mut input =
        submission("s", &template(&format!("{{Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: q}}}}, F: {FAILING}}}")));
    input["DisableRollback"] = true.into();
    world.stack("CreateStack", input).await;
    assert_eq!(world.status("s").await, "CREATE_FAILED");
    world.ok("sqs", "GetQueueUrl", json!({"QueueName": "q"})).await;
    world.stack("RollbackStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    assert!(world.call("sqs", "GetQueueUrl", json!({"QueueName": "q"})).await.is_err());
}

#[tokio::test]
async fn failed_updates_that_were_kept_are_undone_to_the_last_good_state() {
    let world = World::new();
    let body = |delay: u32, more: &str| {
        template(&format!("{{Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: q, DelaySeconds: {delay}}}}}{more}}}"))
    };
    assert_eq!(world.create("s", &body(1, "")).await, "CREATE_COMPLETE");
    let failing = async |delay: u32, more: &str| {
        let mut input = submission("s", &body(delay, &format!(", F: {FAILING}{more}")));
        input["DisableRollback"] = true.into();
        world.stack("UpdateStack", input).await;
        assert_eq!(world.status("s").await, "UPDATE_FAILED");
    };
    failing(2, "").await;
    failing(3, ", Added: {Type: AWS::SQS::Queue, Properties: {QueueName: added}}").await;
    world.stack("RollbackStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE");
    let url = world.ok("sqs", "GetQueueUrl", json!({"QueueName": "q"})).await["QueueUrl"].clone();
    let attributes = world.ok("sqs", "GetQueueAttributes", json!({"QueueUrl": url, "AttributeNames": ["All"]})).await;
    assert_eq!(attributes["Attributes"]["DelaySeconds"], "1");
    assert!(world.call("sqs", "GetQueueUrl", json!({"QueueName": "added"})).await.is_err());
    let template = world.stack("GetTemplate", json!({"StackName": "s"})).await;
    assert_eq!(template["TemplateBody"], body(1, ""));
    assert_eq!(world.update("s", &body(5, "")).await, "UPDATE_COMPLETE");
}

#[tokio::test]
async fn a_stack_that_stands_cannot_be_rolled_back() {
    let world = World::new();
    assert_eq!(world.create("s", &template("{Q: {Type: AWS::SQS::Queue}}")).await, "CREATE_COMPLETE");
    let refused = world.refused("RollbackStack", json!({"StackName": "s"})).await;
    assert!(refused.contains("is in CREATE_COMPLETE state and can not be rolled back."), "{refused}");
    let refused = world.refused("RollbackStack", json!({"StackName": "gone"})).await;
    assert!(refused.contains("Stack [gone] does not exist"), "{refused}");
}
