use serde_json::json;

use super::world::{World, submission};

fn body(policies: &str, retained: &str) -> String {
    format!(
        "Parameters: {{Kept: {{Type: String, Default: '{retained}'}}}}\nConditions: {{Keeps: !Equals [!Ref Kept, 'yes']}}\n\
         Resources: {{Q: {{Type: AWS::SQS::Queue, {policies} Properties: {{QueueName: q}}}}}}"
    )
}

#[tokio::test]
async fn conditions_and_parameters_choose_what_becomes_of_a_resource() {
    let by_condition = "DeletionPolicy: !If [Keeps, Retain, Delete],";
    let by_parameter = "DeletionPolicy: !Ref Kept,";
    for (policies, kept, is_left) in [
        (by_condition, "yes", true),
        (by_condition, "no", false),
        (by_parameter, "Retain", true),
        (by_parameter, "Delete", false),
    ] {
        let world = World::new();
        assert_eq!(world.create("s", &body(policies, kept)).await, "CREATE_COMPLETE");
        world.stack("DeleteStack", json!({"StackName": "s"})).await;
        assert_eq!(world.status("s").await, "gone");
        assert_eq!(world.call("sqs", "GetQueueUrl", json!({"QueueName": "q"})).await.is_ok(), is_left, "{kept}");
    }
}

#[tokio::test]
async fn a_condition_of_a_policy_has_to_be_there() {
    let world = World::new();
    let refused = world.refused("CreateStack", submission("s", &body("DeletionPolicy: !If [None, Retain, Delete],", "no"))).await;
    assert_eq!(refused, "ValidationError: Template error: unresolved condition dependency None in Fn::If");
}

#[tokio::test]
async fn a_policy_that_is_taken_away_is_a_change() {
    let world = World::new();
    assert_eq!(world.create("s", &body("UpdateReplacePolicy: Delete,", "no")).await, "CREATE_COMPLETE");
    assert_eq!(world.update("s", &body("", "no")).await, "UPDATE_COMPLETE");
    assert_eq!(
        world.refused("UpdateStack", submission("s", &body("", "no"))).await,
        "ValidationError: No updates are to be performed."
    );
}
