use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{BOUND, Fixture};

const WEB: &str = "i-0123456789abcdef0";
const DB: &str = "i-0123456789abcdef1";

#[tokio::test]
async fn a_command_goes_to_the_agent_and_its_result_comes_back() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let id = f.send(json!({"InstanceIds": [WEB], "Comment": "nightly"})).await;
    let before = f.invocation(&id, WEB).await;
    assert_eq!((&before["Status"], &before["ResponseCode"]), (&json!("Pending"), &json!(-1)));

    let messages = f.messages(WEB).await;
    assert_eq!(messages[0]["MessageId"], json!(format!("aws.ssm.{id}.{WEB}")));
    assert!(messages[0]["Topic"].as_str().unwrap().starts_with("aws.ssm.sendCommand"));
    let payload: Value = serde_json::from_str(messages[0]["Payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload["Parameters"], json!({"commands": ["true"]}));
    assert_eq!(payload["CommandId"], json!(id));
    assert_eq!(payload["DocumentContent"]["schemaVersion"], "1.2");

    f.acknowledge(&id, WEB).await;
    assert_eq!(f.invocation(&id, WEB).await["Status"], "InProgress");
    assert_eq!(f.command(&id).await["Status"], "InProgress");
    f.reply(&id, WEB, "Success", 0, "hello\n", "").await;

    let after = f.invocation(&id, WEB).await;
    assert_eq!(after["Status"], "Success");
    assert_eq!(after["ResponseCode"], 0);
    assert_eq!(after["StandardOutputContent"], "hello\n");
    assert_eq!(after["PluginName"], "aws:runShellScript");
    assert_eq!(after["ExecutionStartDateTime"], "2026-11-23T03:00:00.000Z");
    assert_eq!(after["ExecutionElapsedTime"], "PT1.5S");
    let command = f.command(&id).await;
    assert_eq!((&command["Status"], &command["CompletedCount"]), (&json!("Success"), &json!(1)));
}

#[tokio::test]
async fn a_failed_script_keeps_its_exit_code_and_both_streams() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let id = f.send(json!({"InstanceIds": [WEB]})).await;
    f.messages(WEB).await;
    f.reply(&id, WEB, "Failed", 3, "partial", "no such file\nfailed to run commands: exit status 3").await;
    let invocation = f.invocation(&id, WEB).await;
    assert_eq!(invocation["Status"], "Failed");
    assert_eq!(invocation["ResponseCode"], 3);
    assert_eq!(invocation["StandardOutputContent"], "partial");
    assert!(invocation["StandardErrorContent"].as_str().unwrap().contains("exit status 3"));
    let command = f.command(&id).await;
    assert_eq!((&command["Status"], &command["ErrorCount"]), (&json!("Failed"), &json!(1)));
}

#[tokio::test]
async fn a_command_reaches_the_nodes_of_a_resource_group() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    f.node(DB, &[("Backup", "Weekly")]).await;
    let group = |name: &str| json!({"Targets": [{"Key": "resource-groups:Name", "Values": [name]}]});
    let id = f.send(group("EC2.Instance-Enabled")).await;
    assert_eq!(f.messages(WEB).await.len(), 1);
    assert_eq!(f.command(&id).await["TargetCount"], 1);
    for none in ["EC2.VPC-Enabled", "missing"] {
        let id = f.send(group(none)).await;
        assert_eq!(f.command(&id).await["TargetCount"], 0, "{none}");
    }
    let types = json!({"Targets": [{"Key": "resource-groups:ResourceTypeFilters", "Values": ["AWS::EC2::Instance"]}]});
    assert_eq!(f.send_full(types).await.unwrap_err().code, "InvalidTarget");
}

#[tokio::test]
async fn a_tag_that_no_node_carries_is_no_instances_in_tag() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Disabled")]).await;
    let sent = f.send_full(json!({"Targets": [{"Key": "tag:Backup", "Values": ["Enabled"]}]})).await.unwrap();
    assert_eq!(sent["Command"]["Status"], "Pending");
    let command = f.command(sent["Command"]["CommandId"].as_str().unwrap()).await;
    assert_eq!(command["Status"], "Success");
    assert_eq!(command["StatusDetails"], "NoInstancesInTag");
    assert_eq!(command["TargetCount"], 0);
}

#[tokio::test]
async fn a_tag_target_reaches_exactly_the_running_nodes_that_carry_it() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    f.node(DB, &[("Backup", "No")]).await;
    f.instance("i-0123456789abcdef2", "running", &[("Backup", "Enabled")]);
    let id = f.send(json!({"Targets": [{"Key": "tag:Backup", "Values": ["Enabled", "Yes"]}]})).await;
    let list = f.ssm("ListCommandInvocations", json!({"CommandId": id, "Details": true})).await.unwrap();
    let list = list["CommandInvocations"].as_array().unwrap();
    assert_eq!(list.len(), 1, "an instance without an agent is no managed node");
    assert_eq!(list[0]["InstanceId"], WEB);
    assert_eq!(list[0]["CommandPlugins"][0]["Name"], "aws:runShellScript");
}

#[tokio::test]
async fn instance_ids_address_those_instances_and_no_others() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    f.node(DB, &[]).await;
    let id = f.send(json!({"InstanceIds": [DB]})).await;
    assert_eq!(f.command(&id).await["TargetCount"], 1);
    let error = f.ssm("GetCommandInvocation", json!({"CommandId": id, "InstanceId": WEB})).await.unwrap_err();
    assert_eq!(error.code, "InvocationDoesNotExist");
}

#[tokio::test]
async fn an_instance_that_is_unknown_stopped_or_terminated_is_not_in_a_valid_state() {
    let f = Fixture::new();
    for state in ["stopped", "terminated"] {
        f.node(WEB, &[]).await;
        f.instance(WEB, state, &[]);
        let error = f.send_full(json!({"InstanceIds": [WEB, DB]})).await.unwrap_err();
        assert_eq!(error.code, "InvalidInstanceId");
        assert_eq!(error.message, format!("Instances [[{WEB}, {DB}]] not in a valid state for account 111122223333"));
    }
}

#[tokio::test]
async fn timeout_seconds_ends_the_wait_for_the_agent_and_not_the_script() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    f.node(DB, &[]).await;
    let id = f.send(json!({"InstanceIds": [WEB, DB], "TimeoutSeconds": 30, "MaxErrors": "5"})).await;
    f.messages(WEB).await;
    f.acknowledge(&id, WEB).await;
    f.region.clock().advance_to(f.region.clock().now() + SignedDuration::from_secs(31));
    eventually(&f, &id, DB, "DeliveryTimedOut").await;
    assert_eq!(f.invocation(&id, WEB).await["Status"], "InProgress", "a script that has begun goes on");
    assert!(f.messages_now(DB).await.is_empty(), "what was not delivered in time is not delivered at all");
    f.reply(&id, WEB, "Success", 0, "late but fine", "").await;
    let command = f.command(&id).await;
    assert_eq!(command["StatusDetails"], "Incomplete");
    assert_eq!(command["DeliveryTimedOutCount"], 1);
}

#[tokio::test]
async fn an_agent_that_never_answers_is_given_up_when_the_command_expires() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let id = f
        .send(json!({"InstanceIds": [WEB], "TimeoutSeconds": 30, "Parameters": {"commands": ["a"], "executionTimeout": ["60"]}}))
        .await;
    f.acknowledge(&id, WEB).await;
    f.region.clock().advance_to(f.region.clock().now() + SignedDuration::from_secs(91));
    eventually(&f, &id, WEB, "DeliveryTimedOut").await;
    assert_eq!(f.command(&id).await["Status"], "TimedOut");
}

#[tokio::test]
async fn an_execution_timeout_is_what_the_agent_says_it_is() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let id = f.send(json!({"InstanceIds": [WEB]})).await;
    f.reply(&id, WEB, "TimedOut", 137, "", "killed").await;
    let invocation = f.invocation(&id, WEB).await;
    assert_eq!((&invocation["Status"], &invocation["StatusDetails"]), (&json!("TimedOut"), &json!("ExecutionTimedOut")));
    assert_eq!(f.command(&id).await["StatusDetails"], "ExecutionTimedOut");
}

#[tokio::test]
async fn a_terminal_status_is_sticky_whatever_order_the_replies_come_in() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let id = f.send(json!({"InstanceIds": [WEB]})).await;
    f.reply(&id, WEB, "Success", 0, "done", "").await;
    f.reply(&id, WEB, "InProgress", 0, "", "").await;
    f.reply(&id, WEB, "Failed", 1, "", "").await;
    f.acknowledge(&id, WEB).await;
    let invocation = f.invocation(&id, WEB).await;
    assert_eq!((&invocation["Status"], &invocation["StandardOutputContent"]), (&json!("Success"), &json!("done")));
}

#[tokio::test]
async fn the_output_of_a_plugin_counts_even_if_the_end_of_the_document_overtakes_it() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let id = f.send(json!({"InstanceIds": [WEB]})).await;
    let message = format!("aws.ssm.{id}.{WEB}");
    let payload = json!({"documentStatus": "Success", "runtimeStatus": {}}).to_string();
    f.agent(WEB, "ec2messages", "SendReply", json!({"MessageId": message, "ReplyId": "x", "Payload": payload})).await.unwrap();
    f.reply(&id, WEB, "Success", 0, "slow", "").await;
    assert_eq!(f.invocation(&id, WEB).await["StandardOutputContent"], "slow");
}

#[tokio::test]
async fn the_replies_of_several_steps_add_up() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let step = |name: &str| json!({"name": name, "action": "aws:runShellScript", "inputs": {"runCommand": ["true"]}});
    let content = json!({"schemaVersion": "2.2", "mainSteps": [step("first"), step("second")]});
    f.ssm("CreateDocument", json!({"Name": "twice", "DocumentType": "Command", "Content": content.to_string()})).await.unwrap();
    let id = f.send(json!({"DocumentName": "twice", "InstanceIds": [WEB], "Parameters": {}})).await;
    let reply = async |status: &str, runtime: Value| {
        let message = format!("aws.ssm.{id}.{WEB}");
        let payload = json!({"documentStatus": status, "runtimeStatus": runtime}).to_string();
        f.agent(WEB, "ec2messages", "SendReply", json!({"MessageId": message, "ReplyId": "x", "Payload": payload})).await
    };
    for (step, text) in [("first", "1"), ("second", "2")] {
        reply(
            "InProgress",
            json!({step: {"status": "Success", "code": 0, "name": "aws:runShellScript", "standardOutput": text}}),
        )
        .await
        .unwrap();
    }
    reply("Success", json!({})).await.unwrap();
    let get = |plugin: &'static str| json!({"CommandId": id, "InstanceId": WEB, "PluginName": plugin});
    assert_eq!(f.ssm("GetCommandInvocation", get("second")).await.unwrap()["StandardOutputContent"], "2");
    assert_eq!(f.ssm("GetCommandInvocation", get("third")).await.unwrap_err().code, "InvalidPluginName");
    assert_eq!(f.invocation(&id, WEB).await["Status"], "Success");
}

#[tokio::test]
async fn a_document_the_agent_cannot_run_is_failed_and_not_delivered_again() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let id = f.send(json!({"InstanceIds": [WEB]})).await;
    f.messages(WEB).await;
    let message = format!("aws.ssm.{id}.{WEB}");
    let payload = json!({"documentStatus": "Failed", "documentTraceOutput": "bad document", "runtimeStatus": {}}).to_string();
    f.agent(WEB, "ec2messages", "SendReply", json!({"MessageId": message, "ReplyId": "x", "Payload": payload})).await.unwrap();
    assert_eq!(f.invocation(&id, WEB).await["StandardErrorContent"], "bad document");
    assert!(f.messages_now(WEB).await.is_empty());
}

#[tokio::test]
async fn a_waiting_agent_gets_a_message_the_moment_it_is_sent() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let (messages, _) = tokio::join!(f.messages(WEB), async {
        tokio::task::yield_now().await;
        f.send(json!({"InstanceIds": [WEB]})).await
    });
    assert_eq!(messages.len(), 1);
}

#[tokio::test]
async fn an_unacknowledged_message_is_delivered_again_after_its_visibility_timeout() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let id = f.send(json!({"InstanceIds": [WEB]})).await;
    let first = tokio::time::Instant::now();
    assert_eq!(f.messages_hidden_for(WEB, 1).await.len(), 1);
    assert_eq!(f.messages(WEB).await.len(), 1, "the second call waits for the message to come back");
    assert!(first.elapsed() >= Duration::from_secs(1));
    f.acknowledge(&id, WEB).await;
    assert!(f.messages_now(WEB).await.is_empty(), "an acknowledged message does not come back");
}

#[tokio::test]
async fn cancelling_ends_at_once_what_no_agent_has_and_asks_the_agent_for_the_rest() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    f.node(DB, &[]).await;
    let id = f.send(json!({"InstanceIds": [WEB, DB]})).await;
    f.messages(WEB).await;
    f.acknowledge(&id, WEB).await;
    f.ssm("CancelCommand", json!({"CommandId": id})).await.unwrap();
    assert_eq!(f.invocation(&id, DB).await["Status"], "Cancelled");
    assert_eq!(f.invocation(&id, WEB).await["Status"], "Cancelling");
    assert_eq!(f.command(&id).await["Status"], "Cancelling");
    let messages = f.messages(WEB).await;
    assert!(messages[0]["Topic"].as_str().unwrap().starts_with("aws.ssm.cancelCommand"));
    let payload: Value = serde_json::from_str(messages[0]["Payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload["CancelMessageId"], json!(format!("aws.ssm.{id}.{WEB}")));
    f.reply(&id, WEB, "Cancelled", 137, "", "").await;
    assert_eq!(f.command(&id).await["Status"], "Cancelled");
    let error = f.ssm("CancelCommand", json!({"CommandId": "00000000-0000-0000-0000-000000000000"})).await.unwrap_err();
    assert_eq!(error.code, "InvalidCommandId");
}

#[tokio::test]
async fn what_would_change_the_outcome_and_is_not_done_is_refused_by_name() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    for (member, value) in [
        ("NotificationConfig", json!({"NotificationArn": "arn:aws:sns:us-east-1:111122223333:x"})),
        ("ServiceRoleArn", json!("arn:aws:iam::111122223333:role/x")),
        ("AlarmConfiguration", json!({"Alarms": [{"Name": "x"}]})),
        ("DocumentHash", json!("0".repeat(64))),
    ] {
        let error = f.send_full(json!({"InstanceIds": [WEB], member: value})).await.unwrap_err();
        assert!(error.code == "NotImplemented" && error.message.contains(member), "{error}");
    }
    for (name, code) in [("AWS-RunDocument", "NotImplemented"), ("AWS-RunNothing", "InvalidDocument")] {
        let error = f.send_full(json!({"InstanceIds": [WEB], "DocumentName": name})).await.unwrap_err();
        assert!(error.code == code && error.message.contains(name), "{error}");
    }
    let error = f.send_full(json!({"InstanceIds": [WEB], "Parameters": {"commands": ["a"], "x": ["y"]}})).await.unwrap_err();
    assert_eq!(error.code, "InvalidParameters");
    f.send(json!({"InstanceIds": [WEB], "DocumentName": "arn:aws:ssm:us-east-1::document/AWS-RunShellScript"})).await;
}

#[tokio::test]
async fn settings_that_ask_for_nothing_are_taken_and_shown() {
    let f = Fixture::new();
    f.node(WEB, &[]).await;
    let group = json!({"CloudWatchLogGroupName": "nightly", "CloudWatchOutputEnabled": false});
    let targets = json!([{"Key": "InstanceIds", "Values": [WEB]}]);
    let id = f
        .send(json!({
            "Targets": targets,
            "OutputS3Region": "eu-west-1",
            "NotificationConfig": {"NotificationArn": "", "NotificationEvents": [], "NotificationType": ""},
            "CloudWatchOutputConfig": group,
        }))
        .await;
    let command = f.command(&id).await;
    assert_eq!((&command["CloudWatchOutputConfig"], &command["Targets"]), (&group, &targets));
    assert_eq!(command["OutputS3Region"], Value::Null, "there is no bucket");
    assert_eq!(f.invocation(&id, WEB).await["CloudWatchOutputConfig"], group);
}

#[tokio::test]
async fn a_document_with_what_is_not_done_is_refused_by_name_and_force_deletes_a_command_document() {
    let f = Fixture::new();
    let content = json!({"schemaVersion": "2.2", "mainSteps": [{"name": "a", "action": "aws:runShellScript", "inputs": {}}]});
    let content = content.to_string();
    f.ssm("CreateDocument", json!({"Name": "nightly", "DocumentType": "Command", "Content": content})).await.unwrap();
    for (operation, input, member) in [
        ("CreateDocument", json!({"Name": "other", "Content": content, "TargetType": "/"}), "TargetType"),
        ("UpdateDocument", json!({"Name": "nightly", "Content": content, "VersionName": "v"}), "VersionName"),
        ("GetDocument", json!({"Name": "nightly", "VersionName": "v"}), "VersionName"),
        ("DeleteDocument", json!({"Name": "nightly", "DocumentVersion": "1"}), "DocumentVersion"),
    ] {
        let error = f.ssm(operation, input).await.unwrap_err();
        assert!(error.code == "NotImplemented" && error.message.contains(&format!("{operation} with {member} is")), "{error}");
    }
    f.ssm("DeleteDocument", json!({"Name": "nightly", "Force": true})).await.unwrap();
    assert_eq!(f.ssm("DescribeDocument", json!({"Name": "nightly"})).await.unwrap_err().code, "InvalidDocument");
}

/// Until the invocation has these details, which the deadline's own task brings about.
async fn eventually(f: &Fixture, command: &str, instance: &str, details: &str) {
    let seen = nightproof_poll::until(BOUND, || async {
        let last = f.invocation(command, instance).await;
        if last["StatusDetails"] == details { Ok(()) } else { Err(last) }
    });
    seen.await.unwrap_or_else(|last| panic!("never {details}: {last}"));
}
