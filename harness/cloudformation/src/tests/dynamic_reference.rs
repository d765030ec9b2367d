use serde_json::{Value, json};

use super::world::{World, submission, template};

/// A parameter whose value and description are these texts.
fn parameter(value: &str, description: &str) -> String {
    template(&format!(
        "{{P: {{Type: AWS::SSM::Parameter, Properties: {{Name: /made, Type: String, Value: '{value}', Description: '{description}'}}}}}}"
    ))
}

async fn put(world: &World, name: &str, kind: &str, value: &str) {
    world.ok("ssm", "PutParameter", json!({"Name": name, "Type": kind, "Value": value, "Overwrite": true})).await;
}

async fn secret(world: &World, name: &str, text: &str) -> String {
    let token = format!("{name:-<36}");
    let input = json!({"Name": name, "SecretString": text, "ClientRequestToken": token});
    world.ok("secretsmanager", "CreateSecret", input).await["ARN"].as_str().unwrap().to_owned()
}

async fn value(world: &World) -> Value {
    world.ok("ssm", "GetParameter", json!({"Name": "/made"})).await["Parameter"]["Value"].clone()
}

#[tokio::test]
async fn values_are_fetched_when_a_resource_is_made_and_when_its_declaration_changes() {
    let world = World::new();
    put(&world, "/a", "String", "one").await;
    put(&world, "/a", "String", "two").await;
    let arn = secret(&world, "db", r#"{"user": "admin", "port": 5432}"#).await;
    let text = format!(
        "{{{{resolve:ssm:/a}}}}-{{{{resolve:ssm:/a:1}}}} {{{{resolve:secretsmanager:{arn}:SecretString:user}}}} {{{{resolve:secretsmanager:db:SecretString:port::}}}}"
    );
    let made = world.create("s", &parameter(&text, "first")).await;
    assert_eq!(made, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(value(&world).await, "two-one admin 5432");
    // What stands behind a reference is no part of the template.
    put(&world, "/a", "String", "three").await;
    let refused = world.refused("UpdateStack", submission("s", &parameter(&text, "first"))).await;
    assert!(refused.contains("No updates are to be performed"), "{refused}");
    assert_eq!(world.update("s", &parameter(&text, "second")).await, "UPDATE_COMPLETE");
    assert_eq!(value(&world).await, "three-one admin 5432");
    // No secret is in the stack's records.
    let events = world.stack("DescribeStackEvents", json!({"StackName": "s"})).await.to_string();
    assert!(!events.contains("admin"), "{events}");
}

#[tokio::test]
async fn a_value_that_cannot_be_had_fails_its_resource() {
    let world = World::new();
    put(&world, "/secure", "SecureString", "x").await;
    secret(&world, "text", "plain").await;
    secret(&world, "json", "{}").await;
    let cases = [
        ("{{resolve:ssm:/none}}", "Parameters: [ssm:/none::111122223333] cannot be found."),
        ("{{resolve:ssm:/secure}}", "Parameters [/secure] referenced by template have types not supported by CloudFormation."),
        ("{{resolve:secretsmanager:none}}", "Secrets Manager can't find the specified secret."),
        ("{{resolve:secretsmanager:text:SecretString:k}}", "Could not parse SecretString JSON"),
        ("{{resolve:secretsmanager:json:SecretString:k}}", "Could not find a value associated with JSONKey in SecretString"),
    ];
    for (index, (text, reason)) in cases.into_iter().enumerate() {
        let name = format!("s{index}");
        assert_eq!(world.create(&name, &parameter(text, "d")).await, "ROLLBACK_COMPLETE", "{text}");
        assert_eq!(world.reason(&name, "P", "CREATE_FAILED").await, reason, "{text}");
    }
}

#[tokio::test]
async fn references_that_cloudformation_does_not_take_are_refused_at_once() {
    let world = World::new();
    let cases = [
        ("{{resolve:ssm-secure:/a}}", "SSM Secure reference is not supported in: [AWS::SSM::Parameter/Properties/Value]"),
        ("{{resolve:ssm:/a:}}", "Incorrect format is used in the following SSM reference: [{{resolve:ssm:/a:}}]"),
        ("{{resolve:ssm:/aws/service/other/thing}}", "public parameter `/aws/service/other/thing` (P, line 1) is not supported"),
    ];
    for (text, reason) in cases {
        let refused = world.refused("CreateStack", submission("s", &parameter(text, "d"))).await;
        assert!(refused.contains(reason), "{refused}");
    }
}

#[tokio::test]
async fn a_secure_reference_is_taken_where_cloudformation_takes_one() {
    let world = World::new();
    world.ok("ssm", "PutParameter", json!({"Name": "password", "Type": "SecureString", "Value": "a-secret-of-many"})).await;
    let database = "{D: {Type: AWS::RDS::DBInstance, Properties: {Engine: mysql, DBInstanceClass: db.t3.micro, AllocatedStorage: '5', MasterUsername: admin, MasterUserPassword: '{{resolve:ssm-secure:password}}'}}}";
    let made = world.create("s", &template(database)).await;
    assert_eq!(made, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let elsewhere = database.replace("MasterUserPassword", "MasterUsername").replacen("MasterUsername: admin, ", "", 1);
    let refused = world.refused("CreateStack", submission("t", &template(&elsewhere))).await;
    assert!(
        refused.contains("SSM Secure reference is not supported in: [AWS::RDS::DBInstance/Properties/MasterUsername]"),
        "{refused}"
    );
}

#[tokio::test]
async fn the_image_of_an_instance_may_be_a_public_parameter() {
    let world = World::new();
    let image = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
    let body = template(&format!(
        "{{V: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}, N: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref V, CidrBlock: 10.0.0.0/24}}}}, \
         I: {{Type: AWS::EC2::Instance, Properties: {{ImageId: '{{{{resolve:ssm:{image}}}}}', InstanceType: t3.micro, SubnetId: !Ref N}}}}}}"
    ));
    let made = world.create("s", &body).await;
    assert_eq!(made, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let id = world.physical("s", "I").await;
    let described = world.ok("ec2", "DescribeInstances", json!({"InstanceIds": [id]})).await;
    let stored = world.ok("ssm", "GetParameters", json!({"Names": [image]})).await;
    assert_eq!(described["Reservations"][0]["Instances"][0]["ImageId"], stored["Parameters"][0]["Value"]);
}
