use super::world::{World, submission};

const GIVING: &str = "Resources: {Q: {Type: AWS::SQS::Queue}}\nOutputs: {Name: {Value: !GetAtt Q.QueueName}}";

fn taking(arguments: &str) -> String {
    format!(
        "Parameters: {{Stack: {{Type: String, Default: giving}}}}\nResources: {{P: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: {{'Fn::GetStackOutput': {{{arguments}}}}}}}}}}}\nOutputs: {{Got: {{Value: !GetAtt P.Value}}}}"
    )
}

#[tokio::test]
async fn an_output_need_not_be_exported() {
    let world = World::new();
    assert_eq!(world.create("giving", GIVING).await, "CREATE_COMPLETE");
    assert_eq!(
        world.create("taking", &taking("StackName: !Ref Stack, OutputName: Name, Region: !Ref 'AWS::Region'")).await,
        "CREATE_COMPLETE"
    );
    let value = |stack: &serde_json::Value| stack["Outputs"][0]["OutputValue"].clone();
    assert_eq!(value(&world.settled("taking").await), value(&world.settled("giving").await));
    // Nothing keeps the other stack: the reference is a weak one.
    world.stack("DeleteStack", serde_json::json!({"StackName": "giving"})).await;
    assert_eq!(world.status("taking").await, "CREATE_COMPLETE");
}

#[tokio::test]
async fn a_stack_or_output_that_is_not_there_fails_the_resource() {
    let world = World::new();
    assert_eq!(world.create("giving", GIVING).await, "CREATE_COMPLETE");
    for (name, arguments, wanted) in [
        ("a", "StackName: giving, OutputName: Other", "No output named Other found in stack giving."),
        ("b", "StackName: gone, OutputName: Name", "No output named Name found in stack gone."),
    ] {
        assert_eq!(world.create(name, &taking(arguments)).await, "ROLLBACK_COMPLETE");
        let failures = world.failures(name).await;
        assert!(failures.iter().any(|failure| failure.contains(wanted)), "{failures:?}");
    }
}

#[tokio::test]
async fn another_region_and_another_account_are_not_supported_by_name() {
    let world = World::new();
    for (argument, name) in [("Region: eu-west-1", "Region"), ("RoleArn: 'arn:aws:iam::111122223333:role/r'", "RoleArn")] {
        let body = taking(&format!("StackName: giving, OutputName: Name, {argument}"));
        let refused = world.refused("CreateStack", submission("taking", &body)).await;
        assert!(refused.contains(&format!("`{name}` of `Fn::GetStackOutput` (P, line 2) is not supported")), "{refused}");
    }
}
