//! Groups of IAM's users: what they permit, who is in them, and how both change.

use serde_json::{Value, json};

use super::world::World;

fn template(users: &str, document: &str) -> String {
    format!(
        "Resources:
  Group:
    Type: AWS::IAM::Group
    Properties:
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess']
      Policies: [{{PolicyName: own, PolicyDocument: {document}}}]
  One: {{Type: AWS::IAM::User}}
  Two: {{Type: AWS::IAM::User, Properties: {{Groups: [!Ref Group]}}}}
  Members: {{Type: AWS::IAM::UserToGroupAddition, Properties: {{GroupName: !Ref Group, Users: {users}}}}}
  Written: {{Type: AWS::IAM::GroupPolicy, Properties: {{GroupName: !Ref Group, PolicyName: written, PolicyDocument: {document}}}}}
  OfUser: {{Type: AWS::IAM::UserPolicy, Properties: {{UserName: !Ref One, PolicyName: of-user, PolicyDocument: {document}}}}}
  Inline: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: inline, Groups: [!Ref Group], PolicyDocument: {document}}}}}
  Managed: {{Type: AWS::IAM::ManagedPolicy, Properties: {{Groups: [!Ref Group], PolicyDocument: {document}}}}}
"
    )
}

const READ: &str = "{Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: '*'}]}";
const WRITE: &str = "{Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:PutObject', Resource: '*'}]}";

/// A member of each item of a list, sorted.
fn listed(answer: &Value, list: &str, member: &str) -> Vec<String> {
    let items = answer[list].as_array().unwrap().iter();
    let mut found: Vec<String> = items.map(|one| one[member].as_str().unwrap().to_owned()).collect();
    found.sort();
    found
}

#[tokio::test]
async fn a_group_has_its_users_and_its_policies_and_both_change() {
    let world = World::new();
    assert_eq!(world.create("s", &template("[!Ref One]", READ)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let (group, one) = (world.physical("s", "Group").await, world.physical("s", "One").await);
    let two = world.physical("s", "Two").await;
    let named = json!({"GroupName": group});
    let members = async || listed(&world.ok("iam", "GetGroup", named.clone()).await, "Users", "UserName");
    let mut both = vec![one.clone(), two.clone()];
    both.sort();
    assert_eq!(members().await, both);
    let attached = world.ok("iam", "ListAttachedGroupPolicies", named.clone()).await;
    let own = world.physical("s", "Managed").await;
    let mut expected = vec![own, "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess".to_owned()];
    expected.sort();
    assert_eq!(listed(&attached, "AttachedPolicies", "PolicyArn"), expected);
    let inline = world.ok("iam", "ListGroupPolicies", named.clone()).await;
    let mut names: Vec<&str> = inline["PolicyNames"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["inline", "own", "written"]);
    let of_user = world.ok("iam", "ListUserPolicies", json!({"UserName": one})).await;
    assert_eq!(of_user["PolicyNames"], json!(["of-user"]));

    assert_eq!(world.update("s", &template("[]", WRITE)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(members().await, [two]);
    for name in ["inline", "own", "written"] {
        let input = json!({"GroupName": group, "PolicyName": name});
        let document = world.ok("iam", "GetGroupPolicy", input).await["PolicyDocument"].as_str().unwrap().to_owned();
        assert!(document.contains("PutObject"), "{name}: {document}");
    }

    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    assert_eq!(world.ok("iam", "ListGroups", json!({})).await["Groups"], json!([]));
}

#[tokio::test]
async fn a_user_that_does_not_exist_is_added_to_no_group() {
    let world = World::new();
    let body = "Resources:\n  G: {Type: AWS::IAM::Group}\n  M: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: !Ref G, Users: [nobody]}}\n";
    assert_eq!(world.create("s", body).await, "ROLLBACK_COMPLETE");
    let reason = world.reason("s", "M", "CREATE_FAILED").await;
    assert!(reason.contains("The user with name nobody cannot be found."), "{reason}");
}

#[tokio::test]
async fn a_user_has_the_password_that_its_template_gives() {
    let world = World::new();
    let body = |login: &str| format!("Resources:\n  U: {{Type: AWS::IAM::User, Properties: {{UserName: ann, {login}}}}}\n");
    let reset = async || {
        let profile = world.call("iam", "GetLoginProfile", json!({"UserName": "ann"})).await;
        profile.map(|profile| profile["LoginProfile"]["PasswordResetRequired"].clone()).map_err(|error| error.code)
    };
    let first = body("LoginProfile: {Password: night-Watch, PasswordResetRequired: true}");
    assert_eq!(world.create("s", &first).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(reset().await, Ok(json!(true)));
    let second = body("LoginProfile: {Password: night-Watch2}");
    assert_eq!(world.update("s", &second).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(reset().await, Ok(json!(false)));
    assert_eq!(world.update("s", &body("Path: /")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(reset().await, Err("NoSuchEntity".to_owned()));
    assert_eq!(world.update("s", &second).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone", "{:?}", world.failures("s").await);
    assert_eq!(world.create("t", &body("LoginProfile: {Password: short}")).await, "ROLLBACK_COMPLETE");
    assert!(world.failures("t").await.iter().any(|why| why.contains("minimum length of 8")), "{:?}", world.failures("t").await);
}
