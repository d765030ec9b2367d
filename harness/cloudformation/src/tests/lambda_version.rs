use nightproof_journal::Event;
use serde_json::json;

use super::world::{World, template};

const ROLE: &str = "Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: lambda.amazonaws.com}}]}}}";

/// A function with versions of these logical ids, and an alias of the one that is `live`.
fn body(source: &str, versions: &[&str], live: &str) -> String {
    let version =
        |id: &&str| format!("{id}: {{Type: AWS::Lambda::Version, Properties: {{FunctionName: !Ref F, Description: {id}}}}}");
    let versions: Vec<String> = versions.iter().map(version).collect();
    template(&format!(
        "{{{ROLE}, F: {{Type: AWS::Lambda::Function, Properties: {{Runtime: python3.11, Handler: index.h, Role: !GetAtt Role.Arn, Code: {{ZipFile: '{source}'}}}}}}, \
         {}, A: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: !Ref F, Name: live, FunctionVersion: !GetAtt {live}.Version}}}}}}",
        versions.join(", ")
    ))
}

#[tokio::test]
async fn an_alias_follows_the_versions_of_its_stack() {
    let world = World::new();
    assert_eq!(world.create("s", &body("x = 1", &["One"], "One")).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let function = world.physical("s", "F").await;
    let arn = format!("arn:aws:lambda:us-east-1:111122223333:function:{function}");
    assert_eq!(world.physical("s", "One").await, format!("{arn}:1"));
    assert_eq!(world.physical("s", "A").await, format!("{arn}:live"));

    assert_eq!(world.update("s", &body("x = 2", &["Two"], "Two")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let alias = world.ok("lambda", "GetAlias", json!({"FunctionName": function, "Name": "live"})).await;
    assert_eq!(alias["FunctionVersion"], "2");
    let versions = world.ok("lambda", "ListVersionsByFunction", json!({"FunctionName": function})).await;
    let numbers: Vec<&str> = versions["Versions"].as_array().unwrap().iter().filter_map(|one| one["Version"].as_str()).collect();
    assert_eq!(numbers, ["$LATEST", "2"], "the old version is gone");

    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
}

#[tokio::test]
async fn a_function_that_has_not_changed_gets_no_other_version() {
    let world = World::new();
    assert_eq!(world.create("s", &body("x = 1", &["One"], "One")).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(world.update("s", &body("x = 1", &["One", "Two"], "Two")).await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(
        world.reason("s", "Two", "CREATE_FAILED").await,
        "A version for this Lambda function exists ( 1 ). Modify the function to create a new version."
    );
    let function = world.physical("s", "F").await;
    world.ok("lambda", "GetFunctionConfiguration", json!({"FunctionName": function, "Qualifier": "live"})).await;
}

#[tokio::test]
async fn weights_of_an_alias_are_set_and_taken_away() {
    let world = World::new();
    assert_eq!(world.create("s", &body("x = 1", &["One"], "One")).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let function = world.physical("s", "F").await;
    let both = body("x = 2", &["One", "Two"], "Two");
    let weighted = both.replace(
        "Name: live",
        "Name: live, RoutingConfig: {AdditionalVersionWeights: [{FunctionVersion: !GetAtt One.Version, FunctionWeight: '0.5'}]}",
    );
    assert_eq!(world.update("s", &weighted).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let get = async || world.ok("lambda", "GetAlias", json!({"FunctionName": function, "Name": "live"})).await;
    assert_eq!(get().await["RoutingConfig"], json!({"AdditionalVersionWeights": {"1": 0.5}}));
    assert_eq!(world.update("s", &both).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(get().await.get("RoutingConfig"), None);
}

#[tokio::test]
async fn traffic_that_codedeploy_would_shift_is_shifted_at_once_and_that_is_told() {
    let world = World::new();
    let gradual =
        "{Type: AWS::Lambda::Alias, UpdatePolicy: {CodeDeployLambdaAliasUpdate: {ApplicationName: a, DeploymentGroupName: g}},";
    let with_policy = |body: String| body.replace("{Type: AWS::Lambda::Alias,", gradual);
    let made = world.create("s", &with_policy(body("x = 1", &["One"], "One"))).await;
    assert_eq!(made, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let updated = world.update("s", &with_policy(body("x = 2", &["Two"], "Two"))).await;
    assert_eq!(updated, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let function = world.physical("s", "F").await;
    let alias = world.ok("lambda", "GetAlias", json!({"FunctionName": function, "Name": "live"})).await;
    assert_eq!(alias["FunctionVersion"], "2");
    let records = world.region.journal().records();
    let told = records.iter().any(|record| {
        matches!(&record.event, Event::Recorded { logical_id, properties, .. } if logical_id == "A" && *properties == ["UpdatePolicy"])
    });
    assert!(told, "{records:?}");
}

#[tokio::test]
async fn an_alias_has_provisioned_concurrency_as_long_as_its_template_has() {
    let world = World::new();
    let plain = body("x = 1", &["One"], "One");
    let provisioned =
        plain.replace("Name: live", "Name: live, ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 2}");
    assert_eq!(world.create("s", &provisioned).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let named = json!({"FunctionName": world.physical("s", "F").await, "Qualifier": "live"});
    let seen = world.ok("lambda", "GetProvisionedConcurrencyConfig", named.clone()).await;
    assert_eq!((&seen["RequestedProvisionedConcurrentExecutions"], &seen["Status"]), (&json!(2), &json!("READY")));

    assert_eq!(world.update("s", &plain).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let gone = world.call("lambda", "GetProvisionedConcurrencyConfig", named).await.unwrap_err();
    assert_eq!(gone.code, "ProvisionedConcurrencyConfigNotFoundException");
}
