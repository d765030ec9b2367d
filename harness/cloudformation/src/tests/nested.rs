//! Stacks within stacks.

use nightproof_core::service::full_body;
use serde_json::{Value, json};

use super::world::{World, submission};

const CHILD: &str = "Parameters: {Delay: {Type: Number}, Names: {Type: CommaDelimitedList, Default: x}}\nResources:\n  \
                     Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !Ref Delay}}\nOutputs: {Arn: {Value: !GetAtt Q.Arn}, First: {Value: !Select [1, !Ref Names]}}\n";

fn parent(delay: &str) -> String {
    format!(
        "Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: https://templates.s3.us-east-1.amazonaws.com/child.yaml\n      \
         Parameters: {{Delay: {delay}, Names: [a, b]}}\n      Tags: [{{Key: k, Value: v}}]\n  P: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: !GetAtt Child.Outputs.Arn}}}}\n\
         Outputs: {{First: {{Value: !GetAtt Child.Outputs.First}}}}\n"
    )
}

async fn put(world: &World, text: &str) {
    let input = json!({"Bucket": "templates", "Key": "child.yaml"});
    world.put_object(input, full_body(text.to_owned())).await;
}

async fn world() -> World {
    let world = World::new();
    world.ok("s3", "CreateBucket", json!({"Bucket": "templates"})).await;
    put(&world, CHILD).await;
    world
}

async fn described(world: &World, name: &str) -> Value {
    world.stack("DescribeStacks", json!({"StackName": name})).await["Stacks"][0].clone()
}

#[tokio::test]
async fn a_nested_stack_is_made_updated_and_deleted_with_the_stack_around_it() {
    let world = world().await;
    assert_eq!(world.create("s", &parent("3")).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let outer = described(&world, "s").await;
    assert_eq!(outer["Outputs"][0]["OutputValue"], "b");
    assert!(outer.get("ParentId").is_none_or(Value::is_null), "{outer}");
    let id = world.physical("s", "Child").await;
    let inner = described(&world, &id).await;
    assert_eq!((&inner["ParentId"], &inner["RootId"]), (&outer["StackId"], &outer["StackId"]));
    assert_eq!(inner["Tags"], json!([{"Key": "k", "Value": "v"}]));
    assert!(inner["StackName"].as_str().unwrap().starts_with("s-Child-"), "{inner}");
    assert_eq!(world.update("s", &parent("4")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let inner = described(&world, &id).await;
    let values: Vec<_> = inner["Parameters"].as_array().unwrap().iter().map(|one| &one["ParameterValue"]).collect();
    assert!(values.contains(&&json!("4")), "{inner}");
    // Another template behind the same address is seen, too, and the same one is none.
    put(&world, &CHILD.replace("First: {Value", "Second: {Value: z}, First: {Value")).await;
    assert_eq!(world.update("s", &parent("4")).await, "UPDATE_COMPLETE");
    assert_eq!(described(&world, &id).await["Outputs"].as_array().unwrap().len(), 3);
    assert_eq!(world.update("s", &parent("4")).await, "UPDATE_COMPLETE");
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    assert_eq!(described(&world, &id).await["StackStatus"], "DELETE_COMPLETE");
}

#[tokio::test]
async fn a_nested_stack_that_fails_takes_the_stack_around_it_along() {
    let world = world().await;
    assert_eq!(world.create("s", &parent("901")).await, "ROLLBACK_COMPLETE");
    let id = world.physical("s", "Child").await;
    let reason = world.reason("s", "Child", "CREATE_FAILED").await;
    let words = format!("Embedded stack {id} was not successfully created: The following resource(s) failed to create: [Q].");
    assert_eq!(reason, words);
    assert_eq!(described(&world, &id).await["StackStatus"], "DELETE_COMPLETE");
    assert_eq!(world.create("t", &parent("1")).await, "CREATE_COMPLETE");
    assert_eq!(world.update("t", &parent("901")).await, "UPDATE_ROLLBACK_COMPLETE");
    let id = world.physical("t", "Child").await;
    let reason = world.reason("t", "Child", "UPDATE_FAILED").await;
    assert!(reason.starts_with(&format!("Embedded stack {id} was not successfully updated. Currently in UPDATE_ROLLBACK_COMPLETE with reason: The following resource(s) failed to update: [Q].")), "{reason}");
}

#[tokio::test]
async fn a_nested_stack_has_the_capabilities_of_the_stack_around_it() {
    let world = world().await;
    put(&world, &format!("{CHILD}  \n").replace("Resources:\n", "Resources:\n  U: {Type: AWS::IAM::User}\n")).await;
    let mut input = submission("s", &parent("1"));
    input["Capabilities"] = json!([]);
    world.stack("CreateStack", input).await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    let reason = world.reason("s", "Child", "CREATE_FAILED").await;
    assert!(reason.starts_with("Requires capabilities : [CAPABILITY_IAM]"), "{reason}");
    assert_eq!(world.create("t", &parent("1")).await, "CREATE_COMPLETE", "{:?}", world.failures("t").await);
}
