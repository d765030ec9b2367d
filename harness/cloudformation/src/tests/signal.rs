//! Wait conditions and creation policies.

use nightproof_core::service::full_body;
use serde_json::{Value, json};

use super::world::{BOUND, World, submission};

const WAITING: &str = "Resources:\n  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}\n  \
                       Wait: {Type: AWS::CloudFormation::WaitCondition, Properties: {Handle: !Ref Handle, Timeout: '60', Count: 2}}\n\
                       Outputs: {Data: {Value: !GetAtt Wait.Data}, Ref: {Value: !Ref Wait}}\n";

/// The physical id of a resource, once it has one.
pub(super) async fn made(world: &World, logical: &str) -> String {
    let found = nightproof_poll::until(BOUND, || async {
        let input = json!({"StackName": "s", "LogicalResourceId": logical});
        let answer = world.call("cloudformation", "DescribeStackResource", input).await.unwrap_or_default();
        let physical = answer["StackResourceDetail"]["PhysicalResourceId"].as_str().unwrap_or_default().to_owned();
        if physical.is_empty() { Err(()) } else { Ok(physical) }
    });
    found.await.unwrap()
}

async fn signal(world: &World, url: &str, status: &str, id: &str) {
    let body = json!({"Status": status, "UniqueId": id, "Data": format!("data of {id}"), "Reason": "because"});
    world.put_to(url, full_body(body.to_string())).await;
}

#[tokio::test]
async fn a_wait_condition_is_made_when_all_its_signals_have_come() {
    let world = World::new();
    world.stack("CreateStack", submission("s", WAITING)).await;
    let url = made(&world, "Handle").await;
    assert!(url.starts_with("https://cloudformation-waitcondition-us-east-1.s3."), "{url}");
    for id in ["a", "a", "b"] {
        signal(&world, &url, "SUCCESS", id).await;
    }
    assert_eq!(world.status("s").await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let stack = world.stack("DescribeStacks", json!({"StackName": "s"})).await["Stacks"][0].clone();
    let data: Value = serde_json::from_str(stack["Outputs"][0]["OutputValue"].as_str().unwrap()).unwrap();
    assert_eq!(data, json!({"a": "data of a", "b": "data of b"}));
    assert_eq!(stack["Outputs"][1]["OutputValue"], format!("{}/Handle", stack["StackId"].as_str().unwrap()));
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
}

#[tokio::test]
async fn a_wait_condition_fails_by_a_signal_or_by_its_time() {
    let world = World::new();
    world.stack("CreateStack", submission("s", WAITING)).await;
    signal(&world, &made(&world, "Handle").await, "FAILURE", "a").await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    let reason = world.reason("s", "Wait", "CREATE_FAILED").await;
    assert_eq!(reason, "WaitCondition received failed message: 'because' for uniqueId: a");
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    world.stack("CreateStack", submission("s", WAITING)).await;
    signal(&world, &made(&world, "Handle").await, "SUCCESS", "a").await;
    let waits = nightproof_poll::until(BOUND, || async {
        let history = world.history("s").await;
        if history.contains(&"Wait CREATE_IN_PROGRESS".to_owned()) { Ok(()) } else { Err(()) }
    });
    waits.await.unwrap();
    world.pass(61);
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    assert_eq!(
        world.reason("s", "Wait", "CREATE_FAILED").await,
        "WaitCondition timed out. Received 1 conditions when expecting 2"
    );
}

const POLICY: &str = "Parameters: {N: {Type: Number, Default: 2}}\nResources:\n  \
                      W: {Type: AWS::CloudFormation::WaitCondition, CreationPolicy: {ResourceSignal: {Count: !Ref N, Timeout: PT1M}}}\n";

async fn tell(world: &World, status: &str, id: &str) -> Result<Value, nightproof_core::service::AwsError> {
    let input = json!({"StackName": "s", "LogicalResourceId": "W", "Status": status, "UniqueId": id});
    world.call("cloudformation", "SignalResource", input).await
}

#[tokio::test]
async fn a_creation_policy_waits_for_the_signals_of_signal_resource() {
    let world = World::new();
    world.stack("CreateStack", submission("s", POLICY)).await;
    made(&world, "W").await;
    for id in ["a", "a"] {
        tell(&world, "SUCCESS", id).await.unwrap();
    }
    assert!(world.history("s").await.iter().all(|event| event != "W CREATE_COMPLETE"), "one signal, twice");
    tell(&world, "SUCCESS", "b").await.unwrap();
    assert_eq!(world.status("s").await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let late = tell(&world, "SUCCESS", "c").await.unwrap_err().message;
    assert_eq!(late, "Resource W is in CREATE_COMPLETE state and cannot be signaled");
}

#[tokio::test]
async fn a_creation_policy_fails_by_a_signal_or_by_its_time() {
    let world = World::new();
    world.stack("CreateStack", submission("s", POLICY)).await;
    made(&world, "W").await;
    tell(&world, "FAILURE", "i-1").await.unwrap();
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    assert_eq!(world.reason("s", "W", "CREATE_FAILED").await, "Received FAILURE signal with UniqueId i-1");
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    world.stack("CreateStack", submission("s", POLICY)).await;
    made(&world, "W").await;
    tell(&world, "SUCCESS", "i-1").await.unwrap();
    world.pass(61);
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    let reason = world.reason("s", "W", "CREATE_FAILED").await;
    assert_eq!(reason, "Failed to receive 1 resource signal(s) within the specified duration");
}
