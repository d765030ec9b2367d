use serde_json::{Value, json};

use super::world::World;

/// A queue for each tier, whose delay is the number of tiers.
const EXTENDED: &str = "Transform: AWS::LanguageExtensions\nParameters: {Tiers: {Type: CommaDelimitedList}}\nResources:\n  \
                        Fn::ForEach::Queue:\n    - T\n    - !Ref Tiers\n    - 'Queue${T}': {Type: AWS::SQS::Queue, Properties: \
                        {DelaySeconds: !Length {Ref: Tiers}}}\nOutputs:\n  Json: {Value: !ToJsonString {url: !Ref Queueweb}}\n";

fn extended(tiers: &str) -> Value {
    json!({
        "StackName": "s", "TemplateBody": EXTENDED, "Capabilities": ["CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": "Tiers", "ParameterValue": tiers}],
    })
}

async fn stage(world: &World, stage: &str) -> String {
    let answer = world.stack("GetTemplate", json!({"StackName": "s", "TemplateStage": stage})).await;
    answer["TemplateBody"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_stack_is_made_and_updated_by_its_template_with_the_macros_applied() {
    let world = World::new();
    world.ok("cloudformation", "CreateStack", extended("web,db")).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let resources = world.stack("ListStackResources", json!({"StackName": "s"})).await;
    let ids: Vec<&Value> =
        resources["StackResourceSummaries"].as_array().unwrap().iter().map(|one| &one["LogicalResourceId"]).collect();
    assert_eq!(ids, ["Queueweb", "Queuedb"]);
    let url = &resources["StackResourceSummaries"][0]["PhysicalResourceId"];
    let described = world.stack("DescribeStacks", json!({"StackName": "s"})).await;
    assert_eq!(described["Stacks"][0]["Outputs"][0]["OutputValue"], json!({ "url": url }).to_string());
    assert_eq!(stage(&world, "Original").await, EXTENDED);
    let processed: Value = serde_json::from_str(&stage(&world, "Processed").await).unwrap();
    assert_eq!(processed["Resources"]["Queuedb"]["Properties"]["DelaySeconds"], 2);
    assert!(processed.get("Transform").is_none(), "{processed}");
    // As on AWS, where nobody knows what macros make before an update is begun.
    world.ok("cloudformation", "UpdateStack", extended("web,db")).await;
    assert_eq!(world.status("s").await, "UPDATE_COMPLETE");
    world.ok("cloudformation", "UpdateStack", extended("web,db,log")).await;
    assert_eq!(world.status("s").await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(
        world.stack("ListStackResources", json!({"StackName": "s"})).await["StackResourceSummaries"].as_array().unwrap().len(),
        3
    );
}

#[tokio::test]
async fn macros_are_acknowledged_where_no_change_set_shows_what_they_make() {
    let world = World::new();
    let mut input = extended("web");
    input["Capabilities"] = json!([]);
    let refused = world.refused("CreateStack", input.clone()).await;
    assert!(refused.contains("Requires capabilities : [CAPABILITY_AUTO_EXPAND]"), "{refused}");
    input["ChangeSetName"] = "c".into();
    input["ChangeSetType"] = "CREATE".into();
    world.ok("cloudformation", "CreateChangeSet", input).await;
    let set = world.stack("DescribeChangeSet", json!({"StackName": "s", "ChangeSetName": "c"})).await;
    assert_eq!(set["Changes"][0]["ResourceChange"]["LogicalResourceId"], "Queueweb");
    let validated = world.stack("ValidateTemplate", json!({"TemplateBody": EXTENDED})).await;
    assert_eq!(validated["Capabilities"], json!(["CAPABILITY_AUTO_EXPAND"]));
    assert_eq!(validated["DeclaredTransforms"], json!(["AWS::LanguageExtensions"]));
}

#[tokio::test]
async fn a_macro_that_fails_fails_the_stack() {
    let world = World::new();
    let broken = EXTENDED.replace("!Ref Tiers\n", "!GetAtt Queueweb.Arn\n");
    let input = |operation: &str| {
        let mut input = extended("web");
        input["TemplateBody"] = broken.as_str().into();
        if operation == "CreateChangeSet" {
            input["ChangeSetName"] = "c".into();
        }
        input
    };
    world.ok("cloudformation", "CreateStack", input("CreateStack")).await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    let events = world.stack("DescribeStackEvents", json!({"StackName": "s"})).await;
    let reasons: Vec<&Value> =
        events["StackEvents"].as_array().unwrap().iter().map(|event| &event["ResourceStatusReason"]).collect();
    let words = "Transform AWS::LanguageExtensions failed with: Fn::ForEach could not be resolved. Rollback requested by user.";
    assert!(reasons.contains(&&json!(words)), "{reasons:?}");
    world.ok("cloudformation", "DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    world.ok("cloudformation", "CreateStack", extended("web")).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    world.ok("cloudformation", "CreateChangeSet", input("CreateChangeSet")).await;
    let set = world.stack("DescribeChangeSet", json!({"StackName": "s", "ChangeSetName": "c"})).await;
    assert_eq!(
        (&set["Status"], &set["StatusReason"]),
        (&json!("FAILED"), &json!("Transform AWS::LanguageExtensions failed with: Fn::ForEach could not be resolved."))
    );
    world.ok("cloudformation", "UpdateStack", input("UpdateStack")).await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE");
}

#[tokio::test]
async fn what_is_included_comes_from_a_bucket() {
    let world = World::new();
    world.ok("s3", "CreateBucket", json!({"Bucket": "parts"})).await;
    let body = nightproof_core::service::full_body(
        "DelaySeconds: 7\nVisibilityTimeout: !Ref V\n# What is included counts.\nMaximumMessageSize: 2048\n",
    );
    world.put_object(json!({"Bucket": "parts", "Key": "queue.yaml"}), body).await;
    let text = |key: &str| {
        format!(
            "Parameters: {{V: {{Type: Number, Default: 5}}, B: {{Type: String, Default: parts}}}}\nResources:\n  Q:\n    Type: AWS::SQS::Queue\n    \
             Properties:\n      MaximumMessageSize: 1024\n      Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: !Sub 's3://${{B}}/{key}'}}}}\n"
        )
    };
    let input = |key: &str| json!({"StackName": "s", "TemplateBody": text(key), "Capabilities": ["CAPABILITY_AUTO_EXPAND"]});
    world.ok("cloudformation", "CreateStack", input("queue.yaml")).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let processed: Value = serde_json::from_str(&stage(&world, "Processed").await).unwrap();
    let expected = json!({"MaximumMessageSize": 2048, "DelaySeconds": 7, "VisibilityTimeout": {"Ref": "V"}});
    assert_eq!(processed["Resources"]["Q"]["Properties"], expected);
    world.ok("cloudformation", "UpdateStack", input("gone.yaml")).await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE");
}

#[tokio::test]
async fn rules_are_checked_before_anything_is_made() {
    let world = World::new();
    let vpc = world.ok("ec2", "CreateVpc", json!({"CidrBlock": "10.0.0.0/16"})).await["Vpc"]["VpcId"].clone();
    let subnet = json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/24"});
    let subnet = world.ok("ec2", "CreateSubnet", subnet).await["Subnet"]["SubnetId"].clone();
    let text = "Parameters: {Vpc: {Type: 'AWS::EC2::VPC::Id'}, Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}}\nRules:\n  R:\n    \
                Assertions:\n      - Assert: !EachMemberEquals [!ValueOf [Subnets, VpcId], !Ref Vpc]\n        \
                AssertDescription: the subnets are in the VPC\nResources: {Q: {Type: AWS::SQS::Queue}}\n";
    let input = |vpc: &str| {
        let parameter = |name: &str, value: &Value| json!({"ParameterKey": name, "ParameterValue": value});
        let parameters = [parameter("Vpc", &vpc.into()), parameter("Subnets", &subnet)];
        json!({"StackName": "s", "TemplateBody": text, "Parameters": parameters})
    };
    let refused = world.refused("CreateStack", input("vpc-0123")).await;
    assert!(refused.contains("the subnets are in the VPC"), "{refused}");
    world.ok("cloudformation", "CreateStack", input(vpc.as_str().unwrap())).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
}

#[tokio::test]
async fn a_parameter_may_say_that_a_property_has_no_value() {
    let world = World::new();
    let body = "Parameters: {Name: {Type: String, Default: 'AWS::NoValue'}}\nResources: {G: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Ref Name}}}";
    assert_eq!(world.create("s", body).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert!(world.physical("s", "G").await.starts_with("s-G-"));
}

#[tokio::test]
async fn a_role_without_a_description_has_an_empty_one() {
    let world = World::new();
    let body = r#"{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": {"Version": "2012-10-17",
                   "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}}}}"#;
    assert_eq!(world.create("s", body).await, "CREATE_COMPLETE");
    assert_eq!(world.ok("iam", "GetRole", json!({"RoleName": "r"})).await["Role"]["Description"], "");
}

#[tokio::test]
async fn a_template_without_transforms_and_capabilities_is_validated_without_lists_of_them() {
    let world = World::new();
    let plain = "Parameters: {Topic1Name: {Type: String}, Topic2Name: {Type: String}}\nResources: {Q: {Type: AWS::SQS::Queue}}";
    let validated = world.stack("ValidateTemplate", json!({"TemplateBody": plain})).await;
    let members: Vec<&String> =
        validated.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name).collect();
    assert_eq!(members, ["Parameters"]);
    // Parameters come as they are in a hash map.
    let summary = world.stack("GetTemplateSummary", json!({"TemplateBody": plain})).await;
    let names: Vec<&str> =
        summary["Parameters"].as_array().unwrap().iter().filter_map(|one| one["ParameterKey"].as_str()).collect();
    assert_eq!(names, ["Topic2Name", "Topic1Name"]);
}
