use serde_json::json;

use super::world::{World, submission, template};

#[tokio::test]
async fn a_stack_that_takes_too_long_is_rolled_back() {
    let world = World::new();
    let waiting = "{Q: {Type: AWS::SQS::Queue}, Handle: {Type: AWS::CloudFormation::WaitConditionHandle}, \
                   Wait: {Type: AWS::CloudFormation::WaitCondition, Properties: {Handle: !Ref Handle, Timeout: '3600'}}}";
    let mut input = submission("s", &template(waiting));
    input["TimeoutInMinutes"] = 5.into();
    world.stack("CreateStack", input).await;
    let begun = nightproof_poll::until(std::time::Duration::from_secs(20), || async {
        let history = world.history("s").await;
        if history.contains(&"Wait CREATE_IN_PROGRESS".to_owned()) { Ok(()) } else { Err(history) }
    });
    begun.await.unwrap();
    world.pass(4 * 60);
    let stack = world.stack("DescribeStacks", json!({"StackName": "s"})).await["Stacks"][0].clone();
    assert_eq!((stack["StackStatus"].as_str(), stack["TimeoutInMinutes"].as_i64()), (Some("CREATE_IN_PROGRESS"), Some(5)));
    world.pass(2 * 60);
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    let reason = world.reason("s", "s", "ROLLBACK_IN_PROGRESS").await;
    assert_eq!(reason, "Stack creation time exceeded the specified timeout. Rollback requested by user.");
}

#[tokio::test]
async fn a_stack_that_is_made_in_time_is_not_touched_afterwards() {
    let world = World::new();
    let mut input = submission("s", &template("{Q: {Type: AWS::SQS::Queue}}"));
    input["TimeoutInMinutes"] = 1.into();
    world.stack("CreateStack", input).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    world.pass(600);
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
}
