//! Functions in VPCs, and their network interfaces.

use serde_json::{Value, json};

use super::world::{World, template};

/// A function with this configuration, whose role has this policy.
fn body(vpc: &str, policy: &str) -> String {
    template(&format!(
        "{{V: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}, \
         A: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref V, CidrBlock: 10.0.1.0/24}}}}, \
         B: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref V, CidrBlock: 10.0.2.0/24}}}}, \
         G: {{Type: AWS::EC2::SecurityGroup, Properties: {{VpcId: !Ref V, GroupDescription: functions}}}}, \
         R: {{Type: AWS::IAM::Role, Properties: {{ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/{policy}'], AssumeRolePolicyDocument: \
         {{Version: '2012-10-17', Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: 'sts:AssumeRole'}}]}}}}}}, \
         F: {{Type: AWS::Lambda::Function, Properties: {{Runtime: python3.13, Handler: index.handler, Role: !GetAtt R.Arn, {vpc} \
         Code: {{ZipFile: 'def handler(event, context): pass'}}}}}}}}"
    ))
}

const MAY: &str = "AWSLambdaVPCAccessExecutionRole";

async fn interfaces(world: &World) -> Vec<Value> {
    let filters = json!([{"Name": "interface-type", "Values": ["lambda"]}]);
    let found = world.ok("ec2", "DescribeNetworkInterfaces", json!({"Filters": filters})).await;
    found["NetworkInterfaces"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_function_in_a_vpc_has_an_interface_in_each_subnet_while_it_is_there() {
    let world = World::new();
    let both = "VpcConfig: {SubnetIds: [!Ref A, !Ref B], SecurityGroupIds: [!Ref G]},";
    assert_eq!(world.create("s", &body(both, MAY)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let function = world.physical("s", "F").await;
    let shown = world.ok("lambda", "GetFunctionConfiguration", json!({"FunctionName": function})).await["VpcConfig"].clone();
    assert_eq!(shown["VpcId"], world.physical("s", "V").await);
    let found = interfaces(&world).await;
    assert_eq!(found.len(), 2);
    assert!(found[0]["Description"].as_str().unwrap().starts_with(&format!("AWS Lambda VPC ENI-{function}-")), "{}", found[0]);
    assert_eq!((&found[0]["Status"], &found[0]["RequesterManaged"]), (&json!("in-use"), &json!(true)));
    let one = "VpcConfig: {SubnetIds: [!Ref B], SecurityGroupIds: [!Ref G]},";
    assert_eq!(world.update("s", &body(one, MAY)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let left = interfaces(&world).await;
    assert_eq!((left.len(), &left[0]["SubnetId"]), (1, &json!(world.physical("s", "B").await)));
    assert_eq!(world.update("s", &body("", MAY)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert!(interfaces(&world).await.is_empty());
    assert_eq!(world.update("s", &body(both, MAY)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone", "{:?}", world.failures("s").await);
}

#[tokio::test]
async fn a_role_that_may_make_no_interfaces_is_told_in_awss_words() {
    let world = World::new();
    let config = "VpcConfig: {SubnetIds: [!Ref A], SecurityGroupIds: [!Ref G]},";
    assert_eq!(world.create("s", &body(config, "AWSLambdaBasicExecutionRole")).await, "ROLLBACK_COMPLETE");
    let failures = world.failures("s").await;
    let says = "The provided execution role does not have permissions to call CreateNetworkInterface on EC2";
    assert!(failures.iter().any(|why| why.contains(says)), "{failures:?}");
    let half = "VpcConfig: {SubnetIds: [!Ref A], SecurityGroupIds: []},";
    assert_eq!(world.create("t", &body(half, MAY)).await, "ROLLBACK_COMPLETE");
    let failures = world.failures("t").await;
    assert!(
        failures.iter().any(|why| why.contains("SubnetIds and SecurityIds must coexist or be both empty list.")),
        "{failures:?}"
    );
}
