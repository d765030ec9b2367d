//! What the principal who deploys must be allowed for resources that are records.

use serde_json::{Value, json};

use super::world::{World, submission, template};

/// A role by which CloudFormation may do `actions`; returns its ARN.
async fn role(world: &World, actions: &[&str], resource: &str) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "cloudformation.amazonaws.com"},
    }});
    let made =
        world.ok("iam", "CreateRole", json!({"RoleName": "deployer", "AssumeRolePolicyDocument": trust.to_string()})).await;
    allow(world, actions, resource).await;
    made["Role"]["Arn"].as_str().unwrap().to_owned()
}

async fn allow(world: &World, actions: &[&str], resource: &str) {
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": resource}});
    let input = json!({"RoleName": "deployer", "PolicyName": "p", "PolicyDocument": policy.to_string()});
    world.ok("iam", "PutRolePolicy", input).await;
}

/// Makes a stack by the role; its status.
async fn create(world: &World, role: &str, body: &str, tags: Value) -> String {
    let mut input = submission("s", body);
    input["RoleARN"] = role.into();
    input["Tags"] = tags;
    world.stack("CreateStack", input).await;
    world.status("s").await
}

fn database(more: &str) -> String {
    template(&format!("{{T: {{Type: AWS::RDS::DBInstance, Properties: {{DBInstanceIdentifier: orders{more}}}}}}}"))
}

const CREATE: &str = "rds:CreateDBInstance";
const UPDATE: &str = "rds:ModifyDBInstance";
const DELETE: &str = "rds:DeleteDBInstance";
const ARN: &str = "arn:aws:rds:us-east-1:111122223333:db:orders";

fn refusal(action: &str) -> String {
    format!(
        "User: arn:aws:sts::111122223333:assumed-role/deployer/AWSCloudFormation is not authorized to perform: {action} on resource: {ARN} \
         because no identity-based policy allows the {action} action (Service: rds, Status Code: 403, Code: AccessDenied)"
    )
}

#[tokio::test]
async fn a_record_is_made_changed_and_deleted_by_who_may() {
    let world = World::new();
    let role = role(&world, &[CREATE, UPDATE, DELETE], ARN).await;
    assert_eq!(create(&world, &role, &database(""), json!([])).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(world.update("s", &database(", AllocatedStorage: '30'")).await, "UPDATE_COMPLETE");
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
}

#[tokio::test]
async fn a_record_is_not_made_by_who_may_not() {
    let world = World::new();
    let role = role(&world, &[UPDATE, DELETE], "*").await;
    assert_eq!(create(&world, &role, &database(""), json!([])).await, "ROLLBACK_COMPLETE");
    assert_eq!(world.reason("s", "T", "CREATE_FAILED").await, refusal(CREATE));
}

#[tokio::test]
async fn a_record_of_another_name_is_not_made_by_who_may_make_one() {
    let world = World::new();
    let role = role(&world, &[CREATE, DELETE], "arn:aws:rds:*:*:db:another").await;
    assert_eq!(create(&world, &role, &database(""), json!([])).await, "ROLLBACK_COMPLETE");
    assert_eq!(world.reason("s", "T", "CREATE_FAILED").await, refusal(CREATE));
}

#[tokio::test]
async fn a_record_is_neither_changed_nor_deleted_by_who_may_only_make_it() {
    let world = World::new();
    let role = role(&world, &[CREATE], "*").await;
    assert_eq!(create(&world, &role, &database(""), json!([])).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    world.update("s", &database(", AllocatedStorage: '30'")).await;
    assert_eq!(world.reason("s", "T", "UPDATE_FAILED").await, refusal(UPDATE));
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "DELETE_FAILED");
    assert_eq!(world.reason("s", "T", "DELETE_FAILED").await, refusal(DELETE));
    allow(&world, &[DELETE], "*").await;
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
}

#[tokio::test]
async fn tags_of_a_record_take_a_permission_of_their_own() {
    let world = World::new();
    let role = role(&world, &[CREATE, DELETE], "*").await;
    let tags = json!([{"Key": "team", "Value": "shop"}]);
    assert_eq!(create(&world, &role, &database(""), tags).await, "ROLLBACK_COMPLETE");
    assert_eq!(world.reason("s", "T", "CREATE_FAILED").await, refusal("rds:AddTagsToResource"));
}

#[tokio::test]
async fn an_id_that_aws_makes_is_known_to_no_policy() {
    let world = World::new();
    let volume = template("{V: {Type: AWS::EFS::FileSystem}}");
    let role = role(&world, &["elasticfilesystem:CreateFileSystem", "elasticfilesystem:DeleteFileSystem"], "*").await;
    assert_eq!(create(&world, &role, &volume, json!([])).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    allow(&world, &["elasticfilesystem:CreateFileSystem"], "*").await;
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "DELETE_FAILED");
}
