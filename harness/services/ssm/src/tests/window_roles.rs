//! Who runs the tasks of maintenance windows, and runbooks, where policies are in force.

use jiff::SignedDuration;
use nightproof_authorization::Authorizer;
use nightproof_core::service::{AwsError, Service};
use nightproof_core::{Caller, Principal, Region};
use nightproof_service_iam::Iam;
use nightproof_service_sts::Sts;
use serde_json::{Value, json};
use std::sync::Arc;

use super::{ACCOUNT, BOUND};
use crate::records::Ssm;

const ROLE: &str = "arn:aws:iam::111122223333:role/window";

/// A region with a role `window`, which `principal` may assume.
struct World {
    region: Region,
}

impl Drop for World {
    fn drop(&mut self) {
        self.region.stopping().cancel();
    }
}

impl World {
    async fn new(principal: &str, actions: &[&str]) -> Self {
        let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
        let iam = Iam::new();
        let sts = Sts::new(Arc::clone(&iam));
        region.set_authorizer(Authorizer::new(Arc::clone(&iam), Arc::clone(&sts)));
        let ssm = Ssm::new();
        let functions = Arc::new(super::Functions::default());
        region.install(vec![
            ("iam", iam as Arc<dyn Service>),
            ("lambda", functions as Arc<dyn Service>),
            ("states", Arc::new(super::Machines::default()) as Arc<dyn Service>),
            ("ssm", ssm as Arc<dyn Service>),
            ("sts", sts as Arc<dyn Service>),
        ]);
        let world = Self { region };
        let trust = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole",
            "Condition": {"ArnLike": {"aws:SourceArn": ["arn:aws:ssm:*:111122223333:maintenancewindow/mw-*", "arn:aws:ssm:*:111122223333:automation-execution/*"]}}}});
        let role = json!({"RoleName": "window", "AssumeRolePolicyDocument": trust.to_string()});
        world.ask("iam", "CreateRole", role).await.unwrap();
        let allowed = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}});
        let policy = json!({"RoleName": "window", "PolicyName": "p", "PolicyDocument": allowed.to_string()});
        world.ask("iam", "PutRolePolicy", policy).await.unwrap();
        world
    }

    async fn ask(&self, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), service, operation, input).await
    }

    /// A window with a task without targets, which invokes a function by the role; registered by `caller`.
    async fn window(&self, caller: &Caller) -> Result<String, AwsError> {
        self.window_with(caller, json!({"TaskType": "LAMBDA", "TaskArn": "SSMNight"})).await
    }

    /// The same with another task.
    async fn window_with(&self, caller: &Caller, mut task: Value) -> Result<String, AwsError> {
        let window =
            json!({"Name": "night", "Schedule": "rate(1 day)", "Duration": 1, "Cutoff": 0, "AllowUnassociatedTargets": false});
        let window = self.ask("ssm", "CreateMaintenanceWindow", window).await.unwrap()["WindowId"].as_str().unwrap().to_owned();
        task["WindowId"] = window.as_str().into();
        task["ServiceRoleArn"] = ROLE.into();
        self.region.call(caller, "ssm", "RegisterTaskWithMaintenanceWindow", task).await?;
        Ok(window)
    }

    /// The task of the window's opening, once it has ended.
    async fn opened(&self, window: &str) -> Value {
        self.region.clock().advance_to(self.region.clock().now() + SignedDuration::from_hours(25));
        let ended = nightproof_poll::until(BOUND, || async {
            let listed = self.ask("ssm", "DescribeMaintenanceWindowExecutions", json!({"WindowId": window})).await.unwrap();
            let execution = listed["WindowExecutions"][0].clone();
            if execution["EndTime"].is_string() { Ok(execution) } else { Err(listed) }
        });
        let execution = ended.await.expect("an end");
        let tasks = json!({"WindowExecutionId": execution["WindowExecutionId"]});
        let tasks = self.ask("ssm", "DescribeMaintenanceWindowExecutionTasks", tasks).await.unwrap();
        tasks["WindowExecutionTaskIdentities"][0].clone()
    }
}

#[tokio::test]
async fn a_task_acts_as_its_role_for_its_window() {
    let world = World::new("ssm.amazonaws.com", &["lambda:InvokeFunction"]).await;
    let window = world.window(&Caller::root(ACCOUNT)).await.unwrap();
    let task = world.opened(&window).await;
    assert_eq!(task["Status"], "SUCCESS", "{task}");
}

#[tokio::test]
async fn a_task_whose_role_may_not_do_it_or_cannot_be_assumed_fails() {
    let world = World::new("ssm.amazonaws.com", &["ssm:SendCommand"]).await;
    let window = world.window(&Caller::root(ACCOUNT)).await.unwrap();
    assert_eq!(world.opened(&window).await["Status"], "FAILED", "it may send commands, and not invoke functions");
    let world = World::new("events.amazonaws.com", &["lambda:InvokeFunction"]).await;
    let window = world.window(&Caller::root(ACCOUNT)).await.unwrap();
    let task = world.opened(&window).await;
    assert!(task["Status"] == "FAILED" && task["StatusDetails"].as_str().unwrap().contains("sts:AssumeRole"), "{task}");
}

#[tokio::test]
async fn a_state_machine_is_started_and_looked_after_by_the_tasks_role() {
    let machine = format!("arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:night");
    let task = || json!({"TaskType": "STEP_FUNCTIONS", "TaskArn": machine});
    for (actions, lacking) in [
        (&["states:StartExecution", "states:DescribeExecution"][..], None),
        (&["states:DescribeExecution"], Some("states:StartExecution")),
        (&["states:StartExecution"], Some("states:DescribeExecution")),
    ] {
        let world = World::new("ssm.amazonaws.com", actions).await;
        let window = world.window_with(&Caller::root(ACCOUNT), task()).await.unwrap();
        let ended = world.opened(&window).await;
        assert_eq!(ended["Status"], if lacking.is_some() { "FAILED" } else { "SUCCESS" }, "{ended}");
        let of_task = json!({"WindowExecutionId": ended["WindowExecutionId"], "TaskId": ended["TaskExecutionId"]});
        let invoked = world.ask("ssm", "DescribeMaintenanceWindowExecutionTaskInvocations", of_task).await.unwrap();
        let details = invoked["WindowExecutionTaskInvocationIdentities"][0]["StatusDetails"].as_str().unwrap_or_default();
        assert!(lacking.map_or(details.is_empty(), |action| details.contains(action)), "{details}");
    }
}

#[tokio::test]
async fn who_registers_a_task_must_be_allowed_to_pass_its_role() {
    let world = World::new("ssm.amazonaws.com", &["lambda:InvokeFunction"]).await;
    world.ask("iam", "CreateUser", json!({"UserName": "ops"})).await.unwrap();
    let user =
        Caller { principal: Principal::User { name: "ops".to_owned(), id: "AIDAEXAMPLE".to_owned() }, ..Caller::root(ACCOUNT) };
    let allow = |actions: Value| {
        let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}});
        json!({"UserName": "ops", "PolicyName": "p", "PolicyDocument": policy.to_string()})
    };
    world.ask("iam", "PutUserPolicy", allow(json!("ssm:*"))).await.unwrap();
    let refused = world.window(&user).await.unwrap_err();
    assert!(refused.code.starts_with("AccessDenied") && refused.message.contains("iam:PassRole"), "{}", refused.message);
    world.ask("iam", "PutUserPolicy", allow(json!(["ssm:*", "iam:PassRole"]))).await.unwrap();
    world.window(&user).await.expect("it may pass the role");
}

/// A runbook that invokes a function, as this role if it names one.
async fn runbook(world: &World, name: &str, role: &str) {
    let steps = json!([{"name": "call", "action": "aws:invokeLambdaFunction", "inputs": {"FunctionName": "night"}}]);
    let content = json!({"schemaVersion": "0.3", "assumeRole": "{{ Role }}", "parameters": {"Role": {"type": "String", "default": role}}, "mainSteps": steps});
    let document = json!({"Name": name, "DocumentType": "Automation", "Content": content.to_string()});
    world.ask("ssm", "CreateDocument", document).await.unwrap();
}

/// The runbook, started by `caller`, once it has ended.
async fn ran(world: &World, caller: &Caller, more: Value) -> Result<Value, AwsError> {
    let mut input = json!({"DocumentName": "dump"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let started = world.region.call(caller, "ssm", "StartAutomationExecution", input).await?;
    let ended = nightproof_poll::until(BOUND, || async {
        let seen = world.ask("ssm", "GetAutomationExecution", started.clone()).await.unwrap()["AutomationExecution"].clone();
        if seen["ExecutionEndTime"].is_string() { Ok(seen) } else { Err(seen) }
    });
    Ok(ended.await.expect("an end"))
}

#[tokio::test]
async fn a_runbook_acts_as_its_role_and_without_one_as_who_started_it() {
    let world = World::new("ssm.amazonaws.com", &["lambda:InvokeFunction"]).await;
    runbook(&world, "dump", ROLE).await;
    let root = Caller::root(ACCOUNT);
    let ended = ran(&world, &root, json!({})).await.unwrap();
    assert_eq!(ended["AutomationExecutionStatus"], "Success", "{ended}");
    runbook(&world, "plain", "").await;
    let ended = ran(&world, &root, json!({"DocumentName": "plain"})).await.unwrap();
    assert_eq!(ended["AutomationExecutionStatus"], "Success", "{ended}");

    let world = World::new("ssm.amazonaws.com", &["ssm:SendCommand"]).await;
    runbook(&world, "dump", ROLE).await;
    let ended = ran(&world, &root, json!({})).await.unwrap();
    assert!(ended["FailureMessage"].as_str().unwrap().contains("lambda:InvokeFunction"), "{ended}");
    let world = World::new("events.amazonaws.com", &["lambda:InvokeFunction"]).await;
    runbook(&world, "dump", ROLE).await;
    let ended = ran(&world, &root, json!({})).await.unwrap();
    assert!(ended["FailureMessage"].as_str().unwrap().contains("unable to be assumed"), "{ended}");
}

#[tokio::test]
async fn who_starts_a_runbook_must_be_allowed_to_pass_its_role_unless_it_is_its_own() {
    let world = World::new("ssm.amazonaws.com", &["lambda:InvokeFunction", "ssm:StartAutomationExecution"]).await;
    runbook(&world, "dump", ROLE).await;
    let session = |role: &str| Caller {
        principal: Principal::AssumedRole { role: role.to_owned(), role_id: "AROAEXAMPLE".to_owned(), session: "s".to_owned() },
        ..Caller::root(ACCOUNT)
    };
    let trust = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}});
    world.ask("iam", "CreateRole", json!({"RoleName": "rule", "AssumeRolePolicyDocument": trust.to_string()})).await.unwrap();
    let allow = |actions: Value, resource: &str| {
        let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": resource}});
        json!({"RoleName": "rule", "PolicyName": "p", "PolicyDocument": policy.to_string()})
    };
    world
        .ask("iam", "PutRolePolicy", allow(json!("ssm:*"), "arn:aws:ssm:*:*:automation-definition/dump:$DEFAULT"))
        .await
        .unwrap();
    let refused = ran(&world, &session("rule"), json!({})).await.unwrap_err();
    assert!(refused.code.starts_with("AccessDenied") && refused.message.contains("iam:PassRole"), "{}", refused.message);
    world.ask("iam", "PutRolePolicy", allow(json!(["ssm:*", "iam:PassRole"]), "*")).await.unwrap();
    ran(&world, &session("rule"), json!({})).await.expect("it may pass the role");
    ran(&world, &session("window"), json!({})).await.expect("the role is its own");
}
