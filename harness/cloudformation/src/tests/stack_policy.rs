use serde_json::{Value, json};

use super::world::{World, submission, template};

const DENIES_BUCKETS: &str = r#"{"Statement": [{"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "LogicalResourceId/Kept"},
    {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}"#;

fn body(kept: &str, other: &str) -> String {
    let queue = |delay: &str| format!("{{Type: AWS::SQS::Queue, Properties: {{DelaySeconds: {delay}}}}}");
    template(&format!("{{Kept: {}, Other: {}}}", queue(kept), queue(other)))
}

async fn policy(world: &World) -> Value {
    world.stack("GetStackPolicy", json!({"StackName": "s"})).await["StackPolicyBody"].clone()
}

#[tokio::test]
async fn an_update_that_a_stack_policy_denies_is_rolled_back() {
    let world = World::new();
    assert_eq!(world.create("s", &body("1", "1")).await, "CREATE_COMPLETE");
    assert_eq!(policy(&world).await, Value::Null);
    world.stack("SetStackPolicy", json!({"StackName": "s", "StackPolicyBody": DENIES_BUCKETS})).await;
    assert_eq!(policy(&world).await, DENIES_BUCKETS);
    assert_eq!(world.update("s", &body("1", "2")).await, "UPDATE_COMPLETE", "what it allows");
    assert_eq!(world.update("s", &body("3", "3")).await, "UPDATE_ROLLBACK_COMPLETE");
    let reason = world.reason("s", "Kept", "UPDATE_FAILED").await;
    assert_eq!(
        reason,
        "Action denied by stack policy: Statement [#1] does not allow [Update:*] for resource [LogicalResourceId/Kept]"
    );
    // Nor is it deleted.
    let without = template("{Other: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 2}}}");
    assert_eq!(world.update("s", &without).await, "UPDATE_ROLLBACK_COMPLETE");
    assert!(!world.physical("s", "Kept").await.is_empty());
}

#[tokio::test]
async fn the_policy_of_an_update_stands_for_the_stacks_own_while_it_goes_on() {
    let world = World::new();
    let mut input = submission("s", &body("1", "1"));
    input["StackPolicyBody"] = DENIES_BUCKETS.into();
    world.stack("CreateStack", input).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    let mut input = submission("s", &body("2", "1"));
    input["StackPolicyDuringUpdateBody"] = "{}".into();
    world.stack("UpdateStack", input).await;
    assert_eq!(world.status("s").await, "UPDATE_COMPLETE");
    assert_eq!(policy(&world).await, DENIES_BUCKETS);
    let both = json!({"StackName": "s", "StackPolicyBody": "{}", "StackPolicyURL": "https://b.s3.amazonaws.com/k"});
    let words = "ValidationError: You cannot specify both StackPolicyURL and StackPolicyBody";
    assert_eq!(world.refused("SetStackPolicy", both).await, words);
}
