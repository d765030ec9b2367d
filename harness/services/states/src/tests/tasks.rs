//! Tasks: what they call, as whom, and what becomes of errors.

use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::{ACCOUNT, FUNCTION, MACHINE, World, answered, failure, output};

/// A state that sends a command, with these fields beside.
fn sends(document: &str, fields: Value) -> Value {
    let mut state = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:ssm:sendCommand",
        "Parameters": {"DocumentName": document, "InstanceIds.$": "$.ids"},
        "ResultSelector": {"Id.$": "$.Command.CommandId"},
        "End": true,
    });
    state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    state
}

#[tokio::test]
async fn an_operation_is_called_as_the_role_of_the_state_machine() {
    let world = World::new().await;
    world.ssm.answers.lock().push_back(Ok(json!({ "Command": { "CommandId": "c-1" } })));
    let ended =
        world.run("A", json!({"A": sends("AWS-RunShellScript", json!({}))}), json!({"ids": ["i-0123456789abcdef0"]})).await;
    assert_eq!(output(&ended), json!({"Id": "c-1"}));
    let calls = world.ssm.calls.lock().clone();
    let [(caller, operation, input)] = calls.as_slice() else { panic!("{calls:?}") };
    assert!(caller.starts_with("arn:aws:sts::111122223333:assumed-role/night/"), "{caller}");
    assert_eq!((operation.as_str(), &input["InstanceIds"]), ("SendCommand", &json!(["i-0123456789abcdef0"])));
    let execution = ended["executionArn"].as_str().unwrap();
    let history = world.history(execution).await;
    let kinds: Vec<&str> = history.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "ExecutionStarted",
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
            "TaskSucceeded",
            "TaskStateExited",
            "ExecutionSucceeded"
        ]
    );
    assert_eq!(history[2]["taskScheduledEventDetails"]["resourceType"], "aws-sdk:ssm");
}

#[tokio::test]
async fn what_the_role_may_not_do_fails_the_task_in_awss_words() {
    let world = World::new().await;
    let ended =
        world.run("A", json!({"A": sends("AWS-RunPatchBaseline", json!({}))}), json!({"ids": ["i-0123456789abcdef0"]})).await;
    let (error, cause) = failure(&ended);
    assert_eq!(error, "Ssm.SsmException");
    assert!(
        cause.contains("is not authorized to perform: ssm:SendCommand")
            && cause.contains("(Service: Ssm, Status Code: 400, Request ID: "),
        "{cause}"
    );
    assert!(world.ssm.calls.lock().is_empty());
}

#[tokio::test]
async fn a_task_is_tried_again_on_region_time_and_what_is_left_is_caught() {
    let world = World::new().await;
    let busy = || Err(AwsError::new("InvalidInstanceId", 400, "busy"));
    world.ssm.answers.lock().extend([busy(), busy(), busy()]);
    let fields = json!({
        "Retry": [{"ErrorEquals": ["Ssm.InvalidInstanceIdException"], "IntervalSeconds": 100, "MaxAttempts": 2}],
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.why", "Next": "Caught"}],
    });
    let states = json!({"A": sends("AWS-RunShellScript", fields), "Caught": {"Type": "Pass", "End": true}});
    let begun = world.region.clock().now();
    let ended = world.run("A", states, json!({"ids": ["i-0123456789abcdef0"]})).await;
    let output = output(&ended);
    assert_eq!(output["why"]["Error"], "Ssm.InvalidInstanceIdException");
    assert!(
        output["why"]["Cause"].as_str().unwrap().starts_with("busy (Service: Ssm, Status Code: 400, Request ID: "),
        "{output}"
    );
    assert_eq!(world.ssm.calls.lock().len(), 3);
    assert!(world.region.clock().now().duration_since(begun).as_secs() >= 300);
}

#[tokio::test]
async fn parameters_that_the_operation_does_not_have_are_refused() {
    let world = World::new().await;
    let state = json!({
        "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:ssm:sendCommand", "End": true,
        "Parameters": {"DocumentName": "AWS-RunShellScript", "Instances": ["i-0123456789abcdef0"]},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
    });
    let ended = world.run("A", json!({"A": state, "Caught": {"Type": "Succeed"}}), json!({})).await;
    let (error, cause) = failure(&ended);
    assert_eq!(error, "States.Runtime");
    assert!(cause.ends_with("The field \"Instances\" is not supported by Step Functions"), "{cause}");
}

#[tokio::test]
async fn a_function_is_invoked_by_its_arn_and_by_the_integration() {
    let world = World::new().await;
    world.lambda.answers.lock().extend([Ok(answered(&json!({"a": 1}))), Ok(answered(&json!({"b": 2})))]);
    let states = json!({
        "A": {"Type": "Task", "Resource": FUNCTION, "ResultPath": "$.a", "Next": "B"},
        "B": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
            "Parameters": {"FunctionName": FUNCTION, "Payload.$": "$"}, "OutputPath": "$.Payload",
        },
    });
    assert_eq!(output(&world.run("A", states, json!({"x": 0})).await), json!({"b": 2}));
    let calls = world.lambda.calls.lock().clone();
    let payload = |index: usize| {
        use base64::Engine as _;
        let text = calls[index].2["Payload"].as_str().unwrap().to_owned();
        serde_json::from_slice::<Value>(&base64::engine::general_purpose::STANDARD.decode(text).unwrap()).unwrap()
    };
    assert_eq!((payload(0), payload(1)), (json!({"x": 0}), json!({"x": 0, "a": {"a": 1}})));
}

#[tokio::test]
async fn what_a_function_raises_is_the_error_of_its_task() {
    let world = World::new().await;
    let raised = json!({"errorType": "NoBackup", "errorMessage": "none"});
    let mut answer = answered(&raised);
    answer["FunctionError"] = "Unhandled".into();
    world.lambda.answers.lock().push_back(Ok(answer));
    let ended = world.run("A", json!({"A": {"Type": "Task", "Resource": FUNCTION, "End": true}}), json!({})).await;
    let (error, cause) = failure(&ended);
    assert_eq!((error, serde_json::from_str::<Value>(cause).unwrap()), ("NoBackup", raised));
    let execution = ended["executionArn"].as_str().unwrap();
    assert!(world.history(execution).await.iter().any(|event| event["type"] == "LambdaFunctionFailed"));
}

#[tokio::test]
async fn a_token_ends_a_task_and_without_a_heartbeat_time_does() {
    let world = World::new().await;
    let queue = world.ask("sqs", "CreateQueue", json!({ "QueueName": "nights" })).await.unwrap();
    let url = queue["QueueUrl"].as_str().unwrap();
    let state = json!({
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "HeartbeatSeconds": 600, "End": true,
        "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
    });
    world.machine("A", json!({"A": state})).await;
    let execution = world.start(json!({})).await;
    let received = nightproof_poll::until(super::BOUND, || async {
        let answer = world.ask("sqs", "ReceiveMessage", json!({ "QueueUrl": url })).await.unwrap();
        answer.pointer("/Messages/0/Body").and_then(Value::as_str).map(str::to_owned).ok_or(answer)
    });
    let body: Value = serde_json::from_str(&received.await.expect("a message")).unwrap();
    let token = body["token"].as_str().unwrap();
    world.call("SendTaskHeartbeat", json!({ "taskToken": token })).await;
    world.call("SendTaskSuccess", json!({ "taskToken": token, "output": "{\"done\":true}" })).await;
    assert_eq!(output(&world.ended(&execution).await), json!({"done": true}));
    assert!(
        world.refused("SendTaskSuccess", json!({ "taskToken": token, "output": "{}" })).await.starts_with("400 InvalidToken")
    );
    let silent = world.start(json!({})).await;
    assert_eq!(failure(&world.ended(&silent).await).0, "States.HeartbeatTimeout");
}

#[tokio::test]
async fn an_execution_that_is_started_and_waited_for_hands_on_what_it_came_to() {
    let world = World::new().await;
    let child = json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "Next": "C"}, "C": {
        "Type": "Choice", "Choices": [{"Variable": "$.good", "BooleanEquals": true, "Next": "S"}], "Default": "F"},
        "S": {"Type": "Succeed"}, "F": {"Type": "Fail", "Error": "Bad"}}});
    let made = json!({ "name": "child", "definition": child.to_string(), "roleArn": super::ROLE });
    world.call("CreateStateMachine", made).await;
    let state = json!({
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
        "Parameters": {"StateMachineArn": MACHINE.replace("night", "child"), "Input": {"good.$": "$.good"}},
        "ResultSelector": {"out.$": "$.Output"},
    });
    let ended = world.run("A", json!({"A": state}), json!({"good": true})).await;
    assert_eq!(output(&ended), json!({"out": {"good": true}}));
    let bad = world.start(json!({"good": false})).await;
    let ended = world.ended(&bad).await;
    let (error, cause) = failure(&ended);
    assert_eq!(error, "States.TaskFailed");
    assert_eq!(serde_json::from_str::<Value>(cause).unwrap()["Error"], "Bad");
    assert_eq!(world.states.next_wake(ACCOUNT), None);
}

#[tokio::test]
async fn an_execution_that_is_waited_for_is_stopped_with_the_one_that_waits() {
    let world = World::new().await;
    let child = json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": true}}});
    world.call("CreateStateMachine", json!({ "name": "child", "definition": child.to_string(), "roleArn": super::ROLE })).await;
    let arn = format!("arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:child");
    let state = json!({
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync", "End": true,
        "Parameters": {"StateMachineArn": arn},
    });
    world.machine("A", json!({"A": state})).await;
    let parent = world.start(json!({})).await;
    let with_status = |status: &'static str| {
        let (world, arn) = (&world, &arn);
        nightproof_poll::until(super::BOUND, move || async move {
            let listed = world.call("ListExecutions", json!({ "stateMachineArn": arn })).await;
            if listed["executions"][0]["status"] == status { Ok(()) } else { Err(listed) }
        })
    };
    with_status("RUNNING").await.unwrap();
    world.call("StopExecution", json!({ "executionArn": parent })).await;
    with_status("ABORTED").await.unwrap();
}

#[tokio::test]
async fn a_role_that_may_not_make_the_rule_of_executions_is_refused_for_tasks_that_wait_for_them() {
    let world = World::new().await;
    let policy = json!({ "RoleName": "night", "PolicyName": "p" });
    world.ask("iam", "DeleteRolePolicy", policy).await.expect("no policy");
    let with = |pattern: &str| {
        let state = json!({
            "Type": "Task", "Resource": format!("arn:aws:states:::states:startExecution{pattern}"), "End": true,
            "Parameters": {"StateMachineArn": MACHINE},
        });
        let definition = json!({"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
            {"StartAt": "A", "States": {"A": state}}]}}});
        json!({ "name": "night", "definition": definition.to_string(), "roleArn": super::ROLE })
    };
    let refused = world.refused("CreateStateMachine", with(".sync:2")).await;
    assert_eq!(refused, format!("400 AccessDeniedException: '{}' is not authorized to create managed-rule.", super::ROLE));
    world.call("CreateStateMachine", with("")).await;
}
