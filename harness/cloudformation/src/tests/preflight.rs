use serde_json::json;

use super::world::{World, submission, template};

const LACKING: &str = "Parameters: {Env: {Type: String, Default: dev}}
Conditions: {Prod: !Equals [!Ref Env, prod]}
Resources:
  Acl: {Type: AWS::NetworkFirewall::Firewall, Properties: {VpcId: vpc-1, FirewallName: f, FirewallPolicyArn: a, SubnetMappings: []}}
  Log: {Type: AWS::S3::Bucket, Properties: {LoggingConfiguration: {TargetObjectKeyFormat: {SimplePrefix: {}}}, BucketNamespace: account-regional}}
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Twice: {Type: AWS::CloudFormation::TypeActivation, Properties: {TypeName: A::B::C}}
  Point: {Type: AWS::S3::AccessPoint, Condition: Prod}
Outputs:
  Six: {Value: !Select [0, !GetAtt Vpc.Ipv6CidrBlocks]}
";
const NAMED: [&str; 5] = [
    "`AWS::NetworkFirewall::Firewall` (Acl, line 4)",
    "`LoggingConfiguration.TargetObjectKeyFormat` of `AWS::S3::Bucket` (Log, line 5)",
    "`BucketNamespace` of `AWS::S3::Bucket` (Log, line 5)",
    "`AWS::CloudFormation::TypeActivation` (Twice, line 7)",
    "attribute `Ipv6CidrBlocks` of `AWS::EC2::VPC` (Six, line 10)",
];

fn message(named: &[&str]) -> String {
    format!("cannot be rehearsed here: {} are not supported", named.join("; "))
}

#[tokio::test]
async fn everything_that_is_lacking_is_one_error_of_our_own_and_nothing_is_made() {
    let world = World::new();
    let mut change_set = submission("s", LACKING);
    change_set["ChangeSetName"] = "c".into();
    change_set["ChangeSetType"] = "CREATE".into();
    for (operation, input) in [("CreateStack", submission("s", LACKING)), ("CreateChangeSet", change_set)] {
        let error = world.call("cloudformation", operation, input).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.status), ("NotImplemented", 501));
        assert_eq!(error.message, message(&NAMED), "{operation}");
    }
    assert_eq!(world.stack("ListStacks", json!({})).await["StackSummaries"], json!([]));
}

#[tokio::test]
async fn what_a_condition_leaves_out_lacks_nothing() {
    let world = World::new();
    let mut input = submission("s", LACKING);
    input["Parameters"] = json!([{"ParameterKey": "Env", "ParameterValue": "prod"}]);
    let error = world.call("cloudformation", "CreateStack", input).await.unwrap_err();
    assert!(error.message.contains("`AWS::S3::AccessPoint` (Point, line 8)"), "{error}");
    // Nobody says yet which conditions hold.
    let error = world.call("cloudformation", "ValidateTemplate", json!({"TemplateBody": LACKING})).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.message), ("NotImplemented", message(&NAMED[..4])));
}

#[tokio::test]
async fn a_stack_is_not_updated_to_what_is_lacking() {
    let world = World::new();
    assert_eq!(world.create("s", &template("{T: {Type: AWS::SNS::Topic}}")).await, "CREATE_COMPLETE");
    let lacking = template("{T: {Type: AWS::SNS::Topic, Properties: {ArchivePolicy: {}}}}");
    let error = world.call("cloudformation", "UpdateStack", submission("s", &lacking)).await.unwrap_err();
    assert_eq!(error.message, "cannot be rehearsed here: `ArchivePolicy` of `AWS::SNS::Topic` (T, line 1) is not supported");
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
}

#[tokio::test]
async fn what_aws_does_not_know_is_refused_in_its_words_alone() {
    let world = World::new();
    let types = "{A: {Type: AWS::EC2::AssociateIamInstanceProfile}, B: {Type: AWS::NetworkFirewall::Firewall}, C: {Type: AWS::EC2::AssociateIamInstanceProfile}, D: {Type: AWS::Serverless::Function}}";
    let words = "ValidationError: Template format error: Unrecognized resource types: [AWS::EC2::AssociateIamInstanceProfile, AWS::Serverless::Function]";
    assert_eq!(world.refused("CreateStack", submission("s", &template(types))).await, words);
    assert_eq!(world.refused("ValidateTemplate", json!({"TemplateBody": template(types)})).await, words);
    let dangling = template("{Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Gone}}}");
    assert_eq!(
        world.refused("CreateStack", submission("s", &dangling)).await,
        "ValidationError: Template format error: Unresolved resource dependencies [Gone] in the Resources block of the template"
    );
    let property = "{Q: {Type: AWS::SQS::Queue, Properties: {Name: q}}, N: {Type: AWS::NetworkFirewall::Firewall}}";
    assert_eq!(
        world.refused("CreateStack", submission("s", &template(property))).await,
        "ValidationError: Encountered unsupported property Name"
    );
    let attribute =
        "{Q: {Type: AWS::SQS::Queue}, P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt Q.Url}}}";
    assert_eq!(
        world.refused("CreateStack", submission("s", &template(attribute))).await,
        "ValidationError: Template error: resource Q does not support attribute type Url in Fn::GetAtt"
    );
}

#[tokio::test]
async fn a_property_that_aws_does_not_know_fails_its_resource() {
    let world = World::new();
    let body = template("{B: {Type: AWS::S3::Bucket, Properties: {VersioningConfiguration: {Status: Enabled, Mfa: x}}}}");
    assert_eq!(world.create("s", &body).await, "ROLLBACK_COMPLETE");
    assert_eq!(world.reason("s", "B", "CREATE_FAILED").await, "Encountered unsupported property Mfa");
}

#[tokio::test]
async fn a_transform_that_only_aws_hosts_is_lacking() {
    let world = World::new();
    let body = "Transform: AWS::ServiceCatalog\nResources:\n  F: {Type: AWS::Anything::Else, Properties: {Role: !GetAtt FRole.Arn}}\n  D: {Type: AWS::SQS::Queue}\n";
    let error = world.call("cloudformation", "CreateStack", submission("s", body)).await.unwrap_err();
    assert_eq!(error.message, "cannot be rehearsed here: transform `AWS::ServiceCatalog` (line 1) is not supported");
    let summary = world.stack("GetTemplateSummary", json!({"TemplateBody": body})).await;
    assert_eq!(summary["DeclaredTransforms"], json!(["AWS::ServiceCatalog"]));
}

#[tokio::test]
async fn values_and_names_that_aws_has_are_lacking_and_others_are_wrong() {
    let world = World::new();
    let body = "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id}}
Resources:
  F: {Type: AWS::Lambda::Function, Properties: {Runtime: python3.13, Handler: h, Role: r, Code: {ZipFile: x}, KmsKeyArn: k}}
  D: {Type: AWS::SSM::Document, Properties: {DocumentType: Package, Content: {}}}
  I: {Type: AWS::EC2::Instance, Properties: {InstanceType: p3.2xlarge, ImageId: !Ref P}}
";
    let error = world.call("cloudformation", "CreateStack", submission("s", body)).await.unwrap_err();
    let named = [
        "public parameter `/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id` (P, line 1)",
        "`KmsKeyArn` of `AWS::Lambda::Function` (F, line 3)",
        "document type `Package` (D, line 4)",
        "instance type `p3.2xlarge` (I, line 5)",
    ];
    assert_eq!(error.message, message(&named));
    let wrong = "{I: {Type: AWS::EC2::Instance, Properties: {InstanceType: c5.enormous, ImageId: ami-1}}}";
    assert_eq!(world.create("w", &template(wrong)).await, "ROLLBACK_COMPLETE");
    let reason = world.reason("w", "I", "CREATE_FAILED").await;
    assert!(reason.contains("Code: Invalid"), "{reason}");
}
