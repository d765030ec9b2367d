//! Layers, their policies, and functions that have them.

use nightproof_core::Caller;
use serde_json::{Value, json};

use super::{ACCOUNT, World, new, with, zip};

async fn publish(world: &World, more: Value) -> Value {
    world
        .ask("PublishLayerVersion", with(json!({ "LayerName": "l", "Content": { "ZipFile": zip("layer") } }), &more))
        .await
        .unwrap()
}

#[tokio::test]
async fn versions_of_a_layer_are_numbered_once_and_the_newest_comes_first() {
    let world = World::new().await;
    let first = publish(&world, json!({ "CompatibleRuntimes": ["python3.13"], "Description": "d", "LicenseInfo": "MIT" })).await;
    let arn = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:layer:l");
    assert_eq!(
        (&first["Version"], &first["LayerVersionArn"], &first["LayerArn"]),
        (&json!(1), &json!(format!("{arn}:1")), &json!(arn))
    );
    publish(&world, json!({})).await;
    let numbers = async |input: Value| -> Vec<Value> {
        let list = world.ask("ListLayerVersions", with(json!({ "LayerName": "l" }), &input)).await.unwrap();
        list["LayerVersions"].as_array().unwrap().iter().map(|version| version["Version"].clone()).collect()
    };
    assert_eq!(numbers(json!({})).await, [2, 1]);
    assert_eq!(numbers(json!({ "CompatibleRuntime": "python3.13" })).await, [1]);
    world.ask("DeleteLayerVersion", json!({ "LayerName": "l", "VersionNumber": 2 })).await.unwrap();
    assert_eq!(publish(&world, json!({})).await["Version"], 3);
    for (number, code) in [(0, "InvalidParameterValueException"), (2, "ResourceNotFoundException")] {
        let gone = world.ask("GetLayerVersion", json!({ "LayerName": "l", "VersionNumber": number })).await.unwrap_err();
        assert_eq!(gone.code, code);
    }
    let unknown = json!({ "LayerName": "l", "Content": { "ZipFile": zip("x") }, "CompatibleRuntimes": ["a"], "CompatibleArchitectures": ["b"] });
    let refused = world.ask("PublishLayerVersion", unknown).await.unwrap_err();
    assert!(refused.message.starts_with("2 validation errors detected: Value '[a]' at 'compatibleRuntimes'"), "{refused}");
}

#[tokio::test]
async fn a_function_has_at_most_one_version_of_at_most_five_layers_that_exist() {
    let world = World::new().await;
    publish(&world, json!({})).await;
    publish(&world, json!({})).await;
    let arn = |rest: &str| format!("arn:aws:lambda:us-east-1:{ACCOUNT}:layer:{rest}");
    let create = async |layers: Vec<String>| world.ask("CreateFunction", with(new("f"), &json!({ "Layers": layers }))).await;
    let both = create(vec![arn("l:1"), arn("l:2")]).await.unwrap_err();
    assert!(both.message.starts_with("Two different versions of the same layer are not allowed"), "{both}");
    assert_eq!(create(vec![arn("l:9")]).await.unwrap_err().message, format!("Layer version {} does not exist.", arn("l:9")));
    assert_eq!(create(vec![arn("l:1"); 6]).await.unwrap_err().message, "Cannot reference more than 5 layers.");
    let elsewhere = create(vec![arn("l:1").replace("us-east-1", "eu-west-1")]).await.unwrap_err();
    assert!(elsewhere.message.ends_with("Layers are expected to be in region us-east-1."), "{elsewhere}");
    create(vec![arn("l:1")]).await.unwrap();
    let shown = world.settled("f").await;
    assert_eq!(shown["Layers"][0]["Arn"], arn("l:1"));
    world.ask("DeleteLayerVersion", json!({ "LayerName": "l", "VersionNumber": 1 })).await.unwrap();
    assert_eq!(world.settled("f").await["Layers"], shown["Layers"], "a function keeps a layer that is deleted");
    world.ask("UpdateFunctionConfiguration", json!({ "FunctionName": "f", "Layers": [] })).await.unwrap();
    assert!(world.settled("f").await.get("Layers").is_none());
}

#[tokio::test]
async fn another_account_uses_a_layer_that_its_policy_gives_it() {
    let world = World::new().await;
    publish(&world, json!({})).await;
    let other = Caller::root("444455556666");
    let get = || {
        world.region.call(
            &other,
            "lambda",
            "GetLayerVersionByArn",
            json!({ "Arn": format!("arn:aws:lambda:us-east-1:{ACCOUNT}:layer:l:1") }),
        )
    };
    assert_eq!(get().await.unwrap_err().code, "AccessDenied");
    let of = |more: Value| with(json!({ "LayerName": "l", "VersionNumber": 1, "StatementId": "s" }), &more);
    let grant = of(json!({ "Action": "lambda:GetLayerVersion", "Principal": "444455556666" }));
    let made = world.ask("AddLayerVersionPermission", grant.clone()).await.unwrap();
    assert_eq!(world.ask("AddLayerVersionPermission", grant).await.unwrap_err().code, "ResourceConflictException");
    assert_eq!(get().await.unwrap()["Version"], 1);
    let wrong = world.ask("RemoveLayerVersionPermission", of(json!({ "RevisionId": "other" }))).await.unwrap_err();
    assert!(wrong.message.contains("Call the GetLayerPolicy API"), "{wrong}");
    world.ask("RemoveLayerVersionPermission", of(json!({ "RevisionId": made["RevisionId"] }))).await.unwrap();
    assert_eq!(get().await.unwrap_err().code, "AccessDenied");
}
