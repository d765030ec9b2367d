use std::collections::BTreeMap;

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
                "Evaluation": "Static", "ChangeSource": "ParameterReference", "CausingEntity": "Days"},
               {"Target": {"Attribute": "Properties", "Name": "RetentionInDays", "RequiresRecreation": "Never"},
                "Evaluation": "Dynamic", "ChangeSource": "DirectModification", "CausingEntity": null}])
    );
    let queue = find("Queue").unwrap();
    assert_eq!((&queue["Replacement"], &queue["Details"][0]["ChangeSource"]), (&json!("True"), &json!("DirectModification")));
    let value = find("Value").unwrap();
    assert_eq!(value["Replacement"], "False");
    assert_eq!(value["Details"][0]["CausingEntity"], "Queue.Arn");
    assert_eq!(value["Details"][0]["Evaluation"], "Static");
    assert_eq!(value["Details"].as_array().unwrap().len(), 1);
    assert_eq!((&find("New").unwrap()["Action"], &find("Old").unwrap()["Action"]), (&json!("Add"), &json!("Remove")));
    assert_eq!(find("Old").unwrap()["PolicyAction"], "Retain");
    assert_eq!(find("Queue").unwrap()["PolicyAction"], "ReplaceAndDelete");
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
    // Its name is free again, and it is described by its ARN.
    world.stack("CreateChangeSet", change_set("s", "c", "UPDATE", &body("9", before))).await;
    let executed = world.stack("DescribeChangeSet", json!({"ChangeSetName": set["ChangeSetId"]})).await;
    assert_eq!(executed["ExecutionStatus"], "EXECUTE_COMPLETE");
    assert_eq!(
        world.stack("DescribeChangeSet", json!({"ChangeSetName": "c", "StackName": "s"})).await["ExecutionStatus"],
        "AVAILABLE"
    );
}

#[tokio::test]
async fn property_values_are_told_when_they_are_asked_for() {
    let world = World::new();
    let body = |days: &str, name: &str, extra: &str| {
        format!(
            "Parameters: {{Days: {{Type: Number, Default: {days}}}, Secret: {{Type: String, NoEcho: true, Default: hidden}}}}
             \nResources: {{Logs: {{Type: AWS::Logs::LogGroup, Properties: {{RetentionInDays: !Ref Days}}}}, \
                           Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: {name}}}}}, \
                           Value: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: !GetAtt Queue.Arn}}}}, \
                           Kept: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: !Ref Secret{extra}}}}}, \
                           Follower: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: !GetAtt Kept.Value}}}}}}"
        )
    };
    let described = async |name: &str| {
        let input = json!({"ChangeSetName": name, "StackName": "s", "IncludePropertyValues": true});
        let set = world.stack("DescribeChangeSet", input).await;
        let changes = set["Changes"].as_array().unwrap().clone();
        let id = |change: &Value| change["ResourceChange"]["LogicalResourceId"].as_str().unwrap().to_owned();
        changes.into_iter().map(|change| (id(&change), change["ResourceChange"].clone())).collect::<BTreeMap<_, _>>()
    };
    let context = |change: &Value, when: &str| -> Value {
        serde_json::from_str::<Value>(change[when].as_str().unwrap_or("{}")).unwrap()["Properties"].clone()
    };
    world.stack("CreateChangeSet", change_set("s", "c", "CREATE", &body("3", "old", ""))).await;
    let added = described("c").await;
    assert_eq!(context(&added["Logs"], "AfterContext"), json!({"RetentionInDays": "3"}));
    assert_eq!(context(&added["Value"], "AfterContext"), json!({"Type": "String", "Value": "{{changeSet:KNOWN_AFTER_APPLY}}"}));
    assert_eq!(context(&added["Kept"], "AfterContext")["Value"], "****");
    assert_eq!(added["Logs"]["BeforeContext"], Value::Null);
    world.stack("ExecuteChangeSet", json!({"ChangeSetName": "c", "StackName": "s"})).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    let after = body("5", "new", ", Description: d").replace("Follower", "Follow");
    world.stack("CreateChangeSet", change_set("s", "d", "UPDATE", &after)).await;
    let changes = described("d").await;
    assert_eq!(context(&changes["Logs"], "BeforeContext"), json!({"RetentionInDays": "3"}));
    assert_eq!(context(&changes["Logs"], "AfterContext"), json!({"RetentionInDays": "5"}));
    let target = json!({
        "Attribute": "Properties", "Name": "RetentionInDays", "RequiresRecreation": "Never", "AttributeChangeType": "Modify",
        "Path": "/Properties/RetentionInDays", "BeforeValue": "3", "AfterValue": "5",
    });
    assert_eq!(changes["Logs"]["Details"][0]["Target"], target);
    // What a replaced resource will answer is not known; that it changes is.
    let old = context(&changes["Value"], "BeforeContext")["Value"].as_str().unwrap().to_owned();
    assert!(old.ends_with(":old"), "{old}");
    assert_eq!(context(&changes["Value"], "AfterContext")["Value"], "{{changeSet:KNOWN_AFTER_APPLY}}");
    let sources: Vec<&Value> =
        changes["Value"]["Details"].as_array().unwrap().iter().map(|detail| &detail["ChangeSource"]).collect();
    assert_eq!(sources, ["ResourceAttribute", "DirectModification"]);
    // A value that is added has none before, and a secret is masked in both.
    assert_eq!(changes["Kept"]["Details"][0]["Target"]["AttributeChangeType"], "Add");
    assert_eq!(changes["Kept"]["Details"][0]["Target"]["BeforeValue"], Value::Null);
    assert_eq!(context(&changes["Kept"], "BeforeContext")["Value"], "****");
    assert_eq!((&changes["Follower"]["Action"], &changes["Follow"]["Action"]), (&json!("Remove"), &json!("Add")));
    assert_eq!(changes["Follower"]["AfterContext"], Value::Null);
}

#[tokio::test]
async fn what_only_may_change_is_left_out_of_property_values() {
    let world = World::new();
    let body = |description: &str| {
        template(&format!(
            "{{A: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: v, Description: {description}}}}}, \
              B: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: !GetAtt A.Value}}}}}}"
        ))
    };
    assert_eq!(world.create("s", &body("one")).await, "CREATE_COMPLETE");
    world.stack("CreateChangeSet", change_set("s", "c", "UPDATE", &body("two"))).await;
    let ids = async |values: bool| {
        let input = json!({"ChangeSetName": "c", "StackName": "s", "IncludePropertyValues": values});
        let set = world.stack("DescribeChangeSet", input).await;
        let changes = set["Changes"].as_array().unwrap().clone();
        changes
            .iter()
            .map(|change| change["ResourceChange"]["LogicalResourceId"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(false).await, ["A", "B"]);
    assert_eq!(ids(true).await, ["A"]);
}

#[tokio::test]
async fn a_stack_that_is_only_reviewed_can_be_created() {
    let world = World::new();
    let body = template("{Q: {Type: AWS::SQS::Queue}}");
    let reviewed = world.stack("CreateChangeSet", change_set("s", "c", "CREATE", &body)).await;
    let made = world.stack("CreateStack", submission("s", &body)).await;
    assert_eq!(made["StackId"], reviewed["StackId"]);
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    let set = world.stack("DescribeChangeSet", json!({"ChangeSetName": reviewed["Id"]})).await;
    assert_eq!(set["ExecutionStatus"], "OBSOLETE");
}

#[tokio::test]
async fn lists_without_an_element_are_not_told() {
    let world = World::new();
    let body = template("{Q: {Type: AWS::SQS::Queue}}");
    world.stack("CreateChangeSet", change_set("s", "c", "CREATE", &body)).await;
    let set = world.stack("DescribeChangeSet", json!({"ChangeSetName": "c", "StackName": "s"})).await;
    assert_eq!([&set["Parameters"], &set["Tags"]], [&Value::Null; 2]);
    assert_eq!(set["NotificationARNs"], json!([]));
    world.stack("ExecuteChangeSet", json!({"ChangeSetName": "c", "StackName": "s"})).await;
    let stack = world.settled("s").await;
    assert_eq!([&stack["Parameters"], &stack["Outputs"]], [&Value::Null; 2]);
    assert_eq!([&stack["Tags"], &stack["NotificationARNs"]], [&json!([]); 2]);
    // A stack that a change set makes is updated by it.
    assert_eq!(stack["LastUpdatedTime"], stack["CreationTime"]);
    assert_eq!(world.stack("ListChangeSets", json!({"StackName": "s"})).await["Summaries"], json!([]));
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
    assert!(refused.contains("Must Provide at least one resource to import"), "{refused}");
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

#[tokio::test]
async fn changes_are_listed_by_their_logical_ids() {
    let world = World::new();
    let queue = "{Type: AWS::SQS::Queue}";
    let body =
        template(&format!("{{Bucket: {queue}, BucketPolicy: {queue}, Z: {queue}, A: {{Type: AWS::SQS::Queue, DependsOn: Z}}}}"));
    world.stack("CreateChangeSet", change_set("s", "c", "CREATE", &body)).await;
    let described = world.stack("DescribeChangeSet", json!({"ChangeSetName": "c", "StackName": "s"})).await;
    let ids = described["Changes"].as_array().unwrap().iter().map(|change| change["ResourceChange"]["LogicalResourceId"].clone());
    assert_eq!(ids.collect::<Vec<_>>(), ["A", "BucketPolicy", "Bucket", "Z"]);
}

#[tokio::test]
async fn a_change_set_that_was_executed_is_described_after_its_stack_is_gone_whose_id_is_not_used_again() {
    let world = World::new();
    let body = template("{Q: {Type: AWS::SQS::Queue}}");
    let made = world.stack("CreateChangeSet", change_set("s", "c", "CREATE", &body)).await;
    world.stack("ExecuteChangeSet", json!({"ChangeSetName": made["Id"]})).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    let described = world.stack("DescribeChangeSet", json!({"ChangeSetName": made["Id"]})).await;
    assert_eq!(described["ExecutionStatus"], "EXECUTE_COMPLETE");
    let id = made["StackId"].as_str().unwrap();
    let refused = world.refused("CreateChangeSet", change_set(id, "again", "CREATE", &body)).await;
    assert!(
        refused.contains(&format!("Stack [{id}] already exists and cannot be created again with the changeSet [again].")),
        "{refused}"
    );
}

#[tokio::test]
async fn an_export_may_come_between_a_change_set_and_its_execution() {
    let world = World::new();
    let body = template("{P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !ImportValue late}}}");
    world.stack("CreateChangeSet", change_set("s", "c", "CREATE", &body)).await;
    let described = json!({"ChangeSetName": "c", "StackName": "s", "IncludePropertyValues": true});
    let described = world.stack("DescribeChangeSet", described).await;
    let reason = described["StatusReason"].as_str().unwrap();
    assert!(reason.ends_with("ChangeSet creation failed for resource [P] because: No export named late"), "{reason}");
    let context = &described["Changes"][0]["ResourceChange"]["AfterContext"];
    assert_eq!(context, r#"{"Properties":{"Type":"String","Value":"{{changeSet:KNOWN_AFTER_APPLY}}"}}"#);
    let exporter = "Resources: {Q: {Type: AWS::SQS::Queue}}\nOutputs: {O: {Value: x, Export: {Name: late}}}";
    assert_eq!(world.create("exporter", exporter).await, "CREATE_COMPLETE");
    world.stack("ExecuteChangeSet", json!({"ChangeSetName": "c", "StackName": "s"})).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    let name = world.physical("s", "P").await;
    assert!(name.starts_with("CFN-P-"), "{name}");
}

#[tokio::test]
async fn tags_of_a_resource_are_a_property_and_those_of_its_stack_an_attribute() {
    let world = World::new();
    let body =
        |value: &str| template(&format!("{{Q: {{Type: AWS::SQS::Queue, Properties: {{Tags: [{{Key: k, Value: {value}}}]}}}}}}"));
    assert_eq!(world.create("s", &body("a")).await, "CREATE_COMPLETE");
    let own = change_set("s", "own", "UPDATE", &body("b"));
    let mut inherited = change_set("s", "inherited", "UPDATE", &body("a"));
    inherited["Tags"] = json!([{"Key": "team", "Value": "t"}]);
    for (input, target) in [
        (own, json!({"Attribute": "Properties", "Name": "Tags", "RequiresRecreation": "Never"})),
        (inherited, json!({"Attribute": "Tags", "Name": null, "RequiresRecreation": "Never"})),
    ] {
        let made = world.stack("CreateChangeSet", input).await;
        let set = world.stack("DescribeChangeSet", json!({"ChangeSetName": made["Id"]})).await;
        let change = &set["Changes"][0]["ResourceChange"];
        assert_eq!(change["Details"][0]["Target"], target, "{set}");
        assert_eq!(change["Scope"], json!([target["Attribute"]]));
    }
}
