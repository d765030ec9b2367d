//! What is kept of functions: URLs, provisioned concurrency, code signing, revisions, mappings of queues.

use serde_json::{Value, json};

use super::{ACCOUNT, BOUND, World, new, with, zip};

fn of_function(more: Value) -> Value {
    with(json!({ "FunctionName": "f" }), &more)
}

#[tokio::test]
async fn a_function_and_its_aliases_have_one_url_each() {
    let world = World::new().await;
    world.function().await;
    world.ask("CreateAlias", of_function(json!({ "Name": "live", "FunctionVersion": "$LATEST" }))).await.unwrap();
    let made = world.ask("CreateFunctionUrlConfig", of_function(json!({ "AuthType": "NONE" }))).await.unwrap();
    let url = made["FunctionUrl"].as_str().unwrap();
    assert!(url.starts_with("https://") && url.ends_with(".lambda-url.us-east-1.on.aws/"), "{url}");
    let again = world.ask("CreateFunctionUrlConfig", of_function(json!({ "AuthType": "NONE" }))).await.unwrap_err();
    assert!(again.message.contains("FunctionUrlConfig exists for this Lambda function"), "{again}");
    world.ask("CreateFunctionUrlConfig", of_function(json!({ "AuthType": "AWS_IAM", "Qualifier": "live" }))).await.unwrap();
    let list = world.ask("ListFunctionUrlConfigs", of_function(json!({}))).await.unwrap();
    assert_eq!(list["FunctionUrlConfigs"].as_array().unwrap().len(), 2);
    let version = world.ask("GetFunctionUrlConfig", of_function(json!({ "Qualifier": "1" }))).await.unwrap_err();
    assert_eq!(version.code, "ValidationException");
    let shown = world.ask("GetFunctionUrlConfig", of_function(json!({}))).await.unwrap();
    assert_eq!((&shown["InvokeMode"], &shown["FunctionUrl"]), (&json!("BUFFERED"), &made["FunctionUrl"]));
    world.ask("DeleteAlias", of_function(json!({ "Name": "live" }))).await.unwrap();
    world.ask("DeleteFunctionUrlConfig", of_function(json!({}))).await.unwrap();
    let list = world.ask("ListFunctionUrlConfigs", of_function(json!({}))).await.unwrap();
    let left = list["FunctionUrlConfigs"].as_array().unwrap();
    assert!(
        left.len() == 1 && left[0]["FunctionArn"].as_str().unwrap().ends_with(":live"),
        "the URL of an alias outlives it: {list}"
    );
}

#[tokio::test]
async fn provisioned_concurrency_is_of_versions_and_within_what_is_reserved() {
    let world = World::new().await;
    world.function().await;
    world.ask("PublishVersion", of_function(json!({}))).await.unwrap();
    world.ask("CreateAlias", of_function(json!({ "Name": "live", "FunctionVersion": "1" }))).await.unwrap();
    let put = async |qualifier: &str, wanted: u64| {
        let input = json!({ "Qualifier": qualifier, "ProvisionedConcurrentExecutions": wanted });
        world.ask("PutProvisionedConcurrencyConfig", of_function(input)).await
    };
    assert_eq!(put("$LATEST", 1).await.unwrap_err().code, "InvalidParameterValueException");
    assert_eq!(put("9", 1).await.unwrap_err().code, "ResourceNotFoundException");
    assert!(put("1", 950).await.unwrap_err().message.ends_with("below its minimum value of [100]."));
    assert_eq!(put("1", 2).await.unwrap()["Status"], "IN_PROGRESS");
    let ready = nightproof_poll::until(BOUND, || async {
        let seen = world.ask("GetProvisionedConcurrencyConfig", of_function(json!({ "Qualifier": "1" }))).await.unwrap();
        if seen["Status"] == "READY" { Ok(seen) } else { Err(seen) }
    });
    assert_eq!(ready.await.unwrap()["AvailableProvisionedConcurrentExecutions"], 2);
    assert_eq!(put("live", 1).await.unwrap_err().code, "ResourceConflictException");
    let low = of_function(json!({ "ReservedConcurrentExecutions": 1 }));
    let low = world.ask("PutFunctionConcurrency", low).await.unwrap_err();
    assert_eq!(
        low.message,
        " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2]."
    );
    world.ask("PutFunctionConcurrency", of_function(json!({ "ReservedConcurrentExecutions": 2 }))).await.unwrap();
    assert!(put("1", 3).await.unwrap_err().message.starts_with("Requested Provisioned Concurrency should not be greater"));
    world.ask("DeleteProvisionedConcurrencyConfig", of_function(json!({ "Qualifier": "1" }))).await.unwrap();
    let gone = world.ask("GetProvisionedConcurrencyConfig", of_function(json!({ "Qualifier": "1" }))).await.unwrap_err();
    assert_eq!(gone.code, "ProvisionedConcurrencyConfigNotFoundException");
}

#[tokio::test]
async fn a_permission_is_added_to_the_revision_that_is_meant_and_makes_another() {
    let world = World::new().await;
    let before = world.function().await;
    let add = async |sid: &str, revision: &Value| {
        let input = json!({ "StatementId": sid, "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", "RevisionId": revision });
        world.ask("AddPermission", of_function(input)).await
    };
    add("one", &before["RevisionId"]).await.unwrap();
    let stale = add("two", &before["RevisionId"]).await.unwrap_err();
    assert!(stale.message.contains("Call the GetPolicy API"), "{stale}");
    let policy = world.ask("GetPolicy", of_function(json!({}))).await.unwrap();
    assert_eq!(policy["RevisionId"], world.settled("f").await["RevisionId"]);
    assert_ne!(policy["RevisionId"], before["RevisionId"]);
    // Publishing makes another revision of the function, and none of its policy.
    world.ask("PublishVersion", of_function(json!({}))).await.unwrap();
    assert_eq!(world.ask("GetPolicy", of_function(json!({}))).await.unwrap()["RevisionId"], policy["RevisionId"]);
    add("two", &policy["RevisionId"]).await.unwrap();
    world.ask("RemovePermission", of_function(json!({ "StatementId": "one" }))).await.unwrap();
    world.ask("RemovePermission", of_function(json!({ "StatementId": "two" }))).await.unwrap();
    assert_eq!(world.ask("GetPolicy", of_function(json!({}))).await.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test]
async fn code_that_must_be_signed_is_refused_as_ours() {
    let world = World::new().await;
    world.function().await;
    let publishers =
        json!({ "SigningProfileVersionArns": [format!("arn:aws:signer:us-east-1:{ACCOUNT}:/signing-profiles/p/abcdefghij")] });
    let made = world.ask("CreateCodeSigningConfig", json!({ "AllowedPublishers": publishers })).await.unwrap();
    let arn = &made["CodeSigningConfig"]["CodeSigningConfigArn"];
    world.ask("PutFunctionCodeSigningConfig", of_function(json!({ "CodeSigningConfigArn": arn }))).await.unwrap();
    let update = of_function(json!({ "ZipFile": zip("new") }));
    world.ask("UpdateFunctionCode", update.clone()).await.unwrap();
    world.settled("f").await;
    let enforce = json!({ "CodeSigningConfigArn": arn, "CodeSigningPolicies": { "UntrustedArtifactOnDeployment": "Enforce" } });
    world.ask("UpdateCodeSigningConfig", enforce).await.unwrap();
    assert_eq!(world.ask("UpdateFunctionCode", update).await.unwrap_err().code, "NotImplemented");
    world.ask("DeleteCodeSigningConfig", json!({ "CodeSigningConfigArn": arn })).await.unwrap();
    world.ask("DeleteFunctionCodeSigningConfig", of_function(json!({}))).await.unwrap();
    assert_eq!(
        world.ask("GetFunctionCodeSigningConfig", of_function(json!({}))).await.unwrap(),
        json!({}),
        "nothing is told of none"
    );
    let gone = world.ask("GetCodeSigningConfig", json!({ "CodeSigningConfigArn": arn })).await.unwrap_err();
    assert_eq!((gone.code.as_str(), gone.status), ("ResourceNotFoundException", 404));
}

#[tokio::test]
async fn a_queue_that_the_role_may_read_is_mapped_once() {
    let world = World::new().await;
    world.function().await;
    world.call("sqs", "CreateQueue", json!({ "QueueName": "q" })).await.unwrap();
    let source = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:q");
    let create = async |more: Value| {
        world.ask("CreateEventSourceMapping", of_function(with(json!({ "EventSourceArn": source }), &more))).await
    };
    let denied = create(json!({})).await.unwrap_err();
    assert_eq!(denied.message, "The provided execution role does not have permissions to call ReceiveMessage on SQS");
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sqs:*", "Resource": "*" }] });
    let policy = json!({ "RoleName": "r", "PolicyName": "p", "PolicyDocument": policy.to_string() });
    world.call("iam", "PutRolePolicy", policy).await.unwrap();
    for (more, message) in [
        (
            json!({ "BatchSize": 11 }),
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ),
        (json!({ "FilterCriteria": { "Filters": [{ "Pattern": "simple string" }] } }), "Invalid filter pattern definition."),
        (
            json!({ "EventSourceArn": format!("{source}-2") }),
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.",
        ),
        (
            json!({ "DestinationConfig": { "OnSuccess": { "Destination": source } } }),
            "Unsupported DestinationConfig parameter for given event source mapping type.",
        ),
        (json!({ "FunctionName": "g" }), "Function does not exist"),
    ] {
        assert_eq!(create(more).await.unwrap_err().message, message);
    }
    let made = create(json!({ "Tags": { "a": "1" } })).await.unwrap();
    assert_eq!(
        (&made["State"], &made["BatchSize"], &made["StateTransitionReason"]),
        (&json!("Creating"), &json!(10), &json!("USER_INITIATED"))
    );
    assert_eq!(create(json!({})).await.unwrap_err().code, "ResourceConflictException");
    let tags = world.ask("ListTags", json!({ "Resource": made["EventSourceMappingArn"] })).await.unwrap();
    assert_eq!(tags["Tags"], json!({ "a": "1" }));
    let rest = async |state: &str| {
        let seen = nightproof_poll::until(BOUND, || async {
            let seen = world.ask("GetEventSourceMapping", json!({ "UUID": made["UUID"] })).await.unwrap();
            if seen["State"] == state { Ok(()) } else { Err(seen) }
        });
        seen.await.unwrap_or_else(|seen| panic!("not {state}: {seen}"));
    };
    rest("Enabled").await;
    let update = json!({ "UUID": made["UUID"], "Enabled": false });
    assert_eq!(world.ask("UpdateEventSourceMapping", update).await.unwrap()["State"], "Disabling");
    rest("Disabled").await;
    world.ask("DeleteFunction", json!({ "FunctionName": "f" })).await.unwrap();
    assert_eq!(world.ask("DeleteEventSourceMapping", json!({ "UUID": made["UUID"] })).await.unwrap()["State"], "Deleting");
    let gone = world.ask("GetEventSourceMapping", json!({ "UUID": made["UUID"] })).await.unwrap_err();
    assert_eq!(gone.code, "ResourceNotFoundException");
}

#[tokio::test]
async fn a_version_that_is_published_with_its_function_is_numbered_in_the_answer_and_settles_with_it() {
    let world = World::new().await;
    let made = world.ask("CreateFunction", with(new("f"), &json!({ "Publish": true }))).await.unwrap();
    assert_eq!(
        (&made["Version"], &made["FunctionArn"]),
        (&json!("1"), &json!(format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:f")))
    );
    world.settled("f").await;
    let version = world.ask("GetFunctionConfiguration", of_function(json!({ "Qualifier": "1" }))).await.unwrap();
    assert_eq!((&version["State"], &version["LastUpdateStatus"]), (&json!("Active"), &json!("Successful")));
    world.ask("CreateAlias", of_function(json!({ "Name": "latest", "FunctionVersion": "$LATEST" }))).await.unwrap();
    let alias = world.ask("GetFunction", of_function(json!({ "Qualifier": "latest" }))).await.unwrap();
    assert_eq!(alias["Configuration"]["State"], "Active", "an alias of $LATEST is what $LATEST is");
}

#[tokio::test]
async fn a_weight_is_repeated_with_its_fraction() {
    let world = World::new().await;
    world.function().await;
    world.ask("PublishVersion", of_function(json!({}))).await.unwrap();
    let routing = json!({ "AdditionalVersionWeights": { "1": 2 } });
    let alias = json!({ "Name": "live", "FunctionVersion": "$LATEST", "RoutingConfig": routing });
    let refused = world.ask("CreateAlias", of_function(alias)).await.unwrap_err();
    assert!(refused.message.contains("Value '{1=2.0}' at 'routingConfig.additionalVersionWeights'"), "{refused}");
}

#[tokio::test]
async fn get_function_tells_where_the_code_can_be_downloaded() {
    let world = World::new().await;
    world.function().await;
    let shown = world.ask("GetFunction", of_function(json!({}))).await.unwrap();
    let location = shown["Code"]["Location"].as_str().unwrap();
    assert!(location.starts_with("https://awslambda-us-east-1-tasks.s3.us-east-1.amazonaws.com/snapshots/"), "{location}");
    assert!(shown["Configuration"]["RuntimeVersionConfig"]["RuntimeVersionArn"].as_str().unwrap().contains("::runtime:"));
    let fetch = async |uri: String| {
        let head = http::Request::get(uri).body(()).unwrap().into_parts().0;
        let call = world.call_of(head);
        let service = world.region.service("lambda").unwrap().clone();
        let response = service.serve(&call, bytes::Bytes::new()).await;
        let status = response.status().as_u16();
        (status, http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes())
    };
    let (status, body) = fetch(location.to_owned()).await;
    assert_eq!(status, 200);
    assert_eq!(body.len() as u64, shown["Configuration"]["CodeSize"].as_u64().unwrap());
    assert_eq!(fetch(location.replace("X-Amz-Signature=", "X-Amz-Signature=0")).await.0, 403);
    world.ask("DeleteFunction", json!({ "FunctionName": "f" })).await.unwrap();
    assert_eq!(fetch(location.to_owned()).await.0, 403, "code goes with its function");
}
