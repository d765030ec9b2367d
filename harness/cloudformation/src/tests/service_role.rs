use serde_json::{Value, json};

use super::world::{World, submission, template};

/// A role that may do all with queues; returns its ARN.
async fn role(world: &World, name: &str, trusted: &str) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": trusted},
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudformation:us-east-1:111122223333:stack/s/*"}},
    }});
    let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
    let made = world.ok("iam", "CreateRole", input).await;
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}});
    let input = json!({"RoleName": name, "PolicyName": "queues", "PolicyDocument": policy.to_string()});
    world.ok("iam", "PutRolePolicy", input).await;
    made["Role"]["Arn"].as_str().unwrap().to_owned()
}

async fn forget(world: &World, name: &str) {
    world.ok("iam", "DeleteRolePolicy", json!({"RoleName": name, "PolicyName": "queues"})).await;
    world.ok("iam", "DeleteRole", json!({"RoleName": name})).await;
}

fn with_role(mut input: Value, role: &str) -> Value {
    input["RoleARN"] = role.into();
    input
}

const QUEUE: &str = "{Q: {Type: AWS::SQS::Queue}}";
const QUEUE_AND_BUCKET: &str = "{Q: {Type: AWS::SQS::Queue}, B: {Type: AWS::S3::Bucket, DependsOn: Q}}";

#[tokio::test]
async fn resources_are_made_by_the_stacks_role_and_by_no_more_than_it_may() {
    let world = World::new();
    let arn = role(&world, "deployer", "cloudformation.amazonaws.com").await;
    world.stack("CreateStack", with_role(submission("s", &template(QUEUE)), &arn)).await;
    let stack = world.settled("s").await;
    assert_eq!((&stack["StackStatus"], &stack["RoleARN"]), (&json!("CREATE_COMPLETE"), &json!(arn)));

    assert_eq!(world.update("s", &template(QUEUE_AND_BUCKET)).await, "UPDATE_ROLLBACK_COMPLETE", "the role is kept");
    let reason = world.reason("s", "B", "CREATE_FAILED").await;
    assert!(reason.contains("assumed-role/deployer/AWSCloudFormation is not authorized to perform: s3:CreateBucket"), "{reason}");
}

#[tokio::test]
async fn a_role_that_cannot_be_assumed_is_refused_before_anything_is_done() {
    let world = World::new();
    let arn = role(&world, "other", "lambda.amazonaws.com").await;
    for arn in [arn.as_str(), "arn:aws:iam::111122223333:role/no-such-role"] {
        let refused = world.refused("CreateStack", with_role(submission("s", &template(QUEUE)), arn)).await;
        assert_eq!(refused, format!("ValidationError: Role {arn} is invalid or cannot be assumed"));
    }
    let meant_for_another = role(&world, "deployer", "cloudformation.amazonaws.com").await;
    world.refused("CreateStack", with_role(submission("t", &template(QUEUE)), &meant_for_another)).await;
    assert_eq!(world.stack("DescribeStacks", json!({})).await["Stacks"], json!([]));
}

#[tokio::test]
async fn a_stack_whose_role_is_gone_is_deleted_with_another() {
    let world = World::new();
    let first = role(&world, "first", "cloudformation.amazonaws.com").await;
    world.stack("CreateStack", with_role(submission("s", &template(QUEUE)), &first)).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    forget(&world, "first").await;

    let refused = world.refused("DeleteStack", json!({"StackName": "s"})).await;
    assert!(refused.contains(&format!("Role {first} is invalid or cannot be assumed")), "{refused}");
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");

    let second = role(&world, "second", "cloudformation.amazonaws.com").await;
    world.stack("DeleteStack", with_role(json!({"StackName": "s"}), &second)).await;
    assert_eq!(world.status("s").await, "gone");
}

#[tokio::test]
async fn a_change_set_is_executed_with_its_own_role() {
    let world = World::new();
    let arn = role(&world, "deployer", "cloudformation.amazonaws.com").await;
    let mut input = with_role(submission("s", &template(QUEUE_AND_BUCKET)), &arn);
    input["ChangeSetName"] = "c".into();
    input["ChangeSetType"] = "CREATE".into();
    world.stack("CreateChangeSet", input).await;
    world.stack("ExecuteChangeSet", json!({"StackName": "s", "ChangeSetName": "c"})).await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    let reason = world.reason("s", "B", "CREATE_FAILED").await;
    assert!(reason.contains("assumed-role/deployer/AWSCloudFormation"), "{reason}");
}
