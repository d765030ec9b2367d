//! What is refused, in AWS's words, and how events and summaries look.

use serde_json::json;

use super::world::{World, submission};

#[tokio::test]
async fn a_stack_that_does_not_exist_is_refused_in_the_words_of_each_operation() {
    let world = World::new();
    for (operation, input, words) in [
        ("DescribeStacks", json!({"StackName": "x"}), "Stack with id x does not exist"),
        ("DescribeStackEvents", json!({"StackName": "x"}), "Stack [x] does not exist"),
        ("DescribeStackResource", json!({"StackName": "x", "LogicalResourceId": "R"}), "Stack 'x' does not exist"),
        ("DescribeChangeSet", json!({"StackName": "x", "ChangeSetName": "c"}), "Stack [x] does not exist"),
        ("DeleteChangeSet", json!({"StackName": "x", "ChangeSetName": "c"}), "Stack [x] does not exist"),
        ("GetTemplate", json!({"ChangeSetName": "c"}), "StackName is a required parameter."),
        ("GetTemplate", json!({}), "StackName is required if ChangeSetName is not specified."),
    ] {
        assert_eq!(world.refused(operation, input).await, format!("ValidationError: {words}"), "{operation}");
    }
}

#[tokio::test]
async fn a_template_is_refused_by_the_first_of_what_is_wrong_with_it() {
    let world = World::new();
    for (body, words) in [
        ("{\"a\"=1}", "Template format error: JSON not well-formed. (line 1, column 6)"),
        ("Resources: ''\nOutputs: ''\n", "Template format error: Any Resources member must be an object."),
        (
            "Resources: {Q: {Type: AWS::SQS::Queue}}\nOutputs: {O: {Value: null, V: null}}",
            "[/Outputs/O/Value] 'null' values are not allowed in templates",
        ),
        (
            "Resources: {Q: {Type: AWS::SQS::Queue}}\nOutputs: {O: {}}",
            "Template format error: Every Outputs member must contain a Value object",
        ),
        (
            "Mappings: {M: {A: x}}\nResources: {Q: {Type: AWS::SQS::Queue}}",
            "Template format error: Every Mappings member A must be a map",
        ),
        (
            "Mappings: {M: {A: {b: 1}}}\nResources: {Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !FindInMap [M, A, c]}}}",
            "Template error: Unable to get mapping for M::A::c",
        ),
    ] {
        assert_eq!(world.refused("CreateStack", submission("s", body)).await, format!("ValidationError: {words}"), "{body}");
    }
}

#[tokio::test]
async fn a_stack_that_was_taken_back_has_the_time_of_that_and_no_change_set() {
    let world = World::new();
    let mut input = submission("s", "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 901}}}");
    input["ChangeSetName"] = "c".into();
    input["ChangeSetType"] = "CREATE".into();
    world.stack("CreateChangeSet", input).await;
    world.stack("ExecuteChangeSet", json!({"StackName": "s", "ChangeSetName": "c"})).await;
    let stack = world.settled("s").await;
    assert_eq!(stack["StackStatus"], "ROLLBACK_COMPLETE");
    assert!(stack["DeletionTime"].is_string() && stack["ChangeSetId"].is_null(), "{stack}");
}

#[tokio::test]
async fn the_event_of_a_resource_is_called_after_it_and_no_two_events_are_called_alike() {
    let world = World::new();
    let body = "Parameters: {P: {Type: Number, Default: 7, NoEcho: true}}\nResources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q, DelaySeconds: !Ref P}}}";
    assert_eq!(world.create("s", body).await, "CREATE_COMPLETE");
    let answer = world.stack("DescribeStackEvents", json!({"StackName": "s"})).await;
    let ids: Vec<&str> =
        answer["StackEvents"].as_array().unwrap().iter().map(|event| event["EventId"].as_str().unwrap()).collect();
    assert!(ids.iter().any(|id| id.starts_with("Q-CREATE_COMPLETE-20") && id.ends_with('Z')), "{ids:?}");
    let properties: Vec<&str> =
        answer["StackEvents"].as_array().unwrap().iter().filter_map(|event| event["ResourceProperties"].as_str()).collect();
    assert!(
        properties.len() > 1 && properties.iter().all(|text| *text == r#"{"QueueName":"q","DelaySeconds":"****"}"#),
        "{properties:?}"
    );
    let distinct: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "{ids:?}");
    let summary = world.stack("GetTemplateSummary", json!({"StackName": "s"})).await;
    assert_eq!(summary["ResourceIdentifierSummaries"][0]["LogicalResourceIds"], json!(["Q"]));
    assert!(summary.get("Capabilities").is_none() && summary.get("DeclaredTransforms").is_none(), "{summary}");
}

#[tokio::test]
async fn a_request_touches_only_the_types_that_it_allows() {
    let world = World::new();
    let mut input = submission("s", "Resources: {Q: {Type: AWS::SQS::Queue}}");
    input["ResourceTypes"] = json!(["AWS::EC2::*"]);
    let words = "ValidationError: Resource type AWS::SQS::Queue is not allowed by parameter ResourceTypes [AWS::EC2::*]";
    assert_eq!(world.refused("CreateStack", input).await, words);
}

#[tokio::test]
async fn types_of_aws_are_listed_and_described() {
    let world = World::new();
    let asked = json!({"Visibility": "PUBLIC", "Filters": {"Category": "AWS_TYPES", "TypeNamePrefix": "AWS::SQS::Queue"}, "MaxResults": 2});
    let listed = world.stack("ListTypes", asked).await;
    let names: Vec<_> = listed["TypeSummaries"].as_array().unwrap().iter().map(|one| one["TypeName"].clone()).collect();
    assert_eq!(names, ["AWS::SQS::Queue", "AWS::SQS::QueueInlinePolicy"]);
    assert!(listed["NextToken"].is_string(), "{listed}");
    assert_eq!(world.stack("ListTypes", json!({})).await["TypeSummaries"], json!([]), "none are the account's own");
    let arn = &listed["TypeSummaries"][0]["TypeArn"];
    assert_eq!(arn, "arn:aws:cloudformation:us-east-1::type/resource/AWS-SQS-Queue");
    let described = world.stack("DescribeType", json!({"Arn": arn})).await;
    assert_eq!(described["TypeName"], "AWS::SQS::Queue");
    assert!(described["Schema"].as_str().unwrap().contains("DelaySeconds"));
    for (name, provisioning) in [
        ("AWS::SQS::Queue", "FULLY_MUTABLE"),
        ("AWS::Lambda::Permission", "IMMUTABLE"),
        ("AWS::SQS::QueuePolicy", "NON_PROVISIONABLE"),
    ] {
        let described = world.stack("DescribeType", json!({"Type": "RESOURCE", "TypeName": name})).await;
        assert_eq!(described["ProvisioningType"], provisioning, "{name}");
    }
    let unknown = world.refused("DescribeType", json!({"Type": "RESOURCE", "TypeName": "AWS::No::Type"})).await;
    assert_eq!(unknown, "TypeNotFoundException: The type 'AWS::No::Type' cannot be found.");
}

#[tokio::test]
async fn metadata_and_identifiers_are_shown() {
    let world = World::new();
    let body = "Parameters: {P: {Type: String, Default: x}}\nResources: {S: {Type: AWS::SSM::Parameter, Metadata: {M: !Ref P}, \
                Properties: {Type: String, Value: v}}, Q: {Type: AWS::SQS::Queue}}";
    assert_eq!(world.create("s", body).await, "CREATE_COMPLETE");
    for (id, metadata) in [("S", r#"{"M":"x"}"#), ("Q", "{}")] {
        let detail = world.stack("DescribeStackResource", json!({"StackName": "s", "LogicalResourceId": id})).await;
        assert_eq!(detail["StackResourceDetail"]["Metadata"], metadata);
    }
    let summary = world.stack("GetTemplateSummary", json!({"TemplateBody": body})).await;
    let of = |kind: &str| {
        let summaries = summary["ResourceIdentifierSummaries"].as_array().unwrap();
        summaries.iter().find(|one| one["ResourceType"] == kind).unwrap()["ResourceIdentifiers"].clone()
    };
    assert_eq!((of("AWS::SSM::Parameter"), of("AWS::SQS::Queue")), (json!(["Name"]), json!(null)));
}
