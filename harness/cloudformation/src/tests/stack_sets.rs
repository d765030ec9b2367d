//! Stack sets, of which there are none.

use serde_json::json;

use super::world::World;

#[tokio::test]
async fn what_is_asked_of_a_stack_set_that_does_not_exist_is_answered_as_aws_does() {
    let world = World::new();
    let instances = json!({"StackSetName": "none", "Accounts": ["111122223333"], "Regions": ["us-east-1"]});
    let refused = world.refused("CreateStackInstances", instances).await;
    assert_eq!(refused, "StackSetNotFoundException: StackSet none not found");
    for operation in ["DescribeStackSet", "ListStackInstances"] {
        let refused = world.refused(operation, json!({"StackSetName": "none"})).await;
        assert!(refused.starts_with("StackSetNotFoundException"), "{operation}: {refused}");
    }
    world.stack("DeleteStackSet", json!({"StackSetName": "none"})).await;
    assert_eq!(world.stack("ListStackSets", json!({})).await["Summaries"], json!([]));
    assert!(world.refused("CreateStackSet", json!({"StackSetName": "one"})).await.starts_with("NotImplemented"));
}
