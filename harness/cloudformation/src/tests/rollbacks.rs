use serde_json::json;

use super::world::{BOUND, World, submission, template};

/// A queue, and a wait condition that nobody signals.
fn waiting(delay: &str) -> String {
    template(&format!(
        "{{Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: q, DelaySeconds: {delay}}}}}, \
         Handle: {{Type: AWS::CloudFormation::WaitConditionHandle}}, \
         Waits: {{Type: AWS::CloudFormation::WaitCondition, DependsOn: Queue, Properties: {{Handle: !Ref Handle, Timeout: 3600}}}}}}"
    ))
}

fn queue(delay: &str) -> String {
    template(&format!("{{Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: q, DelaySeconds: {delay}}}}}}}"))
}

/// Begins an update that waits, once it has changed the queue.
async fn begin(world: &World) {
    assert_eq!(world.create("s", &queue("1")).await, "CREATE_COMPLETE");
    world.stack("UpdateStack", submission("s", &waiting("2"))).await;
    let waits = nightproof_poll::until(BOUND, || async {
        let history = world.history("s").await;
        if history.contains(&"Waits CREATE_IN_PROGRESS".to_owned()) { Ok(()) } else { Err(history) }
    });
    waits.await.unwrap();
}

#[tokio::test]
async fn a_cancelled_update_is_rolled_back() {
    let world = World::new();
    begin(&world).await;
    world.stack("CancelUpdateStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE");
    let queue = world.physical("s", "Queue").await;
    let asked = json!({"QueueUrl": queue, "AttributeNames": ["DelaySeconds"]});
    assert_eq!(world.ok("sqs", "GetQueueAttributes", asked).await["Attributes"]["DelaySeconds"], "1");
    let refused = world.refused("CancelUpdateStack", json!({"StackName": "s"})).await;
    assert_eq!(refused, "ValidationError: CancelUpdateStack cannot be called from current stack status");
}

#[tokio::test]
async fn a_rollback_that_failed_goes_on_without_what_is_skipped() {
    let world = World::new();
    begin(&world).await;
    let queue = world.physical("s", "Queue").await;
    world.ok("sqs", "DeleteQueue", json!({"QueueUrl": queue})).await;
    world.stack("CancelUpdateStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_FAILED");
    assert!(
        world
            .refused("ContinueUpdateRollback", json!({"StackName": "s", "ResourcesToSkip": ["Handle"]}))
            .await
            .contains("Handle")
    );
    // What made it fail is still so.
    world.stack("ContinueUpdateRollback", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_FAILED");
    world.stack("ContinueUpdateRollback", json!({"StackName": "s", "ResourcesToSkip": ["Queue"]})).await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE");
    let left = world.stack("DescribeStackResources", json!({"StackName": "s"})).await;
    assert_eq!(left["StackResources"].as_array().unwrap().len(), 1, "{left}");
    assert!(world.refused("ContinueUpdateRollback", json!({"StackName": "s"})).await.contains("UPDATE_ROLLBACK_COMPLETE"));
}

#[tokio::test]
async fn a_failed_update_stays_as_it_is_when_it_is_asked_for() {
    let world = World::new();
    assert_eq!(world.create("s", &queue("1")).await, "CREATE_COMPLETE");
    let failing = |bucket: &str| {
        template(&format!(
            "{{Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: q, DelaySeconds: 2}}}}, \
             Failing: {{Type: AWS::S3::BucketPolicy, DependsOn: Queue, Properties: {{Bucket: {bucket}, \
             PolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Deny, Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::{bucket}'}}]}}}}}}}}"
        ))
    };
    let mut input = submission("s", &failing("none-such"));
    input["DisableRollback"] = true.into();
    world.stack("UpdateStack", input).await;
    assert_eq!(world.status("s").await, "UPDATE_FAILED");
    assert_eq!(world.reason("s", "s", "UPDATE_FAILED").await, "The following resource(s) failed to create: [Failing]. ");
    let queue = world.physical("s", "Queue").await;
    let asked = json!({"QueueUrl": queue, "AttributeNames": ["DelaySeconds"]});
    assert_eq!(world.ok("sqs", "GetQueueAttributes", asked).await["Attributes"]["DelaySeconds"], "2");
    // The next update makes what is missing.
    world.ok("s3", "CreateBucket", json!({"Bucket": "there"})).await;
    assert_eq!(world.update("s", &failing("there")).await, "UPDATE_COMPLETE");
}
