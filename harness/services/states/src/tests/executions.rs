//! Executions: how states follow each other, and what is told of them.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{ACCOUNT, MACHINE, World, failure, output};

#[tokio::test]
async fn input_goes_through_filters_and_choices_to_the_output() {
    let world = World::new().await;
    let states = json!({
        "A": {
            "Type": "Pass", "InputPath": "$.in", "Parameters": {"n.$": "$.n", "of.$": "$$.Execution.Input.who"},
            "ResultPath": "$.kept", "Next": "B",
        },
        "B": {"Type": "Choice", "Choices": [{"Variable": "$.kept.n", "NumericGreaterThan": 1, "Next": "C"}], "Default": "D"},
        "C": {"Type": "Succeed", "OutputPath": "$.kept"},
        "D": {"Type": "Fail", "Error": "Small", "CausePath": "States.Format('{} is small', $.kept.n)"},
    });
    let ended = world.run("A", states, json!({"in": {"n": 2}, "who": "me"})).await;
    assert_eq!(output(&ended), json!({"n": 2, "of": "me"}));
    let small = world.start(json!({"in": {"n": 1}, "who": "me"})).await;
    assert_eq!(failure(&world.ended(&small).await), ("Small", "1 is small"));
    let listed = world.call("ListExecutions", json!({ "stateMachineArn": MACHINE, "statusFilter": "FAILED" })).await;
    assert_eq!(listed["executions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_path_that_leads_nowhere_ends_the_execution_with_its_state() {
    let world = World::new().await;
    let states = json!({"A": {"Type": "Pass", "Parameters": {"x.$": "$.none"}, "End": true}});
    let ended = world.run("A", states, json!({"a": 1})).await;
    assert_eq!(
        failure(&ended),
        (
            "States.Runtime",
            "An error occurred while executing the state 'A' (entered at the event id #2). The JSONPath '$.none' specified for the field 'x.$' could not be found in the input '{\"a\":1}'"
        )
    );
}

#[tokio::test]
async fn a_wait_is_seen_and_over_when_the_clock_comes_to_it() {
    let world = World::new().await;
    world.machine("A", json!({"A": {"Type": "Wait", "SecondsPath": "$.s", "End": true}})).await;
    let begun = world.region.clock().now();
    let execution = world.start(json!({"s": 3600})).await;
    assert!(world.states.quiet().await);
    let wake = world.states.next_wake(ACCOUNT).expect("a wait");
    assert_eq!(wake.duration_since(begun).as_secs(), 3600);
    assert_eq!(output(&world.ended(&execution).await), json!({"s": 3600}));
    assert_eq!(world.states.next_wake(ACCOUNT), None);
    let kinds: Vec<String> =
        world.history(&execution).await.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["ExecutionStarted", "WaitStateEntered", "WaitStateExited", "ExecutionSucceeded"]);
}

#[tokio::test]
async fn branches_and_items_give_their_outputs_in_order_and_one_that_fails_fails_all() {
    let world = World::new().await;
    let branch = |name: &str, seconds: u32| {
        let pass = json!({"Type": "Pass", "Result": name, "End": true});
        let wait = format!("wait {name}");
        json!({"StartAt": wait, "States": {wait.clone(): {"Type": "Wait", "Seconds": seconds, "Next": name}, name: pass}})
    };
    let fails = json!({
        "StartAt": "Small?",
        "States": {
            "Small?": {"Type": "Choice", "Choices": [{"Variable": "$.v", "NumericLessThan": 3, "Next": "Keep"}], "Default": "Large"},
            "Keep": {"Type": "Pass", "End": true},
            "Large": {"Type": "Fail", "Error": "TooLarge", "Cause": "3"},
        },
    });
    let states = json!({
        "Both": {"Type": "Parallel", "Branches": [branch("x", 60), branch("y", 5)], "ResultPath": "$.both", "Next": "Each"},
        "Each": {
            "Type": "Map", "ItemsPath": "$.items", "ItemSelector": {"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"},
            "MaxConcurrency": 1, "ItemProcessor": fails, "ResultPath": "$.each", "End": true,
        },
    });
    let ended = world.run("Both", states, json!({"items": [1, 2]})).await;
    assert_eq!(output(&ended), json!({"items": [1, 2], "both": ["x", "y"], "each": [{"v": 1, "i": 0}, {"v": 2, "i": 1}]}));
    let large = world.start(json!({"items": [1, 3]})).await;
    assert_eq!(failure(&world.ended(&large).await), ("TooLarge", "3"));
    let history = world.history(&large).await;
    let failed = history.iter().find(|event| event["type"] == "MapIterationFailed").expect("an iteration that failed");
    assert_eq!(failed["mapIterationFailedEventDetails"], json!({"name": "Each", "index": 1}));
}

#[tokio::test]
async fn an_execution_ends_by_its_own_time_out_and_by_being_stopped() {
    let world = World::new().await;
    let definition =
        json!({"StartAt": "A", "TimeoutSeconds": 60, "States": {"A": {"Type": "Wait", "Seconds": 3600, "End": true}}});
    let made = json!({ "name": "night", "definition": definition.to_string(), "roleArn": super::ROLE });
    world.call("CreateStateMachine", made).await;
    let execution = world.start(json!({})).await;
    let ended = world.ended(&execution).await;
    assert_eq!((&ended["status"], &ended["error"]), (&json!("TIMED_OUT"), &json!("States.Timeout")));
    let execution = world.start(json!({})).await;
    world.call("StopExecution", json!({ "executionArn": execution, "error": "Enough", "cause": "of it" })).await;
    let ended = world.ended(&execution).await;
    assert_eq!((&ended["status"], &ended["error"], &ended["cause"]), (&json!("ABORTED"), &json!("Enough"), &json!("of it")));
}

#[tokio::test]
async fn a_name_is_for_one_execution_and_its_input() {
    let world = World::new().await;
    world.machine("A", json!({"A": {"Type": "Wait", "Seconds": 3600, "End": true}})).await;
    let start = |input: &str| json!({ "stateMachineArn": MACHINE, "name": "one", "input": input });
    let first = world.call("StartExecution", start("{}")).await;
    assert_eq!(world.call("StartExecution", start("{}")).await["executionArn"], first["executionArn"]);
    let other = world.refused("StartExecution", start("[]")).await;
    assert_eq!(
        other,
        format!("400 ExecutionAlreadyExists: Execution Already Exists: '{}'", first["executionArn"].as_str().unwrap())
    );
    assert!(
        world
            .refused("StartExecution", start("{"))
            .await
            .starts_with("400 InvalidExecutionInput: Invalid State Machine Execution Input: ")
    );
    let missing = json!({ "executionArn": "arn:aws:states:us-east-1:111122223333:execution:night:none" });
    assert!(world.refused("DescribeExecution", missing).await.starts_with("400 ExecutionDoesNotExist: "));
}

#[tokio::test]
async fn a_change_of_status_is_told_to_the_bus_and_counted() {
    let world = World::new().await;
    world.run("A", json!({"A": {"Type": "Fail", "Error": "E"}}), json!({})).await;
    let told = nightproof_poll::until(super::BOUND, || async {
        let calls = world.bus.calls.lock().clone();
        let details: Vec<Value> = calls
            .iter()
            .map(|(_, _, input)| serde_json::from_str(input["Entries"][0]["Detail"].as_str().unwrap()).unwrap())
            .collect();
        if details.len() == 2 { Ok(details) } else { Err(details) }
    });
    let details = told.await.expect("two events");
    assert_eq!((&details[0]["status"], &details[1]["status"]), (&json!("RUNNING"), &json!("FAILED")));
    assert_eq!((&details[1]["error"], &details[1]["stateMachineArn"]), (&json!("E"), &json!(MACHINE)));
    assert!(world.bus.calls.lock().iter().all(|(caller, ..)| caller == "states.amazonaws.com"));
}

#[tokio::test]
async fn an_execution_of_a_state_machine_that_is_deleted_ends() {
    let world = World::new().await;
    world.machine("A", json!({"A": {"Type": "Wait", "Seconds": 3600, "End": true}})).await;
    let execution = world.start(json!({})).await;
    world.call("DeleteStateMachine", json!({ "stateMachineArn": MACHINE })).await;
    let ended = nightproof_poll::until(super::BOUND, || async {
        let found = world.call("DescribeExecution", json!({ "executionArn": execution })).await;
        if found["status"] == "ABORTED" { Ok(()) } else { Err(found) }
    });
    ended.await.expect("aborted");
    assert!(world.region.clock().now().duration_since(jiff::Timestamp::UNIX_EPOCH) > SignedDuration::ZERO);
}
