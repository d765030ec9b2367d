use serde_json::json;

use super::world::{World, submission, template};

const FAILING: &str = "{Type: AWS::S3::BucketPolicy, DependsOn: [Changed, Replaced, Added], Properties: {Bucket: no-such-bucket-here, PolicyDocument: {}}}";

#[tokio::test]
async fn a_failed_update_leaves_all_as_it_was() {
    let world = World::new();
    let before = "Resources: {Changed: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 3}}, \
                  Replaced: {Type: AWS::SQS::Queue, Properties: {QueueName: old}}, Removed: {Type: AWS::SQS::Queue, Properties: {QueueName: removed}}}\n\
                  Outputs: {O: {Value: before}}";
    assert_eq!(world.create("s", before).await, "CREATE_COMPLETE");
    let (changed, replaced) = (world.physical("s", "Changed").await, world.physical("s", "Replaced").await);
    let after = format!(
        "Resources: {{Changed: {{Type: AWS::Logs::LogGroup, Properties: {{RetentionInDays: 7}}}}, \
         Replaced: {{Type: AWS::SQS::Queue, Properties: {{QueueName: new}}}}, Added: {{Type: AWS::SQS::Queue, Properties: {{QueueName: added}}}}, \
         Failing: {FAILING}}}\nOutputs: {{O: {{Value: after}}}}"
    );
    assert_eq!(world.update("s", &after).await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.physical("s", "Changed").await, changed);
    assert_eq!(world.physical("s", "Replaced").await, replaced);
    let groups = world.ok("logs", "DescribeLogGroups", json!({"logGroupNamePrefix": changed})).await;
    assert_eq!(groups["logGroups"][0]["retentionInDays"], 3);
    for (queue, there) in [("old", true), ("removed", true), ("new", false), ("added", false)] {
        let found = world.call("sqs", "GetQueueUrl", json!({"QueueName": queue})).await;
        assert_eq!(found.is_ok(), there, "{queue}");
    }
    let stack = world.settled("s").await;
    assert_eq!(stack["Outputs"][0]["OutputValue"], "before");
    let template = world.stack("GetTemplate", json!({"StackName": "s"})).await;
    assert_eq!(template["TemplateBody"], before);
    assert_eq!(
        world.stack("DescribeStackResources", json!({"StackName": "s"})).await["StackResources"].as_array().unwrap().len(),
        3
    );
    let reason = world.reason("s", "s", "UPDATE_ROLLBACK_IN_PROGRESS").await;
    assert_eq!(reason, "The following resource(s) failed to create: [Failing]. ");
    let history = world.history("s").await;
    let at = |line: &str| history.iter().rposition(|other| other == line).unwrap_or_else(|| panic!("{line}: {history:?}"));
    assert!(at("s UPDATE_ROLLBACK_IN_PROGRESS") < at("Changed UPDATE_COMPLETE"));
    assert!(at("Changed UPDATE_COMPLETE") < at("s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"));
    assert!(at("s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS") < at("Added DELETE_COMPLETE"));
    // It can be updated again, and deleted without a trace.
    let again = before.replace("RetentionInDays: 3", "RetentionInDays: 5");
    assert_eq!(world.update("s", &again).await, "UPDATE_COMPLETE");
}

#[tokio::test]
async fn a_change_that_fails_half_way_is_undone() {
    let world = World::new();
    let body = |days: &str, target: &str| {
        template(&format!(
            "{{Logs: {{Type: AWS::Logs::LogGroup, Properties: {{RetentionInDays: {days}}}}}, \
             Rule: {{Type: AWS::Events::Rule, Properties: {{ScheduleExpression: 'rate({days} days)', Targets: [{{Id: a, Arn: '{target}'}}]}}}}}}"
        ))
    };
    let arn = "arn:aws:sqs:us-east-1:111122223333:q";
    assert_eq!(world.create("s", &body("3", arn)).await, "CREATE_COMPLETE");
    // The rule's schedule changes before its targets are refused.
    assert_eq!(world.update("s", &body("5", "nonsense")).await, "UPDATE_ROLLBACK_COMPLETE");
    let reason = world.reason("s", "s", "UPDATE_ROLLBACK_IN_PROGRESS").await;
    assert_eq!(reason, "The following resource(s) failed to update: [Rule]. ");
    let rule = world.physical("s", "Rule").await;
    let described = world.ok("events", "DescribeRule", json!({"Name": rule})).await;
    assert_eq!(described["ScheduleExpression"], "rate(3 days)");
    let targets = world.ok("events", "ListTargetsByRule", json!({"Rule": rule})).await;
    assert_eq!(targets["Targets"], json!([{"Id": "a", "Arn": arn}]));
}

#[tokio::test]
async fn a_named_resource_that_needs_replacing_is_refused() {
    let world = World::new();
    let body = |description: &str| {
        template(&format!(
            "{{G: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupName: mine, GroupDescription: {description}, VpcId: !Ref V}}}}, \
             V: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}}}"
        ))
    };
    assert_eq!(world.create("s", &body("one")).await, "CREATE_COMPLETE");
    let group = world.physical("s", "G").await;
    assert_eq!(world.update("s", &body("two")).await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(
        world.reason("s", "G", "UPDATE_FAILED").await,
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename mine and update the stack again."
    );
    assert_eq!(world.physical("s", "G").await, group);
}

#[tokio::test]
async fn an_export_in_use_cannot_change() {
    let world = World::new();
    let exporting = |value: &str| {
        format!("Resources: {{Q: {{Type: AWS::SQS::Queue}}}}\nOutputs: {{O: {{Value: {value}, Export: {{Name: e}}}}}}")
    };
    assert_eq!(world.create("a", &exporting("x")).await, "CREATE_COMPLETE");
    let importing = template("{P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !ImportValue e}}}");
    assert_eq!(world.create("b", &importing).await, "CREATE_COMPLETE");
    assert_eq!(world.update("a", &exporting("y")).await, "UPDATE_ROLLBACK_COMPLETE");
    let reason = world.reason("a", "a", "UPDATE_ROLLBACK_IN_PROGRESS").await;
    assert_eq!(reason, "Export e cannot be updated as it is in use by b");
    assert_eq!(world.update("a", &template("{Q: {Type: AWS::SQS::Queue}}")).await, "UPDATE_ROLLBACK_COMPLETE");
    let reason = world.reason("a", "a", "UPDATE_ROLLBACK_IN_PROGRESS").await;
    assert_eq!(reason, "Export e cannot be deleted as it is in use by b");
    // Once nobody imports it any more it can.
    let without = template("{P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: z}}}");
    assert_eq!(world.update("b", &without).await, "UPDATE_COMPLETE");
    assert_eq!(world.update("a", &exporting("y")).await, "UPDATE_COMPLETE");
}

#[tokio::test]
async fn a_stack_that_is_rolled_back_cannot_be_updated() {
    let world = World::new();
    let body = template("{P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: none-such, PolicyDocument: {}}}}");
    assert_eq!(world.create("s", &body).await, "ROLLBACK_COMPLETE");
    let refused = world.refused("UpdateStack", submission("s", &template("{Q: {Type: AWS::SQS::Queue}}"))).await;
    assert!(refused.contains("is in ROLLBACK_COMPLETE state and can not be updated."), "{refused}");
}

#[tokio::test]
async fn a_key_keeps_its_kind_and_gets_its_policy_back() {
    let world = World::new();
    let policy = "KeyPolicy: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {AWS: !Ref 'AWS::AccountId'}, Action: 'kms:*', Resource: '*', Sid: mine}]}";
    let body = |properties: &str| template(&format!("{{K: {{Type: AWS::KMS::Key, Properties: {{{properties}}}}}}}"));
    assert_eq!(world.create("s", &body("Description: a")).await, "CREATE_COMPLETE");
    let key = world.physical("s", "K").await;
    let of = async || world.ok("kms", "GetKeyPolicy", json!({"KeyId": key})).await["Policy"].as_str().unwrap().to_owned();
    let default = of().await;
    assert_eq!(world.update("s", &body("KeySpec: RSA_2048")).await, "UPDATE_ROLLBACK_COMPLETE");
    assert!(world.reason("s", "K", "UPDATE_FAILED").await.contains("KeySpec"));
    assert_eq!(world.physical("s", "K").await, key);
    assert_eq!(world.update("s", &body(policy)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert!(of().await.contains("mine"));
    assert_eq!(world.update("s", &body("Description: a")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let compact = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(compact(&of().await)["Statement"], compact(&default)["Statement"]);
}

#[tokio::test]
async fn an_instance_that_cannot_be_changed_runs_on_as_it_was() {
    let world = World::new();
    let image = world.ok("ec2", "DescribeImages", json!({})).await["Images"][0]["ImageId"].as_str().unwrap().to_owned();
    let body = |kind: &str| {
        template(&format!("{{I: {{Type: AWS::EC2::Instance, Properties: {{ImageId: {image}, InstanceType: {kind}}}}}}}"))
    };
    assert_eq!(world.create("s", &body("t3.micro")).await, "CREATE_COMPLETE");
    let id = world.physical("s", "I").await;
    assert_eq!(world.update("s", &body("no.such")).await, "UPDATE_ROLLBACK_COMPLETE", "{:?}", world.failures("s").await);
    let answer = world.ok("ec2", "DescribeInstances", json!({"InstanceIds": [id]})).await;
    let instance = &answer["Reservations"][0]["Instances"][0];
    assert_eq!((&instance["InstanceType"], &instance["State"]["Name"]), (&json!("t3.micro"), &json!("running")));
}

#[tokio::test]
async fn what_cannot_be_undone_is_said() {
    let world = World::new();
    let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
    let policy = json!({"PolicyName": "x", "PolicyDocument": document.to_string()});
    let arn = world.ok("iam", "CreatePolicy", policy).await["Policy"]["Arn"].as_str().unwrap().to_owned();
    let body = |arns: &str, more: &str| {
        template(&format!(
            "{{P: {{Type: AWS::IAM::Role, Properties: {{RoleName: r, ManagedPolicyArns: [{arns}], AssumeRolePolicyDocument: \
             {{Version: 2012-10-17, Statement: [{{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{Service: ec2.amazonaws.com}}}}]}}}}}}{more}}}"
        ))
    };
    assert_eq!(world.create("s", &body(&arn, "")).await, "CREATE_COMPLETE");
    // Somebody else deletes the policy that the role goes back to.
    world.ok("iam", "DetachRolePolicy", json!({"RoleName": "r", "PolicyArn": arn})).await;
    world.ok("iam", "DeletePolicy", json!({"PolicyArn": arn})).await;
    let failing = ", F: {Type: AWS::S3::BucketPolicy, DependsOn: P, Properties: {Bucket: no-such-bucket, PolicyDocument: {}}}";
    let status = world.update("s", &body("", failing)).await;
    assert_eq!(status, "UPDATE_ROLLBACK_FAILED", "{:?}", world.failures("s").await);
    let reason = world.settled("s").await["StackStatusReason"].clone();
    assert_eq!(reason, "The following resource(s) failed to update: [P]. ");
    let refused = world.refused("UpdateStack", submission("s", &body("", ""))).await;
    assert!(refused.contains("is in UPDATE_ROLLBACK_FAILED state and can not be updated."), "{refused}");
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
}
