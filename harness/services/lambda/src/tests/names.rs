//! How functions are named, and what is answered where there is none.

use serde_json::json;

use super::{ACCOUNT, World, new, with};

fn arn(rest: &str) -> String {
    format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{rest}")
}

#[tokio::test]
async fn a_function_that_there_is_not_is_named_as_each_operation_names_it() {
    let world = World::new().await;
    for (operation, more, message) in [
        ("GetFunction", json!({}), format!("Function not found: {}", arn("f"))),
        ("GetFunction", json!({ "Qualifier": "$LATEST" }), format!("Function not found: {}", arn("f:$LATEST"))),
        ("GetFunctionConfiguration", json!({ "Qualifier": "3" }), format!("Function not found: {}", arn("f:3"))),
        ("Invoke", json!({}), format!("Function not found: {}", arn("f:$LATEST"))),
        ("DeleteFunction", json!({ "Qualifier": "3" }), format!("Function not found: {}", arn("f"))),
        ("GetFunctionConcurrency", json!({}), format!("Function not found: {}", arn("f"))),
        ("GetFunctionUrlConfig", json!({}), "The resource you requested does not exist.".to_owned()),
        ("RemovePermission", json!({ "StatementId": "s" }), format!("No policy found for: {}", arn("f"))),
        ("CreateAlias", json!({ "Name": "a", "FunctionVersion": "1" }), format!("Function not found: {}", arn("f:1"))),
    ] {
        let error = world.ask(operation, with(json!({ "FunctionName": "f" }), &more)).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.message), ("ResourceNotFoundException", message), "{operation}");
    }
}

#[tokio::test]
async fn a_name_and_a_qualifier_name_one_version_of_one_region() {
    let world = World::new().await;
    world.function().await;
    let mismatch = world.ask("GetFunction", json!({ "FunctionName": "f:1", "Qualifier": "2" })).await.unwrap_err();
    assert_eq!(mismatch.message, "The derived qualifier from the function name does not match the specified qualifier.");
    let elsewhere = format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f");
    let elsewhere = world.ask("GetFunction", json!({ "FunctionName": elsewhere })).await.unwrap_err();
    assert_eq!(elsewhere.message, "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')");
    let long = world.ask("CreateFunction", with(new("f"), &json!({ "FunctionName": "a".repeat(65) }))).await.unwrap_err();
    assert_eq!(long.code, "InvalidParameterValueException");
    assert!(long.message.ends_with("Member must have length less than or equal to 64"), "{long}");
}

#[tokio::test]
async fn deleting_a_version_that_there_is_not_succeeds_and_an_alias_is_not_deleted_so() {
    let world = World::new().await;
    world.function().await;
    world.ask("DeleteFunction", json!({ "FunctionName": "f", "Qualifier": "7" })).await.unwrap();
    for (qualifier, message) in [
        ("live", "Deletion of aliases is not currently supported."),
        ("$LATEST", "$LATEST version cannot be deleted without deleting the function."),
    ] {
        let refused = world.ask("DeleteFunction", json!({ "FunctionName": "f", "Qualifier": qualifier })).await.unwrap_err();
        assert_eq!(refused.message, message);
    }
}
