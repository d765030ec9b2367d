//! Mobile push and text messages are recorded, and not sent.

use serde_json::{Value, json};

use super::{ACCOUNT, TOPIC, World};

async fn application(world: &World) -> Value {
    let input = json!({ "Name": "pager", "Platform": "ADM", "Attributes": { "PlatformPrincipal": "id", "PlatformCredential": "secret" } });
    world.ok("sns", "CreatePlatformApplication", input).await["PlatformApplicationArn"].clone()
}

#[tokio::test]
async fn an_applications_credentials_are_not_kept() {
    let world = World::new().await;
    let arn = application(&world).await;
    assert_eq!(arn, format!("arn:aws:sns:us-east-1:{ACCOUNT}:app/ADM/pager"));
    let named = json!({ "PlatformApplicationArn": arn });
    let mut set = named.clone();
    set["Attributes"] = json!({ "SuccessFeedbackSampleRate": "50", "PlatformCredential": "another" });
    world.ok("sns", "SetPlatformApplicationAttributes", set).await;
    let shown = json!({ "Enabled": "true", "SuccessFeedbackSampleRate": "50" });
    assert_eq!(world.ok("sns", "GetPlatformApplicationAttributes", named.clone()).await["Attributes"], shown);
    let listed = world.ok("sns", "ListPlatformApplications", json!({})).await["PlatformApplications"].clone();
    assert_eq!(listed, json!([{ "PlatformApplicationArn": arn, "Attributes": shown }]));
    world.ok("sns", "DeletePlatformApplication", named.clone()).await;
    assert!(world.refused("GetPlatformApplicationAttributes", named).await.ends_with("PlatformApplication does not exist"));
}

#[tokio::test]
async fn what_no_application_can_be_is_refused_in_the_words_of_sns() {
    let world = World::new().await;
    let create =
        |name: &str, platform: &str, attributes: Value| json!({ "Name": name, "Platform": platform, "Attributes": attributes });
    let pair = json!({ "PlatformPrincipal": "p", "PlatformCredential": "c" });
    for (input, says) in [
        (create("", "ADM", pair.clone()), "Invalid parameter:  Reason: cannot be empty"),
        (
            create("@name", "ADM", pair.clone()),
            "Invalid parameter: @name Reason: must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'",
        ),
        (create(&"a".repeat(257), "ADM", pair.clone()), "Reason: must be at most 256 characters long"),
        (create("a", "AAA", pair), "Invalid parameter: Platform Reason: AAA is not supported"),
        (
            create("a", "ADM", json!({ "PlatformPrincipal": "p" })),
            "Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential",
        ),
        (
            create("a", "ADM", json!({ "PlatformCredential": "c" })),
            "Attributes Reason: PlatformCredential attribute provided without PlatformPrincipal",
        ),
        (create("a", "ADM", json!({})), "Value null at 'attributes' failed to satisfy constraint: Member must not be null"),
    ] {
        let refused = world.refused("CreatePlatformApplication", input).await;
        assert!(refused.ends_with(says), "{refused}");
    }
    let named = |arn: &str| json!({ "PlatformApplicationArn": arn, "Attributes": { "PlatformPrincipal": "p" } });
    let refused = world.refused("SetPlatformApplicationAttributes", named("invalid-arn")).await;
    assert!(refused.ends_with("PlatformApplicationArn Reason: An ARN must have at least 6 elements, not 1"), "{refused}");
    let refused =
        world.refused("SetPlatformApplicationAttributes", named(&format!("arn:aws:sns:us-east-1:{ACCOUNT}:app/ADM/none"))).await;
    assert_eq!(refused, "NotFoundException: PlatformApplication does not exist");
}

#[tokio::test]
async fn an_endpoint_is_known_by_its_token_and_gets_nothing_once_it_is_disabled() {
    let world = World::new().await;
    let application = application(&world).await;
    let create = |attributes: Value| json!({ "PlatformApplicationArn": application, "Token": "t", "CustomUserData": "bar", "Attributes": attributes });
    let arn = world.ok("sns", "CreatePlatformEndpoint", create(json!({ "CustomUserData": "foo" }))).await["EndpointArn"].clone();
    assert_eq!(world.ok("sns", "CreatePlatformEndpoint", create(json!({ "CustomUserData": "foo" }))).await["EndpointArn"], arn);
    let refused = world.refused("CreatePlatformEndpoint", create(json!({ "Enabled": "false" }))).await;
    assert!(refused.ends_with("already exists with the same Token, but different attributes."), "{refused}");
    let refused = world.refused("CreatePlatformEndpoint", create(json!({ "PlatformPrincipal": "p" }))).await;
    assert!(refused.ends_with("Attributes Reason: Invalid attribute name: PlatformPrincipal"), "{refused}");
    let endpoint = json!({ "EndpointArn": arn });
    let shown = world.ok("sns", "GetEndpointAttributes", endpoint.clone()).await["Attributes"].clone();
    assert_eq!(shown, json!({ "CustomUserData": "foo", "Enabled": "true", "Token": "t" }));

    world.ok("sns", "Subscribe", json!({ "TopicArn": TOPIC, "Protocol": "application", "Endpoint": arn })).await;
    world.ok("sns", "Publish", json!({ "TopicArn": TOPIC, "Message": "m" })).await;
    world.ok("sns", "Publish", json!({ "TargetArn": arn, "Message": "m" })).await;
    for (_, to) in world.told() {
        assert_eq!((to[0].protocol.as_str(), to[0].outcome.as_str()), ("application", "would be sent"));
    }
    let mut disable = endpoint.clone();
    disable["Attributes"] = json!({ "Enabled": "false" });
    world.ok("sns", "SetEndpointAttributes", disable).await;
    assert_eq!(
        world.refused("Publish", json!({ "TargetArn": arn, "Message": "m" })).await,
        "EndpointDisabledException: Endpoint is disabled"
    );
    world.ok("sns", "DeleteEndpoint", endpoint.clone()).await;
    assert_eq!(world.refused("GetEndpointAttributes", endpoint).await, "NotFoundException: Endpoint does not exist");
    let refused = world.refused("Publish", json!({ "TargetArn": arn, "Message": "m" })).await;
    assert!(refused.ends_with("TargetArn Reason: No endpoint found for the target arn specified"), "{refused}");
}

#[tokio::test]
async fn text_messages_have_settings_and_recipients() {
    let world = World::new().await;
    assert_eq!(world.ok("sns", "GetSMSAttributes", json!({})).await["attributes"], json!({ "MonthlySpendLimit": "1" }));
    world
        .ok("sns", "SetSMSAttributes", json!({ "attributes": { "DefaultSenderID": "Ops", "DefaultSMSType": "Promotional" } }))
        .await;
    let some = world.ok("sns", "GetSMSAttributes", json!({ "attributes": ["DefaultSenderID"] })).await;
    assert_eq!(some["attributes"], json!({ "DefaultSenderID": "Ops" }));
    for (name, value, says) in [
        ("InvalidAttribute", "x", "InvalidAttribute is not a valid attribute"),
        ("DefaultSenderID", "123456789", "DefaultSenderID is not a valid attribute"),
        ("DefaultSMSType", "invalid", "DefaultSMSType is invalid"),
    ] {
        let refused = world.refused("SetSMSAttributes", json!({ "attributes": { name: value } })).await;
        assert_eq!(refused, format!("InvalidParameterException: {says}"));
    }
    world.ok("sns", "OptInPhoneNumber", json!({ "phoneNumber": "+4411111111" })).await;
    let refused = world.refused("OptInPhoneNumber", json!({ "phoneNumber": "invalid" })).await;
    assert!(refused.ends_with("PhoneNumber Reason: input incorrectly formatted"), "{refused}");
    assert_eq!(
        world.ok("sns", "CheckIfPhoneNumberIsOptedOut", json!({ "phoneNumber": "+4411111111" })).await["isOptedOut"],
        false
    );
    assert_eq!(world.ok("sns", "ListPhoneNumbersOptedOut", json!({})).await["phoneNumbers"], json!([]));
    world.ok("sns", "Publish", json!({ "PhoneNumber": "+15551234567", "Message": "m" })).await;
    let (_, to) = world.told().remove(0);
    assert_eq!(
        (to[0].protocol.as_str(), to[0].endpoint.as_str(), to[0].outcome.as_str()),
        ("sms", "+15551234567", "would be sent")
    );
}
