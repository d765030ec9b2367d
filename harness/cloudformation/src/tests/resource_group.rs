use serde_json::{Value, json};

use super::world::{World, template};

async fn group(world: &World, operation: &str, member: &str) -> Value {
    world.ok("resource-groups", operation, json!({"Group": "servers"})).await[member].clone()
}

async fn query(world: &World) -> (Value, Value) {
    let found = group(world, "GetGroupQuery", "GroupQuery").await["ResourceQuery"].clone();
    (found["Type"].clone(), serde_json::from_str(found["Query"].as_str().unwrap()).unwrap())
}

#[tokio::test]
async fn a_group_by_tags_is_made_changed_in_place_and_deleted() {
    let world = World::new();
    let body = |more: &str, value: &str| {
        template(&format!(
            "{{G: {{Type: AWS::ResourceGroups::Group, Properties: {{Name: servers{more}, ResourceQuery: {{Type: TAG_FILTERS_1_0, \
             Query: {{ResourceTypeFilters: ['AWS::EC2::Instance'], TagFilters: [{{Key: Backup, Values: [{value}]}}]}}}}}}}}}}"
        ))
    };
    assert_eq!(
        world.create("s", &body(", Description: old", "Enabled")).await,
        "CREATE_COMPLETE",
        "{:?}",
        world.failures("s").await
    );
    assert_eq!(world.physical("s", "G").await, "servers");
    assert_eq!(group(&world, "GetGroup", "Group").await["Description"], "old");
    let by = |value: &str| json!({"ResourceTypeFilters": ["AWS::EC2::Instance"], "TagFilters": [{"Key": "Backup", "Values": [value]}]});
    assert_eq!(query(&world).await, (json!("TAG_FILTERS_1_0"), by("Enabled")));

    let changed = body(", Description: new, Tags: [{Key: a, Value: '1'}]", "Nightly");
    assert_eq!(world.update("s", &changed).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(group(&world, "GetGroup", "Group").await["Description"], "new");
    assert_eq!(query(&world).await.1, by("Nightly"));
    let arn = group(&world, "GetGroup", "Group").await["GroupArn"].clone();
    assert_eq!(world.ok("resource-groups", "GetTags", json!({"Arn": arn})).await["Tags"]["a"], "1");

    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    assert_eq!(world.ok("resource-groups", "ListGroups", json!({})).await["GroupIdentifiers"], json!([]));
}

#[tokio::test]
async fn a_group_by_stack_is_of_its_own_stack_unless_it_names_another() {
    let world = World::new();
    let body =
        "{G: {Type: AWS::ResourceGroups::Group, Properties: {Name: servers, ResourceQuery: {Type: CLOUDFORMATION_STACK_1_0}}}}";
    assert_eq!(world.create("s", &template(body)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let stacks = world.stack("DescribeStacks", json!({"StackName": "s"})).await;
    let (kind, query) = query(&world).await;
    assert_eq!(kind, "CLOUDFORMATION_STACK_1_0");
    assert_eq!(query["StackIdentifier"], stacks["Stacks"][0]["StackId"]);
    assert_eq!(query["ResourceTypeFilters"], json!(["AWS::AllSupported"]));
}
