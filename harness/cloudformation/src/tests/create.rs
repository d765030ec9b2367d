use std::sync::atomic::Ordering;

use serde_json::json;

use super::world::{World, submission, template};

/// Fails once everything that it depends on is made.
const FAILING: &str =
    "{Type: AWS::S3::BucketPolicy, DependsOn: [X], Properties: {Bucket: no-such-bucket-here, PolicyDocument: {}}}";

#[tokio::test]
async fn what_is_half_made_is_removed_in_a_rollback() {
    let world = World::new();
    // Each exists by the time at which it fails.
    let halves = [
        (
            "{Type: AWS::IAM::Role, Properties: {RoleName: half, AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: \
          [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: ec2.amazonaws.com}}]}, ManagedPolicyArns: ['arn:aws:iam::aws:policy/NoSuch']}}",
            "iam",
            "GetRole",
            json!({"RoleName": "half"}),
        ),
        (
            "{Type: AWS::Logs::LogGroup, Properties: {LogGroupName: half, RetentionInDays: 4}}",
            "logs",
            "ListTagsLogGroup",
            json!({"logGroupName": "half"}),
        ),
        (
            "{Type: AWS::S3::Bucket, Properties: {BucketName: half-made, LoggingConfiguration: {DestinationBucketName: no-such}}}",
            "s3",
            "HeadBucket",
            json!({"Bucket": "half-made"}),
        ),
        (
            "{Type: AWS::Events::Rule, Properties: {Name: half, ScheduleExpression: rate(1 day), Targets: [{Id: a, Arn: nonsense}]}}",
            "events",
            "DescribeRule",
            json!({"Name": "half"}),
        ),
        (
            "{Type: AWS::IAM::InstanceProfile, Properties: {InstanceProfileName: half, Roles: [no-such]}}",
            "iam",
            "GetInstanceProfile",
            json!({"InstanceProfileName": "half"}),
        ),
    ];
    for (index, (resource, service, operation, input)) in halves.into_iter().enumerate() {
        let name = format!("s{index}");
        assert_eq!(world.create(&name, &template(&format!("{{X: {resource}}}"))).await, "ROLLBACK_COMPLETE", "{resource}");
        let history = world.history(&name).await;
        assert!(history.contains(&"X CREATE_FAILED".to_owned()), "{history:?}");
        assert!(history.contains(&"X DELETE_COMPLETE".to_owned()), "{history:?}");
        world.call(service, operation, input).await.expect_err(operation);
    }
}

#[tokio::test]
async fn an_instance_that_never_ran_is_terminated_in_the_rollback() {
    let world = World::new();
    world.boots.refuse.store(true, Ordering::SeqCst);
    let instance = "{X: {Type: AWS::EC2::Instance, Properties: {InstanceType: t3.micro, ImageId: '{{I}}'}}}";
    let image = world.ok("ec2", "DescribeImages", json!({})).await["Images"][0]["ImageId"].as_str().unwrap().to_owned();
    let status = world.create("s", &template(&instance.replace("{{I}}", &image))).await;
    assert_eq!(status, "ROLLBACK_COMPLETE");
    let found = world.ok("ec2", "DescribeInstances", json!({})).await;
    for reservation in found["Reservations"].as_array().unwrap() {
        assert_eq!(reservation["Instances"][0]["State"]["Name"], "terminated");
    }
}

#[tokio::test]
async fn a_rollback_keeps_what_is_to_be_retained() {
    let world = World::new();
    let body = template(&format!(
        "{{X: {{Type: AWS::SQS::Queue}}, Kept: {{Type: AWS::SQS::Queue, DeletionPolicy: Retain, Properties: {{QueueName: kept}}}}, \
         Gone: {{Type: AWS::SQS::Queue, DeletionPolicy: RetainExceptOnCreate, Properties: {{QueueName: gone}}}}, \
         F: {}}}",
        FAILING.replace("[X]", "[X, Kept, Gone]")
    ));
    assert_eq!(world.create("s", &body).await, "ROLLBACK_COMPLETE");
    world.ok("sqs", "GetQueueUrl", json!({"QueueName": "kept"})).await;
    world.call("sqs", "GetQueueUrl", json!({"QueueName": "gone"})).await.unwrap_err();
    assert!(world.history("s").await.contains(&"Kept DELETE_SKIPPED".to_owned()));
}

#[tokio::test]
async fn events_tell_what_happened_in_order_with_their_token() {
    let world = World::new();
    let mut input = submission("s", &template("{Q: {Type: AWS::SQS::Queue}}"));
    input["ClientRequestToken"] = "t1".into();
    let made = world.stack("CreateStack", input.clone()).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    let history = world.history("s").await;
    assert_eq!(
        history,
        ["s CREATE_IN_PROGRESS", "Q CREATE_IN_PROGRESS", "Q CREATE_IN_PROGRESS", "Q CREATE_COMPLETE", "s CREATE_COMPLETE"]
    );
    assert_eq!(world.reason("s", "Q", "CREATE_IN_PROGRESS").await, "Resource creation Initiated");
    let events = world.stack("DescribeStackEvents", json!({"StackName": "s"})).await;
    let events = events["StackEvents"].as_array().unwrap();
    assert!(events.iter().all(|event| event["ClientRequestToken"] == "t1"), "{events:?}");
    // The newest comes first.
    assert_eq!(events[0]["LogicalResourceId"], "s");
    // The same request again is the same stack; another one is not.
    assert_eq!(world.stack("CreateStack", input.clone()).await, made);
    input["ClientRequestToken"] = "t2".into();
    assert!(world.refused("CreateStack", input).await.contains("Stack [s] already exists"));
    let deletion = json!({"StackName": "s", "ClientRequestToken": "t1"});
    let error = world.call("cloudformation", "DeleteStack", deletion).await.unwrap_err();
    assert_eq!(error.code, "TokenAlreadyExistsException");
}

#[tokio::test]
async fn lists_in_parameter_store_become_lists() {
    let world = World::new();
    for (name, value) in [("/list", "a, b"), ("/text", "c, d")] {
        let kind = if name == "/list" { "StringList" } else { "String" };
        world.ok("ssm", "PutParameter", json!({"Name": name, "Value": value, "Type": kind})).await;
    }
    for kind in ["List<String>", "CommaDelimitedList", "List<AWS::EC2::Image::Id>"] {
        let body = format!(
            "Parameters: {{L: {{Type: 'AWS::SSM::Parameter::Value<{kind}>', Default: /list}}, \
             T: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /text}}}}\n\
             Resources: {{Q: {{Type: AWS::SQS::Queue}}}}\n\
             Outputs: {{O: {{Value: !Join ['+', !Ref L]}}, T: {{Value: !Ref T}}}}"
        );
        let name = format!("s-{}", kind.len());
        assert_eq!(world.create(&name, &body).await, "CREATE_COMPLETE", "{kind}");
        let stack = world.settled(&name).await;
        assert_eq!(stack["Outputs"][0]["OutputValue"], "a+b");
        assert_eq!(stack["Outputs"][1]["OutputValue"], "c, d");
        let parameters = stack["Parameters"].as_array().unwrap();
        let list = parameters.iter().find(|parameter| parameter["ParameterKey"] == "L").unwrap();
        assert_eq!((&list["ParameterValue"], &list["ResolvedValue"]), (&json!("/list"), &json!("a, b")));
    }
}

#[tokio::test]
async fn a_secret_in_parameter_store_is_no_value_for_a_parameter() {
    let world = World::new();
    world.ok("ssm", "PutParameter", json!({"Name": "/secret", "Value": "x", "Type": "SecureString"})).await;
    let body = "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /secret}}\nResources: {Q: {Type: AWS::SQS::Queue}}";
    let refused = world.refused("CreateStack", submission("s", body)).await;
    assert!(refused.contains("[/secret] referenced by template have types not supported"), "{refused}");
}

#[tokio::test]
async fn a_snapshot_of_what_has_none_is_refused() {
    let world = World::new();
    let body = template("{B: {Type: AWS::S3::Bucket, DeletionPolicy: Snapshot}}");
    let refused = world.refused("CreateStack", submission("s", &body)).await;
    assert!(refused.contains("AWS::S3::Bucket does not support DeletionPolicy Snapshot"), "{refused}");
}

#[tokio::test]
async fn a_template_may_lie_in_a_bucket() {
    let world = World::new();
    world.ok("s3", "CreateBucket", json!({"Bucket": "templates"})).await;
    let body = template("{Q: {Type: AWS::SQS::Queue}}");
    let input = json!({"Bucket": "templates", "Key": "a b.yaml", "ContentLength": body.len()});
    let bytes = nightproof_core::service::full_body(body);
    world.put_object(input, bytes).await;
    let url = "https://templates.s3.us-east-1.amazonaws.com/a%20b.yaml";
    world.stack("CreateStack", json!({"StackName": "s", "TemplateURL": url})).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    let missing = json!({"StackName": "t", "TemplateURL": "https://s3.amazonaws.com/templates/none.yaml"});
    assert!(world.refused("CreateStack", missing).await.contains("S3 error"));
}

#[tokio::test]
async fn addresses_rules_users_and_documents_are_made_and_deleted() {
    let world = World::new();
    let body = template(
        "{Eip: {Type: AWS::EC2::EIP, Properties: {Domain: vpc}}, Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}, \
         Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: g, VpcId: !Ref Vpc}}, \
         In: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !Ref Group, IpProtocol: tcp, FromPort: 443, ToPort: '443', CidrIp: 10.0.0.0/16}}, \
         Out: {Type: AWS::EC2::SecurityGroupEgress, Properties: {GroupId: !Ref Group, IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/16}}, \
         User: {Type: AWS::IAM::User, Properties: {Policies: [{PolicyName: p, PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}]}}, \
         Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User}}, \
         Doc: {Type: AWS::SSM::Document, Properties: {DocumentType: Command, Content: {schemaVersion: '2.2', mainSteps: [{name: a, action: 'aws:runShellScript', inputs: {runCommand: ['true']}}]}}}, \
         Stream: {Type: AWS::Logs::LogStream, Properties: {LogGroupName: !Ref Logs}}, Logs: {Type: AWS::Logs::LogGroup}}",
    );
    assert_eq!(world.create("s", &body).await, "CREATE_COMPLETE", "{:?}", world.history("s").await);
    let group = world.physical("s", "Group").await;
    let groups = world.ok("ec2", "DescribeSecurityGroups", json!({"GroupIds": [group]})).await;
    assert_eq!(groups["SecurityGroups"][0]["IpPermissions"][0]["ToPort"], 443);
    assert!(world.physical("s", "In").await.starts_with("sgr-"));
    let address = world.physical("s", "Eip").await;
    let found = world.ok("ec2", "DescribeAddresses", json!({})).await;
    assert_eq!(found["Addresses"][0]["PublicIp"], address.as_str());
    let stack = world.settled("s").await["StackId"].as_str().unwrap().to_owned();
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status(&stack).await, "DELETE_COMPLETE", "{:?}", world.history(&stack).await);
    assert_eq!(world.ok("ec2", "DescribeAddresses", json!({})).await["Addresses"], json!([]));
    assert_eq!(world.ok("iam", "ListUsers", json!({})).await["Users"], json!([]));
}
