//! Maintenance windows, from their opening to the agents of their targets.

use jiff::{SignedDuration, Timestamp};
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::{BOUND, Fixture};

const WEB: &str = "i-0123456789abcdef0";
const DB: &str = "i-0123456789abcdef1";

/// A window, with what is registered with it.
struct Window<'f> {
    f: &'f Fixture,
    id: String,
    target: String,
}

impl<'f> Window<'f> {
    /// One that opens at three in the night of Chicago, for instances with the tag Backup=Enabled.
    async fn new(f: &'f Fixture, more: Value) -> Self {
        let id = create(f, more).await.unwrap()["WindowId"].as_str().unwrap().to_owned();
        let target = json!({
            "WindowId": id,
            "ResourceType": "INSTANCE",
            "Targets": [{"Key": "tag:Backup", "Values": ["Enabled"]}],
            "OwnerInformation": "night shift",
        });
        let made = f.ssm("RegisterTargetWithMaintenanceWindow", target).await.unwrap();
        Self { f, id, target: made["WindowTargetId"].as_str().unwrap().to_owned() }
    }

    /// Registers a task that runs `AWS-RunShellScript` on the window's target.
    async fn task(&self, more: Value) -> Result<String, AwsError> {
        let mut input = json!({
            "WindowId": self.id,
            "TaskType": "RUN_COMMAND",
            "TaskArn": "AWS-RunShellScript",
            "Targets": [{"Key": "WindowTargetIds", "Values": [self.target]}],
            "TaskInvocationParameters": {"RunCommand": {"Parameters": {"commands": ["true"]}}},
            "MaxConcurrency": "2",
            "MaxErrors": "0",
        });
        extend(&mut input, more);
        let made = self.f.ssm("RegisterTaskWithMaintenanceWindow", input).await?;
        Ok(made["WindowTaskId"].as_str().unwrap().to_owned())
    }

    async fn get(&self) -> Value {
        self.f.ssm("GetMaintenanceWindow", json!({"WindowId": self.id})).await.unwrap()
    }

    /// Has its time come.
    async fn open(&self) {
        let window = self.get().await;
        let next: Timestamp = window["NextExecutionTime"].as_str().expect("a next time").parse().unwrap();
        self.f.region.clock().advance_to(next);
    }

    async fn executions(&self) -> Vec<Value> {
        let input = json!({"WindowId": self.id});
        let listed = self.f.ssm("DescribeMaintenanceWindowExecutions", input).await.unwrap();
        listed["WindowExecutions"].as_array().unwrap().clone()
    }

    /// The latest opening, once it has this status.
    async fn execution(&self, status: &str) -> Value {
        let found = nightproof_poll::until(BOUND, || async {
            let latest = self.executions().await.into_iter().next().unwrap_or_default();
            if latest["Status"] == status { Ok(latest) } else { Err(latest) }
        });
        found.await.unwrap_or_else(|seen| panic!("the window is no {status}: {seen}"))
    }

    async fn tasks(&self, execution: &Value) -> Vec<Value> {
        let input = json!({"WindowExecutionId": execution["WindowExecutionId"]});
        let listed = self.f.ssm("DescribeMaintenanceWindowExecutionTasks", input).await.unwrap();
        listed["WindowExecutionTaskIdentities"].as_array().unwrap().clone()
    }

    async fn invocations(&self, task: &Value) -> Vec<Value> {
        let input = json!({"WindowExecutionId": task["WindowExecutionId"], "TaskId": task["TaskExecutionId"]});
        let listed = self.f.ssm("DescribeMaintenanceWindowExecutionTaskInvocations", input).await.unwrap();
        listed["WindowExecutionTaskInvocationIdentities"].as_array().unwrap().clone()
    }
}

fn extend(input: &mut Value, more: Value) {
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
}

async fn create(f: &Fixture, more: Value) -> Result<Value, AwsError> {
    let mut input = json!({
        "Name": "night",
        "Schedule": "cron(0 0 3 ? * * *)",
        "ScheduleTimezone": "America/Chicago",
        "Duration": 3,
        "Cutoff": 1,
        "AllowUnassociatedTargets": false,
    });
    extend(&mut input, more);
    f.ssm("CreateMaintenanceWindow", input).await
}

/// The command that waits for the agent of an instance, which takes it.
async fn taken(f: &Fixture, id: &str) -> (String, Value) {
    let messages = f.messages(id).await;
    let payload: Value = serde_json::from_str(messages[0]["Payload"].as_str().unwrap()).unwrap();
    let command = payload["CommandId"].as_str().unwrap().to_owned();
    f.acknowledge(&command, id).await;
    (command, payload)
}

#[tokio::test]
async fn at_its_time_a_window_sends_its_command_to_the_nodes_that_its_target_finds() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    f.node(DB, &[("Backup", "No")]).await;
    let window = Window::new(&f, json!({})).await;
    let echo = json!({"RunCommand": {"Parameters": {"commands": ["echo {{WINDOW_ID}}"]}, "TimeoutSeconds": 60}});
    window.task(json!({"TaskInvocationParameters": echo})).await.unwrap();
    let shown = window.get().await;
    assert_eq!(
        (&shown["Enabled"], &shown["Cutoff"], &shown["ScheduleTimezone"]),
        (&json!(true), &json!(1), &json!("America/Chicago"))
    );
    assert!(window.executions().await.is_empty());

    window.open().await;
    let (command, payload) = taken(&f, WEB).await;
    assert_eq!(payload["Parameters"], json!({"commands": [format!("echo {}", window.id)]}));
    let execution = window.execution("IN_PROGRESS").await;
    f.reply(&command, WEB, "Success", 0, "done", "").await;
    let ended = window.execution("SUCCESS").await;
    assert!(ended["EndTime"].is_string() && execution["EndTime"].is_null(), "{ended}");

    let tasks = window.tasks(&ended).await;
    assert_eq!((tasks.len(), &tasks[0]["Status"], &tasks[0]["TaskArn"]), (1, &json!("SUCCESS"), &json!("AWS-RunShellScript")));
    let invocations = window.invocations(&tasks[0]).await;
    assert_eq!(invocations.len(), 1);
    assert_eq!((&invocations[0]["ExecutionId"], &invocations[0]["OwnerInformation"]), (&json!(command), &json!("night shift")));
    assert_eq!(invocations[0]["WindowTargetId"], json!(window.target));
    let parameters: Value = serde_json::from_str(invocations[0]["Parameters"].as_str().unwrap()).unwrap();
    assert_eq!((&parameters["instanceIds"], &parameters["maxConcurrency"]), (&json!([WEB]), &json!("2")));

    let get = |operation: &'static str, mut more: Value| {
        extend(&mut more, json!({"WindowExecutionId": ended["WindowExecutionId"]}));
        f.ssm(operation, more)
    };
    let id = &tasks[0]["TaskExecutionId"];
    let one = get("GetMaintenanceWindowExecution", json!({})).await.unwrap();
    assert_eq!((&one["TaskIds"], &one["Status"]), (&json!([id]), &json!("SUCCESS")));
    let one = get("GetMaintenanceWindowExecutionTask", json!({"TaskId": id})).await.unwrap();
    assert_eq!((&one["Type"], &one["Priority"], &one["MaxErrors"]), (&json!("RUN_COMMAND"), &json!(1), &json!("0")));
    let invocation = json!({"TaskId": id, "InvocationId": invocations[0]["InvocationId"]});
    assert_eq!(get("GetMaintenanceWindowExecutionTaskInvocation", invocation).await.unwrap(), invocations[0]);
}

#[tokio::test]
async fn tasks_run_in_order_of_their_priority_and_a_failed_one_fails_the_window() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    let window = Window::new(&f, json!({})).await;
    let commands = |line: &str| json!({"RunCommand": {"Parameters": {"commands": [line]}}});
    window.task(json!({"Priority": 5, "TaskInvocationParameters": commands("later")})).await.unwrap();
    window.task(json!({"Priority": 0, "TaskInvocationParameters": commands("first")})).await.unwrap();
    window.open().await;
    let (command, payload) = taken(&f, WEB).await;
    assert_eq!(payload["Parameters"]["commands"], json!(["first"]));
    assert!(f.messages_now(WEB).await.is_empty(), "the second waits for the first");
    f.reply(&command, WEB, "Failed", 3, "", "no").await;
    let (command, payload) = taken(&f, WEB).await;
    assert_eq!(payload["Parameters"]["commands"], json!(["later"]));
    f.reply(&command, WEB, "Success", 0, "", "").await;
    let ended = window.execution("FAILED").await;
    let statuses: Vec<Value> = window.tasks(&ended).await.iter().map(|task| task["Status"].clone()).collect();
    assert_eq!(statuses, [json!("FAILED"), json!("SUCCESS")]);
}

#[tokio::test]
async fn a_target_that_finds_nothing_has_nothing_invoked() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "enabled")]).await;
    let window = Window::new(&f, json!({})).await;
    window.task(json!({})).await.unwrap();
    window.open().await;
    let ended = window.execution("SUCCESS").await;
    let task = &window.tasks(&ended).await[0];
    assert_eq!(task["StatusDetails"], "No invocations to execute.");
    assert!(window.invocations(task).await.is_empty());
}

#[tokio::test]
async fn a_window_that_is_still_at_work_does_not_open_again() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    let window = Window::new(&f, json!({"Schedule": "rate(1 hour)"})).await;
    let patient = json!({"RunCommand": {"Parameters": {"commands": ["true"]}, "TimeoutSeconds": 172_800}});
    window.task(json!({"TaskInvocationParameters": patient})).await.unwrap();
    window.open().await;
    window.execution("IN_PROGRESS").await;
    window.open().await;
    let skipped = window.execution("SKIPPED_OVERLAPPING").await;
    assert!(skipped["StatusDetails"].as_str().unwrap().contains("still in progress"));
    assert_eq!(window.executions().await.len(), 2);
}

#[tokio::test]
async fn after_its_cutoff_a_window_begins_nothing_and_cancels_what_says_so() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    let window = Window::new(&f, json!({"Duration": 3, "Cutoff": 1})).await;
    let patient = json!({"RunCommand": {"Parameters": {"commands": ["true"]}, "TimeoutSeconds": 172_800}});
    let cancelled = json!({"CutoffBehavior": "CANCEL_TASK", "TaskInvocationParameters": patient, "Name": "first"});
    window.task(cancelled).await.unwrap();
    window.task(json!({"Priority": 2})).await.unwrap();
    window.open().await;
    let (command, _) = taken(&f, WEB).await;
    f.region.clock().advance_to(f.region.clock().now() + SignedDuration::from_hours(2));
    let ended = window.execution("TIMED_OUT").await;
    let tasks = window.tasks(&ended).await;
    assert_eq!((&tasks[0]["Status"], &tasks[1]["Status"]), (&json!("TIMED_OUT"), &json!("TIMED_OUT")));
    assert!(tasks[1]["StatusDetails"].as_str().unwrap().contains("cutoff"));
    assert!(window.invocations(&tasks[1]).await.is_empty());
    assert_eq!(f.command(&command).await["Status"], "Cancelling");
}

#[tokio::test]
async fn a_cancelled_execution_lets_its_task_end_and_begins_no_other() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    let window = Window::new(&f, json!({})).await;
    window.task(json!({})).await.unwrap();
    window.task(json!({"Priority": 2})).await.unwrap();
    window.open().await;
    let (command, _) = taken(&f, WEB).await;
    let execution = window.execution("IN_PROGRESS").await;
    let id = json!({"WindowExecutionId": execution["WindowExecutionId"]});
    f.ssm("CancelMaintenanceWindowExecution", id).await.unwrap();
    f.reply(&command, WEB, "Success", 0, "", "").await;
    let ended = window.execution("CANCELLED").await;
    let tasks = window.tasks(&ended).await;
    assert_eq!((&tasks[0]["Status"], &tasks[1]["Status"]), (&json!("SUCCESS"), &json!("CANCELLED")));
}

#[tokio::test]
async fn a_function_is_invoked_for_each_resource_with_its_id_in_the_payload() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    f.node(DB, &[("Backup", "Enabled")]).await;
    let window = Window::new(&f, json!({})).await;
    let payload = STANDARD.encode(r#"{"id": "{{RESOURCE_ID}}", "type": "{{TARGET_TYPE}}"}"#);
    let lambda = json!({"Lambda": {"Payload": payload, "Qualifier": "live"}});
    window.task(json!({"TaskType": "LAMBDA", "TaskArn": "SSMBackup", "TaskInvocationParameters": lambda})).await.unwrap();
    window.open().await;
    let ended = window.execution("SUCCESS").await;
    assert_eq!(window.invocations(&window.tasks(&ended).await[0]).await.len(), 2);
    let mut payloads: Vec<String> = f
        .invoked()
        .iter()
        .map(|input| {
            assert_eq!((&input["FunctionName"], &input["Qualifier"]), (&json!("SSMBackup"), &json!("live")));
            String::from_utf8(STANDARD.decode(input["Payload"].as_str().unwrap()).unwrap()).unwrap()
        })
        .collect();
    payloads.sort();
    assert_eq!(payloads, [WEB, DB].map(|id| format!(r#"{{"id": "{id}", "type": "INSTANCE"}}"#)));
}

#[tokio::test]
async fn a_state_machine_is_started_for_each_resource_and_its_end_is_the_tasks() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    let window = Window::new(&f, json!({})).await;
    let machine = format!("arn:aws:states:us-east-1:{}:stateMachine:SSMNight", super::ACCOUNT);
    let mut task = json!({"TaskType": "STEP_FUNCTIONS", "TaskArn": machine, "TaskInvocationParameters": {"StepFunctions": {
        "Input": r#"{"id": "{{RESOURCE_ID}}"}"#, "Name": "{{INVOCATION_ID}}"}}});
    window.task(task.clone()).await.unwrap();
    task["TaskInvocationParameters"]["StepFunctions"] = json!({"Input": r#"{"then": "fail"}"#});
    task["Priority"] = json!(2);
    window.task(task).await.unwrap();
    window.open().await;
    let ended = window.execution("FAILED").await;
    let tasks = window.tasks(&ended).await;
    assert_eq!((&tasks[0]["Status"], &tasks[1]["Status"]), (&json!("SUCCESS"), &json!("FAILED")), "{tasks:#?}");
    let (good, bad) = (&window.invocations(&tasks[0]).await[0], &window.invocations(&tasks[1]).await[0]);
    assert_eq!(bad["StatusDetails"], "BackupFailed: no space");
    assert!(good["ExecutionId"].as_str().is_some_and(|id| id.contains(":execution:SSMNight:")), "{good}");
    let started = f.started();
    let named = started.iter().find(|input| input["name"].is_string()).expect("one with a name");
    assert_eq!((&named["name"], &named["input"]), (&good["InvocationId"], &json!(format!(r#"{{"id": "{WEB}"}}"#))));
    assert!(started.iter().all(|input| input["stateMachineArn"] == machine), "{started:#?}");
    let shown: Value = serde_json::from_str(good["Parameters"].as_str().unwrap()).unwrap();
    assert_eq!(&shown, named);
}

#[tokio::test]
async fn nodes_that_are_no_targets_of_the_window_are_reached_where_it_lets_them() {
    for (allowed, reached) in [(false, 0), (true, 1)] {
        let f = Fixture::new();
        f.node(DB, &[]).await;
        let window = Window::new(&f, json!({"AllowUnassociatedTargets": allowed})).await;
        window.task(json!({"Targets": [{"Key": "InstanceIds", "Values": [DB]}]})).await.unwrap();
        window.open().await;
        let execution = window.execution(if allowed { "IN_PROGRESS" } else { "SUCCESS" }).await;
        if allowed {
            let (command, _) = taken(&f, DB).await;
            f.reply(&command, DB, "Success", 0, "", "").await;
            window.execution("SUCCESS").await;
        }
        assert_eq!(window.invocations(&window.tasks(&execution).await[0]).await.len(), reached);
    }
}

#[tokio::test]
async fn a_window_is_changed_disabled_listed_and_deleted() {
    let f = Fixture::new();
    let window = Window::new(&f, json!({"Description": "old", "ScheduleOffset": 2})).await;
    let task = window.task(json!({"Description": "dump"})).await.unwrap();
    let id = json!({"WindowId": window.id});
    let update = |mut more: Value| {
        extend(&mut more, id.clone());
        f.ssm("UpdateMaintenanceWindow", more)
    };
    let changed = update(json!({"Duration": 5, "Enabled": false})).await.unwrap();
    assert_eq!((&changed["Duration"], &changed["Description"], &changed["Enabled"]), (&json!(5), &json!("old"), &json!(false)));
    assert!(window.get().await["NextExecutionTime"].is_null(), "one that is disabled does not open");
    let refused = update(json!({"Name": "new", "Replace": true})).await.unwrap_err();
    assert!(refused.code == "ValidationException" && refused.message.contains("Schedule"), "{}", refused.message);
    let whole = json!({"Name": "new", "Schedule": "rate(7 days)", "Duration": 2, "Cutoff": 0, "AllowUnassociatedTargets": true, "Replace": true});
    let replaced = update(whole).await.unwrap();
    assert_eq!(
        (&replaced["Enabled"], &replaced["Description"], &replaced["ScheduleOffset"]),
        (&json!(true), &json!(null), &json!(null))
    );

    let schedule = f.ssm("DescribeMaintenanceWindowSchedule", json!({"WindowId": window.id, "MaxResults": 2})).await.unwrap();
    assert_eq!(schedule["ScheduledWindowExecutions"].as_array().unwrap().len(), 2);
    assert_eq!(schedule["NextToken"], "2");
    let named = |name: &str| f.ssm("DescribeMaintenanceWindows", json!({"Filters": [{"Key": "Name", "Values": [name]}]}));
    assert_eq!(named("new").await.unwrap()["WindowIdentities"][0]["WindowId"], json!(window.id));
    assert_eq!(named("night").await.unwrap()["WindowIdentities"], json!([]));

    let target = json!({"WindowId": window.id, "WindowTargetId": window.target});
    let mut renamed = target.clone();
    extend(&mut renamed, json!({"Name": "servers"}));
    let shown = f.ssm("UpdateMaintenanceWindowTarget", renamed).await.unwrap();
    assert_eq!((&shown["Name"], &shown["OwnerInformation"]), (&json!("servers"), &json!("night shift")));
    let targets = f.ssm("DescribeMaintenanceWindowTargets", id.clone()).await.unwrap();
    assert_eq!(targets["Targets"][0]["Name"], "servers");
    let task_id = json!({"WindowId": window.id, "WindowTaskId": task});
    let mut changed = task_id.clone();
    extend(&mut changed, json!({"Priority": 7, "CutoffBehavior": "CONTINUE_TASK"}));
    f.ssm("UpdateMaintenanceWindowTask", changed).await.unwrap();
    let shown = f.ssm("GetMaintenanceWindowTask", task_id.clone()).await.unwrap();
    assert_eq!(
        (&shown["Priority"], &shown["Description"], &shown["TaskType"]),
        (&json!(7), &json!("dump"), &json!("RUN_COMMAND"))
    );
    let listed = f.ssm("DescribeMaintenanceWindowTasks", id.clone()).await.unwrap();
    assert_eq!((&listed["Tasks"][0]["Type"], &listed["Tasks"][0]["Priority"]), (&json!("RUN_COMMAND"), &json!(7)));

    let mut safe = target.clone();
    extend(&mut safe, json!({"Safe": true}));
    assert_eq!(f.ssm("DeregisterTargetFromMaintenanceWindow", safe).await.unwrap_err().code, "TargetInUseException");
    f.ssm("DeregisterTaskFromMaintenanceWindow", task_id).await.unwrap();
    f.ssm("DeregisterTargetFromMaintenanceWindow", target).await.unwrap();
    f.ssm("DeleteMaintenanceWindow", id.clone()).await.unwrap();
    f.ssm("DeleteMaintenanceWindow", id.clone()).await.expect("what is gone is deleted");
    assert_eq!(f.ssm("GetMaintenanceWindow", id).await.unwrap_err().code, "DoesNotExistException");
}

#[tokio::test]
async fn what_no_window_can_be_or_run_is_refused() {
    let f = Fixture::new();
    for (more, part) in [
        (json!({"Schedule": "cron(0 3 * * *)"}), "schedule expression"),
        (json!({"ScheduleTimezone": "Mars/Olympus"}), "Mars/Olympus"),
        (json!({"Cutoff": 3}), "Cutoff"),
        (json!({"Schedule": "rate(1 day)", "ScheduleOffset": 1}), "ScheduleOffset"),
    ] {
        let refused = create(&f, more).await.unwrap_err();
        assert!(refused.code == "ValidationException" && refused.message.contains(part), "{}", refused.message);
    }
    let window = Window::new(&f, json!({})).await;
    let refused = |more: Value| async { window.task(more).await.unwrap_err() };
    assert_eq!(refused(json!({"Targets": []})).await.code, "ValidationException");
    assert_eq!(refused(json!({"Targets": [{"Key": "tag:Backup", "Values": ["x"]}]})).await.code, "ValidationException");
    let nobody = json!({"Targets": [{"Key": "WindowTargetIds", "Values": ["00000000-0000-0000-0000-000000000000"]}]});
    assert_eq!(refused(nobody).await.code, "DoesNotExistException");
    for (kind, key, values) in [
        ("RESOURCE_GROUP", "tag:Backup", json!(["x"])),
        ("RESOURCE_GROUP", "resource-groups:ResourceTypeFilters", json!(["AWS::EC2::Instance"])),
        ("RESOURCE_GROUP", "resource-groups:Name", json!(["a", "b"])),
        ("INSTANCE", "resource-groups:Name", json!(["a"])),
    ] {
        let target = json!({"WindowId": window.id, "ResourceType": kind, "Targets": [{"Key": key, "Values": values}]});
        let refused = f.ssm("RegisterTargetWithMaintenanceWindow", target).await.unwrap_err();
        assert_eq!(refused.code, "ValidationException", "{kind} {key} {values}");
    }
    let nothing = json!({"WindowExecutionId": "00000000-0000-0000-0000-000000000000"});
    assert_eq!(f.ssm("GetMaintenanceWindowExecution", nothing).await.unwrap_err().code, "DoesNotExistException");
}

/// Registers a target of `targets`, which are of a resource group, and a function as a task for it; the inputs it is invoked by.
async fn functions_of_group(f: &Fixture, targets: Value) -> (Value, usize) {
    let window = Window::new(f, json!({})).await;
    let target = json!({"WindowId": window.id, "ResourceType": "RESOURCE_GROUP", "Targets": targets});
    let made = f.ssm("RegisterTargetWithMaintenanceWindow", target).await.unwrap();
    let task = json!({
        "TaskType": "LAMBDA",
        "TaskArn": format!("arn:aws:lambda:us-east-1:{}:function:SSMdump", super::ACCOUNT),
        "Targets": [{"Key": "WindowTargetIds", "Values": [made["WindowTargetId"]]}],
        "TaskInvocationParameters": {"Lambda": {"Payload": "e30="}},
    });
    window.task(task).await.unwrap();
    window.open().await;
    let ended = nightproof_poll::until(BOUND, || async {
        let all = window.executions().await;
        let ended = all.into_iter().find(|one| !["PENDING", "IN_PROGRESS"].contains(&one["Status"].as_str().unwrap()));
        ended.ok_or_else(|| "the window is open".to_owned())
    })
    .await
    .unwrap();
    let task = window.tasks(&ended).await[0].clone();
    (json!([task["Status"], task["StatusDetails"]]), f.invoked().len())
}

#[tokio::test]
async fn a_task_runs_for_each_instance_of_a_resource_group() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    f.instance(DB, "running", &[("Backup", "Enabled")]);
    let group = json!([{"Key": "resource-groups:Name", "Values": ["EC2.Instance-Enabled"]}]);
    let (ended, invoked) = functions_of_group(&f, group).await;
    assert_eq!((&ended[0], invoked), (&json!("SUCCESS"), 2), "an instance needs no agent for it: {ended}");
}

#[tokio::test]
async fn a_task_for_other_resources_of_a_group_is_refused_by_name_and_types_narrow_it() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    let name = json!({"Key": "resource-groups:Name", "Values": ["AllSupported-Enabled"]});
    let (ended, invoked) = functions_of_group(&f, json!([name])).await;
    assert_eq!((&ended[0], invoked), (&json!("FAILED"), 0));
    assert!(ended[1].as_str().unwrap().contains("NotImplemented"), "{ended}");
    let types = json!({"Key": "resource-groups:ResourceTypeFilters", "Values": ["AWS::EC2::INSTANCE"]});
    let (ended, invoked) = functions_of_group(&f, json!([name, types])).await;
    assert_eq!((&ended[0], invoked), (&json!("SUCCESS"), 1), "{ended}");
}

#[tokio::test]
async fn a_runbook_is_started_for_each_resource_and_its_end_is_the_tasks() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    f.node(DB, &[("Backup", "Enabled")]).await;
    let step = json!({"name": "check", "action": "aws:branch", "inputs": {"Default": "end", "Choices": [
        {"NextStep": "none", "Variable": "{{ InstanceId }}", "StringEquals": DB}]}});
    let steps = json!([
        step,
        {"name": "none", "action": "aws:assertAwsResourceProperty", "inputs": {"Service": "ssm", "Api": "DescribeInstanceInformation",
            "PropertySelector": "$.InstanceInformationList[0].PingStatus", "DesiredValues": ["Lost"]}},
        {"name": "end", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}, "isEnd": true},
    ]);
    let content =
        json!({"schemaVersion": "0.3", "parameters": {"InstanceId": {"type": "AWS::EC2::Instance::Id"}}, "mainSteps": steps});
    let document = json!({"Name": "dump", "DocumentType": "Automation", "Content": content.to_string()});
    f.ssm("CreateDocument", document).await.unwrap();
    let window = Window::new(&f, json!({})).await;
    let automation = json!({"Automation": {"DocumentVersion": "1", "Parameters": {"InstanceId": ["{{RESOURCE_ID}}"]}}});
    let task = json!({"TaskType": "AUTOMATION", "TaskArn": "dump", "TaskInvocationParameters": automation, "MaxErrors": "2"});
    window.task(task).await.unwrap();
    window.open().await;
    let ended = window.execution("FAILED").await;
    let invocations = window.invocations(&window.tasks(&ended).await[0]).await;
    let mut found: Vec<(String, String)> = Vec::new();
    for invocation in &invocations {
        let id = json!({"AutomationExecutionId": invocation["ExecutionId"]});
        let execution = f.ssm("GetAutomationExecution", id).await.unwrap()["AutomationExecution"].clone();
        let target = execution["Parameters"]["InstanceId"][0].as_str().unwrap().to_owned();
        found.push((target, invocation["Status"].as_str().unwrap().to_owned()));
    }
    found.sort();
    assert_eq!(found, [(WEB.to_owned(), "SUCCESS".to_owned()), (DB.to_owned(), "FAILED".to_owned())]);
}
