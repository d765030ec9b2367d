use serde_json::{Value, json};

use super::world::{World, submission, template};

fn change_set(stack: &str, name: &str, kind: &str, body: &str) -> Value {
    let mut input = submission(stack, body);
    input["ChangeSetName"] = name.into();
    input["ChangeSetType"] = kind.into();
    input
}

#[tokio::test]
async fn a_change_set_makes_a_stack_once_it_is_executed() {
    let world = World::new();
    let body = template("{Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}}");
    let made = world.stack("CreateChangeSet", change_set("s", "c", "CREATE", &body)).await;
    let stack = world.stack("DescribeStacks", json!({"StackName": "s"})).await["Stacks"][0].clone();
    assert_eq!(stack["StackStatus"], "REVIEW_IN_PROGRESS");
    let set = world.stack("DescribeChangeSet", json!({"ChangeSetName": made["Id"]})).await;
    assert_eq!((&set["Status"], &set["ExecutionStatus"]), (&json!("CREATE_COMPLETE"), &json!("AVAILABLE")));
    assert_eq!(set["Changes"][0]["ResourceChange"]["Action"], "Add");
    assert_eq!(set["Changes"][0]["ResourceChange"]["LogicalResourceId"], "Q");
    world.call("sqs", "GetQueueUrl", json!({"QueueName": "q"})).await.unwrap_err();
    // The same name again, or the stack by another way, is refused.
    let again = world.call("cloudformation", "CreateChangeSet", change_set("s", "c", "CREATE", &body)).await.unwrap_err();
    assert_eq!(again.code, "AlreadyExistsException");
    assert!(world.refused("CreateStack", submission("s", &body)).await.contains("Stack [s] already exists"));
    assert!(world.refused("UpdateStack", submission("s", &body)).await.contains("Stack [s] does not exist"));
    assert!(world.refused("GetTemplate", json!({"StackName": "s"})).await.contains("REVIEW_IN_PROGRESS"));
    let template = world.stack("GetTemplate", json!({"StackName": "s", "ChangeSetName": "c"})).await;
    assert_eq!(template["TemplateBody"], body);
    world.stack("ExecuteChangeSet", json!({"ChangeSetName": "c", "StackName": "s"})).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    world.ok("sqs", "GetQueueUrl", json!({"QueueName": "q"})).await;
    let history = world.history("s").await;
    assert_eq!(history[..2], ["s REVIEW_IN_PROGRESS", "s CREATE_IN_PROGRESS"]);
    let executed = world.call("cloudformation", "ExecuteChangeSet", json!({"ChangeSetName": made["Id"]})).await.unwrap_err();
    assert_eq!(executed.code, "InvalidChangeSetStatus");
}

#[tokio::test]
async fn a_change_set_of_an_update_tells_what_and_why() {
    let world = World::new();
    let body = |parameter: &str, resources: &str| {
        format!(
            "Parameters: {{Days: {{Type: Number, Default: {parameter}}}, Name: {{Type: String, Default: q}}}}\nResources: {resources}"
        )
    };
    let before = "{Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Days}}, \
                   Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: old}}, \
                   Value: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt Queue.Arn}}, \
                   Rest: {Type: AWS::SQS::Queue}, Old: {Type: AWS::SQS::Queue, DeletionPolicy: Retain}}";
    assert_eq!(world.create("s", &body("3", before)).await, "CREATE_COMPLETE");
    let after = before
        .replace("QueueName: old", "QueueName: new")
        .replace("Old: {Type: AWS::SQS::Queue, DeletionPolicy: Retain}", "New: {Type: AWS::SQS::Queue}");
    world.stack("CreateChangeSet", change_set("s", "c", "UPDATE", &body("5", &after))).await;
    let set = world.stack("DescribeChangeSet", json!({"ChangeSetName": "c", "StackName": "s"})).await;
    let changes = set["Changes"].as_array().unwrap();
    let find = |id: &str| changes.iter().map(|change| &change["ResourceChange"]).find(|change| change["LogicalResourceId"] == id);
    let logs = find("Logs").unwrap();
    assert_eq!((&logs["Action"], &logs["Replacement"]), (&json!("Modify"), &json!("False")));
    assert_eq!(
        logs["Details"],
        json!([{"Target": {"Attribute": "Properties", "Name": "RetentionInDays", "RequiresRecreation": "Never"},
                "Evaluation": "Static", "ChangeSource": "ParameterReference", "CausingEntity": "Days"}])
    );
    let queue = find("Queue").unwrap();
    assert_eq!((&queue["Replacement"], &queue["Details"][0]["ChangeSource"]), (&json!("True"), &json!("DirectModification")));
    let value = find("Value").unwrap();
    assert_eq!(value["Replacement"], "False");
    assert_eq!(value["Details"][0]["CausingEntity"], "Queue.Arn");
    assert_eq!(value["Details"][0]["Evaluation"], "Dynamic");
    assert_eq!((&find("New").unwrap()["Action"], &find("Old").unwrap()["Action"]), (&json!("Add"), &json!("Remove")));
    assert_eq!(find("Old").unwrap()["PolicyAction"], "Retain");
    assert!(find("Rest").is_none());
    // Nothing has happened yet; another one becomes worthless once this is executed.
    world.ok("sqs", "GetQueueUrl", json!({"QueueName": "old"})).await;
    world.stack("CreateChangeSet", change_set("s", "d", "UPDATE", &body("7", before))).await;
    let listed = world.stack("ListChangeSets", json!({"StackName": "s"})).await;
    assert_eq!(listed["Summaries"].as_array().unwrap().len(), 2);
    world.stack("ExecuteChangeSet", json!({"ChangeSetName": "c", "StackName": "s"})).await;
    assert_eq!(world.status("s").await, "UPDATE_COMPLETE");
    let gone =
        world.call("cloudformation", "DescribeChangeSet", json!({"ChangeSetName": "d", "StackName": "s"})).await.unwrap_err();
    assert_eq!((gone.code.as_str(), gone.status), ("ChangeSetNotFound", 404));
    assert_eq!(world.settled("s").await["ChangeSetId"], set["ChangeSetId"]);
}

#[tokio::test]
async fn a_change_set_without_changes_fails_and_cannot_be_executed() {
    let world = World::new();
    let body = template("{Q: {Type: AWS::SQS::Queue}}");
    assert_eq!(world.create("s", &body).await, "CREATE_COMPLETE");
    world.stack("CreateChangeSet", change_set("s", "c", "UPDATE", &body)).await;
    let input = json!({"ChangeSetName": "c", "StackName": "s"});
    let set = world.stack("DescribeChangeSet", input.clone()).await;
    assert_eq!((&set["Status"], &set["ExecutionStatus"]), (&json!("FAILED"), &json!("UNAVAILABLE")));
    assert_eq!(
        set["StatusReason"],
        "The submitted information didn't contain changes. Submit different information to create a change set."
    );
    let refused = world.call("cloudformation", "ExecuteChangeSet", input.clone()).await.unwrap_err();
    assert_eq!(refused.code, "InvalidChangeSetStatus");
    assert!(refused.message.ends_with("cannot be executed in its current status of [FAILED]"), "{}", refused.message);
    world.stack("DeleteChangeSet", input.clone()).await;
    world.stack("DeleteChangeSet", input).await;
    assert_eq!(world.stack("ListChangeSets", json!({"StackName": "s"})).await["Summaries"], json!([]));
}

#[tokio::test]
async fn the_kind_of_a_change_set_must_fit_the_stack() {
    let world = World::new();
    let body = template("{Q: {Type: AWS::SQS::Queue}}");
    let refused = world.refused("CreateChangeSet", change_set("s", "c", "UPDATE", &body)).await;
    assert!(refused.contains("Stack [s] does not exist"), "{refused}");
    assert_eq!(world.create("s", &body).await, "CREATE_COMPLETE");
    let refused = world.refused("CreateChangeSet", change_set("s", "c", "CREATE", &body)).await;
    assert!(refused.contains("Stack [s] already exists and cannot be created again with the changeSet [c]."), "{refused}");
    let refused = world.refused("CreateChangeSet", change_set("s", "c", "IMPORT", &body)).await;
    assert!(refused.contains("ChangeSetType IMPORT"), "{refused}");
    let refused = world.refused("DescribeChangeSet", json!({"ChangeSetName": "c"})).await;
    assert!(refused.contains("StackName must be specified"), "{refused}");
}

#[tokio::test]
async fn a_stack_under_review_can_be_deleted() {
    let world = World::new();
    let body = template("{Q: {Type: AWS::SQS::Queue}}");
    world.stack("CreateChangeSet", change_set("s", "c", "CREATE", &body)).await;
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
}

#[tokio::test]
async fn another_update_makes_a_change_set_obsolete() {
    let world = World::new();
    let body = |days: &str| template(&format!("{{L: {{Type: AWS::Logs::LogGroup, Properties: {{RetentionInDays: {days}}}}}}}"));
    assert_eq!(world.create("s", &body("3")).await, "CREATE_COMPLETE");
    world.stack("CreateChangeSet", change_set("s", "c", "UPDATE", &body("5"))).await;
    assert_eq!(world.update("s", &body("7")).await, "UPDATE_COMPLETE");
    let input = json!({"ChangeSetName": "c", "StackName": "s"});
    assert_eq!(world.stack("DescribeChangeSet", input.clone()).await["ExecutionStatus"], "OBSOLETE");
    let refused = world.call("cloudformation", "ExecuteChangeSet", input).await.unwrap_err();
    assert!(refused.message.ends_with("cannot be executed in its current status of [OBSOLETE]"), "{}", refused.message);
}
