//! Launch templates, and instances by them.

use serde_json::{Value, json};

use super::world::World;

/// An instance by a launch template, whose data have these `more` members.
fn template(more: &str, instance: &str) -> String {
    format!(
        "Resources:\n  Launch:\n    Type: AWS::EC2::LaunchTemplate\n    Properties:\n      \
         TagSpecifications: [{{ResourceType: launch-template, Tags: [{{Key: Team, Value: night}}]}}]\n      \
         LaunchTemplateData: {{ImageId: '{{{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}}}', KeyName: mine{more}}}\n  \
         Web:\n    Type: AWS::EC2::Instance\n    Properties: {{LaunchTemplate: {{LaunchTemplateId: !Ref Launch, Version: !GetAtt Launch.LatestVersionNumber}}{instance}}}\n\
         Outputs: {{Latest: {{Value: !GetAtt Launch.LatestVersionNumber}}, Default: {{Value: !GetAtt Launch.DefaultVersionNumber}}}}\n"
    )
}

async fn outputs(world: &World) -> (Value, Value) {
    let stack = world.stack("DescribeStacks", json!({"StackName": "s"})).await["Stacks"][0].clone();
    (stack["Outputs"][0]["OutputValue"].clone(), stack["Outputs"][1]["OutputValue"].clone())
}

async fn instance(world: &World) -> Value {
    let id = world.physical("s", "Web").await;
    let found = world.ok("ec2", "DescribeInstances", json!({"InstanceIds": [id]})).await;
    found["Reservations"][0]["Instances"][0].clone()
}

#[tokio::test]
async fn an_update_of_a_template_is_another_version_and_replaces_its_instance() {
    let world = World::new();
    assert_eq!(
        world.create("s", &template(", InstanceType: t3.small", "")).await,
        "CREATE_COMPLETE",
        "{:?}",
        world.failures("s").await
    );
    let launch = world.physical("s", "Launch").await;
    assert!(launch.starts_with("lt-"), "{launch}");
    assert_eq!(outputs(&world).await, (json!("1"), json!("1")));
    let found = world.ok("ec2", "DescribeLaunchTemplates", json!({"Filters": [{"Name": "tag:Team", "Values": ["night"]}]})).await;
    let name = found["LaunchTemplates"][0]["LaunchTemplateName"].as_str().unwrap();
    assert!(name.starts_with("Launch_"), "{name}");
    let first = instance(&world).await;
    assert_eq!(first["InstanceType"], "t3.small");
    let larger = template(", InstanceType: t3.medium", "");
    assert_eq!(world.update("s", &larger).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(outputs(&world).await, (json!("2"), json!("1")));
    let second = instance(&world).await;
    assert_eq!(second["InstanceType"], "t3.medium");
    assert_ne!(second["InstanceId"], first["InstanceId"]);
    assert_eq!(world.physical("s", "Launch").await, launch);
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    assert_eq!(world.ok("ec2", "DescribeLaunchTemplates", json!({})).await["LaunchTemplates"], json!([]));
}

#[tokio::test]
async fn what_the_instance_says_itself_wins() {
    let world = World::new();
    let status = world.create("s", &template(", InstanceType: t3.small", ", InstanceType: t3.nano")).await;
    assert_eq!(status, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(instance(&world).await["InstanceType"], "t3.nano");
}

#[tokio::test]
async fn members_that_no_launch_acts_upon_are_refused_by_name() {
    let world = World::new();
    let spot = super::world::submission("s", &template(", InstanceMarketOptions: {MarketType: spot}", ""));
    let refused = world.refused("CreateStack", spot).await;
    assert!(refused.contains("`LaunchTemplateData.InstanceMarketOptions` of `AWS::EC2::LaunchTemplate`"), "{refused}");
}
