//! Making, changing and describing state machines.

use serde_json::json;

use super::{MACHINE, ROLE, World};

const DEFINITION: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;

#[tokio::test]
async fn a_state_machine_is_described_with_awss_defaults_changed_and_deleted() {
    let world = World::new().await;
    let made = json!({ "name": "night", "definition": DEFINITION, "roleArn": ROLE, "tags": [{ "key": "k", "value": "v" }] });
    assert_eq!(world.call("CreateStateMachine", made.clone()).await["stateMachineArn"], MACHINE);
    // Once more it is the same one.
    world.call("CreateStateMachine", made).await;
    let named = json!({ "stateMachineArn": MACHINE });
    let mut found = world.call("DescribeStateMachine", named.clone()).await;
    found.as_object_mut().unwrap().remove("creationDate").unwrap();
    assert_eq!(
        found,
        json!({
            "stateMachineArn": MACHINE,
            "name": "night",
            "definition": DEFINITION,
            "roleArn": ROLE,
            "loggingConfiguration": { "level": "OFF", "includeExecutionData": false },
            "tracingConfiguration": { "enabled": false },
            "encryptionConfiguration": { "type": "AWS_OWNED_KEY" },
            "status": "ACTIVE",
            "type": "STANDARD",
        })
    );
    let changed = r#"{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}"#;
    world.call("UpdateStateMachine", json!({ "stateMachineArn": MACHINE, "definition": changed })).await;
    assert_eq!(world.call("DescribeStateMachine", named.clone()).await["definition"], changed);
    world.call("TagResource", json!({ "resourceArn": MACHINE, "tags": [{ "key": "l", "value": "w" }] })).await;
    world.call("UntagResource", json!({ "resourceArn": MACHINE, "tagKeys": ["k"] })).await;
    let tags = world.call("ListTagsForResource", json!({ "resourceArn": MACHINE })).await;
    assert_eq!(tags["tags"], json!([{ "key": "l", "value": "w" }]));
    assert_eq!(world.call("ListStateMachines", json!({})).await["stateMachines"][0]["name"], "night");
    world.call("DeleteStateMachine", named.clone()).await;
    assert_eq!(
        world.refused("DescribeStateMachine", named).await,
        format!("400 StateMachineDoesNotExist: State Machine Does Not Exist: '{MACHINE}'")
    );
}

#[tokio::test]
async fn what_aws_refuses_is_refused() {
    let world = World::new().await;
    let create = |name: &str, definition: &str, role: &str| json!({ "name": name, "definition": definition, "roleArn": role });
    let nowhere = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"C"},"B":{"Type":"Pass","End":true}}}"#;
    assert_eq!(
        world.refused("CreateStateMachine", create("night", nowhere, ROLE)).await,
        "400 InvalidDefinition: Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: C at /States/A/Next, MISSING_TRANSITION_TARGET: State \"B\" is not reachable. at /States/B'"
    );
    assert_eq!(
        world.refused("CreateStateMachine", create("a b", DEFINITION, ROLE)).await,
        "400 InvalidName: Invalid Name: 'a b'"
    );
    let missing = "arn:aws:iam::111122223333:role/missing";
    assert_eq!(
        world.refused("CreateStateMachine", create("night", DEFINITION, missing)).await,
        "400 AccessDeniedException: Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role."
    );
    world.call("CreateStateMachine", create("night", DEFINITION, ROLE)).await;
    let other = r#"{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}"#;
    assert_eq!(
        world.refused("CreateStateMachine", create("night", other, ROLE)).await,
        format!("400 StateMachineAlreadyExists: State Machine Already Exists: '{MACHINE}'")
    );
    assert!(
        world
            .refused("UpdateStateMachine", json!({ "stateMachineArn": MACHINE }))
            .await
            .starts_with("400 MissingRequiredParameter")
    );
    assert_eq!(
        world.refused("DescribeStateMachine", json!({ "stateMachineArn": "night" })).await,
        "400 InvalidArn: Invalid Arn: 'night'"
    );
    let validated = world.call("ValidateStateMachineDefinition", json!({ "definition": nowhere })).await;
    assert_eq!(
        (&validated["result"], &validated["diagnostics"][0]["code"]),
        (&json!("FAIL"), &json!("MISSING_TRANSITION_TARGET"))
    );
    assert_eq!(world.call("ValidateStateMachineDefinition", json!({ "definition": other })).await["result"], "OK");
}

#[tokio::test]
async fn what_the_region_lacks_is_refused_by_name() {
    let world = World::new().await;
    for (lacking, told) in [
        (json!({ "type": "EXPRESS" }), "a state machine of the type EXPRESS"),
        (json!({ "publish": true }), "CreateStateMachine with publish"),
        (json!({ "definition": r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Succeed"}}}"# }), "JSONata"),
        (
            json!({ "definition": r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::ecs:runTask.sync","End":true}}}"# }),
            "arn:aws:states:::ecs:runTask.sync",
        ),
    ] {
        let mut input = json!({ "name": "night", "definition": DEFINITION, "roleArn": ROLE });
        input.as_object_mut().unwrap().extend(lacking.as_object().unwrap().clone());
        let refused = world.refused("CreateStateMachine", input).await;
        assert!(refused.starts_with("501 NotImplemented: ") && refused.contains(told), "{refused}");
    }
}

#[tokio::test]
async fn a_role_may_trust_step_functions_by_the_name_of_its_region() {
    let world = World::new().await;
    for (name, principal) in [("here", "states.us-east-1.amazonaws.com"), ("there", "states.eu-west-1.amazonaws.com")] {
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Principal": { "Service": principal }, "Action": "sts:AssumeRole" }],
        });
        let role = json!({ "RoleName": name, "AssumeRolePolicyDocument": trust.to_string() });
        world.ask("iam", "CreateRole", role).await.unwrap();
    }
    let create = |role: &str| json!({ "name": role, "definition": DEFINITION, "roleArn": format!("arn:aws:iam::111122223333:role/{role}") });
    world.call("CreateStateMachine", create("here")).await;
    assert!(
        world.refused("CreateStateMachine", create("there")).await.starts_with("400 AccessDeniedException: Neither the global")
    );
}
