//! Runbooks, from their documents to their ends.

use jiff::SignedDuration;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::{BOUND, Fixture};

const WEB: &str = "i-0123456789abcdef0";
const DB: &str = "i-0123456789abcdef1";

/// Makes a runbook of these steps, with a parameter `InstanceId`.
async fn runbook(f: &Fixture, name: &str, steps: Value, more: Value) -> Result<Value, AwsError> {
    let mut content = json!({
        "schemaVersion": "0.3",
        "parameters": {"InstanceId": {"type": "List<AWS::EC2::Instance::Id>", "default": [WEB]}, "Line": {"type": "String", "default": "true"}},
        "mainSteps": steps,
    });
    content.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    f.ssm("CreateDocument", json!({"Name": name, "DocumentType": "Automation", "Content": content.to_string()})).await
}

async fn start(f: &Fixture, more: Value) -> Result<String, AwsError> {
    let mut input = json!({"DocumentName": "dump"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let started = f.ssm("StartAutomationExecution", input).await?;
    Ok(started["AutomationExecutionId"].as_str().unwrap().to_owned())
}

async fn get(f: &Fixture, id: &str) -> Value {
    f.ssm("GetAutomationExecution", json!({"AutomationExecutionId": id})).await.unwrap()["AutomationExecution"].clone()
}

/// The execution, once it has this status.
async fn reached(f: &Fixture, id: &str, status: &str) -> Value {
    let found = nightproof_poll::until(BOUND, || async {
        let seen = get(f, id).await;
        if seen["AutomationExecutionStatus"] == status { Ok(seen) } else { Err(seen) }
    });
    found.await.unwrap_or_else(|seen| panic!("the automation is no {status}: {seen}"))
}

fn statuses(execution: &Value) -> Vec<(String, String)> {
    let text = |step: &Value, name: &str| step[name].as_str().unwrap().to_owned();
    let steps = execution["StepExecutions"].as_array().unwrap();
    steps.iter().map(|step| (text(step, "StepName"), text(step, "StepStatus"))).collect()
}

/// The command that waits for the agent of an instance, which takes it.
async fn taken(f: &Fixture, id: &str) -> (String, Value) {
    let messages = f.messages(id).await;
    let payload: Value = serde_json::from_str(messages[0]["Payload"].as_str().unwrap()).unwrap();
    let command = payload["CommandId"].as_str().unwrap().to_owned();
    f.acknowledge(&command, id).await;
    (command, payload)
}

/// A step that runs a line on the instances.
fn command(name: &str, more: Value) -> Value {
    let mut step = json!({"name": name, "action": "aws:runCommand", "inputs": {
        "DocumentName": "AWS-RunShellScript", "InstanceIds": "{{ InstanceId }}", "Parameters": {"commands": ["{{ Line }}"]}}});
    step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    step
}

#[tokio::test]
async fn a_runbook_runs_its_command_sleeps_on_the_regions_clock_and_hands_on_outputs() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let steps = json!([
        command("dump", json!({})),
        {"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT1H"}},
        command("tell", json!({"inputs": {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["{{ InstanceId }}"],
            "Parameters": {"commands": ["echo {{ dump.ResponseCode }} {{ automation:EXECUTION_ID }}"]}}})),
    ]);
    runbook(&f, "dump", steps, json!({"outputs": ["dump.Output", "tell.Status"]})).await.unwrap();
    let described = f.ssm("DescribeDocument", json!({"Name": "dump"})).await.unwrap();
    assert_eq!(
        (&described["Document"]["DocumentType"], &described["Document"]["SchemaVersion"]),
        (&json!("Automation"), &json!("0.3"))
    );
    let id = start(&f, json!({"Parameters": {"Line": ["dump all"]}})).await.unwrap();
    let (first, payload) = taken(&f, WEB).await;
    assert_eq!(payload["Parameters"]["commands"], json!(["dump all"]));
    let running = get(&f, &id).await;
    assert_eq!((&running["CurrentStepName"], &running["CurrentAction"]), (&json!("dump"), &json!("aws:runCommand")));
    assert_eq!(running["Parameters"], json!({"InstanceId": [WEB], "Line": ["dump all"]}));
    f.reply(&first, WEB, "Success", 0, "all", "").await;

    let asleep = nightproof_poll::until(BOUND, || async {
        let seen = get(&f, &id).await;
        if seen["CurrentStepName"] == "wait" { Ok(()) } else { Err(seen) }
    });
    asleep.await.expect("it sleeps");
    assert!(f.messages_now(WEB).await.is_empty());
    f.region.clock().advance_to(f.region.clock().now() + SignedDuration::from_hours(1));
    let (second, payload) = taken(&f, WEB).await;
    assert_eq!(payload["Parameters"]["commands"], json!([format!("echo 0 {id}")]));
    f.reply(&second, WEB, "Success", 0, "", "").await;

    let ended = reached(&f, &id, "Success").await;
    assert_eq!(statuses(&ended), ["dump", "wait", "tell"].map(|name| (name.to_owned(), "Success".to_owned())));
    assert_eq!(ended["Outputs"]["tell.Status"], json!(["Success"]));
    assert!(ended["Outputs"]["dump.Output"][0].as_str().unwrap().starts_with("all"), "{ended}");
    assert_eq!(ended["StepExecutions"][0]["Outputs"]["CommandId"], json!([first]));
    assert_eq!(ended["ProgressCounters"]["SuccessSteps"], 3);
    let listed = f
        .ssm("DescribeAutomationExecutions", json!({"Filters": [{"Key": "DocumentNamePrefix", "Values": ["du"]}]}))
        .await
        .unwrap();
    assert_eq!(listed["AutomationExecutionMetadataList"][0]["AutomationExecutionId"], json!(id));
    let of = json!({"AutomationExecutionId": id, "Filters": [{"Key": "Action", "Values": ["aws:sleep"]}]});
    let steps = f.ssm("DescribeAutomationStepExecutions", of).await.unwrap();
    assert_eq!(steps["StepExecutions"][0]["StepName"], "wait");
}

#[tokio::test]
async fn a_step_that_fails_aborts_goes_on_or_goes_elsewhere() {
    for (more, last, status) in [
        (json!({}), "Pending", "Failed"),
        (json!({"onFailure": "Continue"}), "Success", "Success"),
        (json!({"onFailure": "Continue", "isCritical": true}), "Success", "Failed"),
        (json!({"onFailure": "step:last"}), "Success", "Failed"),
        (json!({"onFailure": "step:last", "isCritical": false}), "Success", "Success"),
    ] {
        let f = Fixture::new();
        f.node(WEB, &[]).await;
        let sleep = |name: &str| json!({"name": name, "action": "aws:sleep", "inputs": {"Duration": "PT0S"}});
        let mut middle = sleep("middle");
        middle["nextStep"] = "last".into();
        runbook(&f, "dump", json!([command("dump", more.clone()), middle, sleep("last")]), json!({})).await.unwrap();
        let id = start(&f, json!({})).await.unwrap();
        let (sent, _) = taken(&f, WEB).await;
        f.reply(&sent, WEB, "Failed", 3, "", "no space").await;
        let ended = reached(&f, &id, status).await;
        let steps = statuses(&ended);
        assert_eq!((steps[0].1.as_str(), steps[2].1.as_str()), ("Failed", last), "{more}");
        if status == "Failed" {
            assert!(ended["FailureMessage"].as_str().unwrap().contains("ResponseCode=[3]"), "{ended}");
        }
    }
}

#[tokio::test]
async fn a_step_is_tried_as_often_as_it_says_and_ends_at_its_time_out() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    runbook(&f, "dump", json!([command("dump", json!({"maxAttempts": 2, "timeoutSeconds": 600}))]), json!({})).await.unwrap();
    let id = start(&f, json!({})).await.unwrap();
    let (first, _) = taken(&f, WEB).await;
    f.reply(&first, WEB, "Failed", 1, "", "").await;
    let (second, _) = taken(&f, WEB).await;
    assert_ne!(first, second);
    f.region.clock().advance_to(f.region.clock().now() + SignedDuration::from_secs(601));
    let ended = reached(&f, &id, "TimedOut").await;
    assert_eq!(statuses(&ended), [("dump".to_owned(), "TimedOut".to_owned())]);
    assert_eq!(f.command(&second).await["Status"], "Cancelling", "what it waited for is cancelled");
}

#[tokio::test]
async fn a_runbook_that_is_stopped_cancels_its_command() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    runbook(&f, "dump", json!([command("dump", json!({})), command("more", json!({}))]), json!({})).await.unwrap();
    let id = start(&f, json!({})).await.unwrap();
    let (sent, _) = taken(&f, WEB).await;
    f.ssm("StopAutomationExecution", json!({"AutomationExecutionId": id})).await.unwrap();
    let ended = reached(&f, &id, "Cancelled").await;
    assert_eq!(statuses(&ended)[1].1, "Pending");
    assert_eq!(f.command(&sent).await["Status"], "Cancelling");
    let again = f.ssm("StopAutomationExecution", json!({"AutomationExecutionId": id})).await.unwrap_err();
    assert_eq!(again.code, "InvalidAutomationStatusUpdateException");
}

#[tokio::test]
async fn a_pause_ends_by_a_signal() {
    let f = Fixture::new();
    runbook(&f, "dump", json!([{"name": "ask", "action": "aws:pause", "inputs": {}}]), json!({})).await.unwrap();
    let id = start(&f, json!({})).await.unwrap();
    reached(&f, &id, "Waiting").await;
    let resume = json!({"AutomationExecutionId": id, "SignalType": "Resume"});
    f.ssm("SendAutomationSignal", resume.clone()).await.unwrap();
    reached(&f, &id, "Success").await;
    assert_eq!(f.ssm("SendAutomationSignal", resume).await.unwrap_err().code, "InvalidAutomationSignalException");
}

#[tokio::test]
async fn operations_are_called_their_answers_kept_asserted_waited_for_and_branched_on() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let look = |action: &str, value: &str| {
        json!({"name": format!("{value}{}", action.len()), "action": action, "onFailure": "Continue", "isCritical": value == "Online",
        "inputs": {"Service": "ssm", "Api": "DescribeInstanceInformation", "PropertySelector": "$.InstanceInformationList[0].PingStatus", "DesiredValues": [value]}})
    };
    let steps = json!([
        {"name": "find", "action": "aws:executeAwsApi", "inputs": {"Service": "ssm", "Api": "describeInstanceInformation", "MaxResults": "10"},
         "outputs": [{"Name": "Ids", "Selector": "$.InstanceInformationList[*].InstanceId", "Type": "StringList"},
                     {"Name": "Platform", "Selector": "$.InstanceInformationList[0].PlatformType", "Type": "String"}]},
        look("aws:assertAwsResourceProperty", "Online"),
        look("aws:waitForAwsResourceProperty", "Online"),
        look("aws:assertAwsResourceProperty", "Lost"),
        {"name": "choose", "action": "aws:branch", "inputs": {"Default": "never", "Choices": [
            {"NextStep": "tag", "Variable": "{{ find.Platform }}", "StringEquals": "Linux"}]}},
        {"name": "never", "action": "aws:sleep", "inputs": {"Duration": "P1D"}},
        {"name": "tag", "action": "aws:createTags", "isEnd": true,
         "inputs": {"ResourceType": "ManagedInstance", "ResourceIds": "{{ find.Ids }}", "Tags": [{"Key": "on", "Value": "{{ global:REGION }}"}]}},
        {"name": "after", "action": "aws:sleep", "inputs": {"Duration": "P1D"}},
    ]);
    runbook(&f, "dump", steps, json!({})).await.unwrap();
    let id = start(&f, json!({})).await.unwrap();
    let ended = reached(&f, &id, "Success").await;
    let of: Vec<String> = statuses(&ended).into_iter().map(|(_, status)| status).collect();
    assert_eq!(of, ["Success", "Success", "Success", "Failed", "Success", "Pending", "Success", "Pending"], "{ended}");
    assert!(ended["StepExecutions"][3]["FailureMessage"].as_str().unwrap().contains("[Lost]: [Online]"), "{ended}");
    let tags = f.ssm("ListTagsForResource", json!({"ResourceType": "ManagedInstance", "ResourceId": WEB})).await.unwrap();
    assert_eq!(tags["TagList"], json!([{"Key": "on", "Value": "us-east-1"}]));
}

#[tokio::test]
async fn a_function_is_invoked_with_its_payload() {
    use base64::Engine as _;
    let f = Fixture::new();
    let invoke = json!([{"name": "call", "action": "aws:invokeLambdaFunction", "inputs": {"FunctionName": "night", "InputPayload": {"line": "{{ Line }}"}}}]);
    runbook(&f, "dump", invoke, json!({})).await.unwrap();
    let id = start(&f, json!({})).await.unwrap();
    let ended = reached(&f, &id, "Success").await;
    assert_eq!(ended["StepExecutions"][0]["Outputs"]["StatusCode"], json!(["202"]));
    let payload = base64::engine::general_purpose::STANDARD.decode(f.invoked()[0]["Payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload, br#"{"line":"true"}"#);
}

#[tokio::test]
async fn a_runbook_runs_for_each_target_as_many_at_once_as_may_be() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    f.node(DB, &[("Backup", "Enabled")]).await;
    runbook(&f, "dump", json!([command("dump", json!({}))]), json!({})).await.unwrap();
    let targets = json!({"TargetParameterName": "InstanceId", "Targets": [{"Key": "tag:Backup", "Values": ["Enabled"]}], "MaxConcurrency": "1", "MaxErrors": "0"});
    let id = start(&f, targets).await.unwrap();
    assert_eq!(get(&f, &id).await["ResolvedTargets"]["ParameterValues"].as_array().unwrap().len(), 2);
    let ids = [WEB, DB];
    let first = nightproof_poll::until(BOUND, || async {
        for id in ids {
            if let Some(message) = f.messages_now(id).await.first() {
                return Ok((id, message.clone()));
            }
        }
        Err("no message")
    });
    let (first, message) = first.await.expect("a message");
    let payload: Value = serde_json::from_str(message["Payload"].as_str().unwrap()).unwrap();
    let sent = payload["CommandId"].as_str().unwrap().to_owned();
    f.acknowledge(&sent, first).await;
    let other = ids.into_iter().find(|id| *id != first).unwrap();
    assert!(f.messages_now(other).await.is_empty(), "one at a time");
    f.reply(&sent, first, "Failed", 1, "", "").await;
    let ended = reached(&f, &id, "Failed").await;
    assert!(ended["FailureMessage"].as_str().unwrap().contains("1 of the targets"), "{ended}");
    let children =
        f.ssm("DescribeAutomationExecutions", json!({"Filters": [{"Key": "ParentExecutionId", "Values": [id]}]})).await.unwrap();
    let children = children["AutomationExecutionMetadataList"].as_array().unwrap();
    assert_eq!((children.len(), &children[0]["Target"]), (1, &json!(first)), "none is begun after too many errors");
}

#[tokio::test]
async fn what_no_runbook_can_be_or_be_given_is_refused() {
    let f = Fixture::new();
    let refused = runbook(&f, "dump", json!([{"name": "a", "action": "aws:executeScript"}]), json!({})).await.unwrap_err();
    assert!(refused.code == "NotImplemented" && refused.message.contains("aws:executeScript"), "{}", refused.message);
    let bad = runbook(&f, "dump", json!([{"name": "a", "action": "aws:runShellScript"}]), json!({})).await.unwrap_err();
    assert_eq!(bad.code, "InvalidDocumentContent");
    let undeclared = json!([{"name": "a", "action": "aws:sleep", "inputs": {"Duration": "{{ Pause }}"}}]);
    let bad = runbook(&f, "dump", undeclared, json!({})).await.unwrap_err();
    assert!(bad.message.contains("parameter Pause is used and not declared"), "{}", bad.message);

    assert_eq!(start(&f, json!({})).await.unwrap_err().code, "AutomationDefinitionNotFoundException");
    assert_eq!(
        start(&f, json!({"DocumentName": "AWS-RunShellScript"})).await.unwrap_err().code,
        "AutomationDefinitionNotFoundException"
    );
    assert_eq!(start(&f, json!({"DocumentName": "AWS-StopEC2Instance"})).await.unwrap_err().code, "NotImplemented");
    runbook(&f, "dump", json!([command("dump", json!({}))]), json!({})).await.unwrap();
    assert_eq!(
        start(&f, json!({"DocumentVersion": "7"})).await.unwrap_err().code,
        "AutomationDefinitionVersionNotFoundException"
    );
    for (more, code) in [
        (json!({"Parameters": {"Other": ["x"]}}), "InvalidAutomationExecutionParametersException"),
        (json!({"TargetParameterName": "InstanceId"}), "InvalidAutomationExecutionParametersException"),
        (
            json!({"TargetParameterName": "Other", "Targets": [{"Key": "ParameterValues", "Values": ["x"]}]}),
            "InvalidAutomationExecutionParametersException",
        ),
        (json!({"TargetParameterName": "InstanceId", "Targets": [{"Key": "Name", "Values": ["x"]}]}), "InvalidTarget"),
        (json!({"Mode": "Interactive"}), "NotImplemented"),
    ] {
        assert_eq!(start(&f, more.clone()).await.unwrap_err().code, code, "{more}");
    }
    let none = json!({"AutomationExecutionId": "00000000-0000-0000-0000-000000000000"});
    assert_eq!(f.ssm("GetAutomationExecution", none).await.unwrap_err().code, "AutomationExecutionNotFoundException");
    let sent = f.ssm("SendCommand", json!({"DocumentName": "dump", "InstanceIds": [WEB]})).await.unwrap_err();
    assert_eq!(sent.code, "InvalidDocument", "a runbook is no command");
}

#[tokio::test]
async fn a_document_that_is_deleted_takes_its_tags_along() {
    let f = Fixture::new();
    let steps = || json!([{"name": "ask", "action": "aws:pause", "inputs": {}}]);
    runbook(&f, "dump", steps(), json!({})).await.unwrap();
    let tag = json!({"ResourceType": "Document", "ResourceId": "dump", "Tags": [{"Key": "a", "Value": "1"}]});
    f.ssm("AddTagsToResource", tag).await.unwrap();
    f.ssm("DeleteDocument", json!({"Name": "dump"})).await.unwrap();
    runbook(&f, "dump", steps(), json!({})).await.unwrap();
    let tags = f.ssm("ListTagsForResource", json!({"ResourceType": "Document", "ResourceId": "dump"})).await.unwrap();
    assert_eq!(tags["TagList"], json!([]));
}
