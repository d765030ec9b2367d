//! Run Command from both sides: the operator's calls and the agent's.

mod associations;
mod automation;
mod commands;
mod maintenance_windows;
mod nodes;
mod parameters;
mod rate_control;
mod sessions;
mod status_events;
mod window_roles;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::resource_group::{GroupMembers, GroupQuery};
use nightproof_core::service::{AwsError, Body, Call, Instance, Reply, Service};
use nightproof_core::{Caller, Principal, Region};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::ec2messages::Ec2Messages;
use crate::records::Ssm;
use crate::ssmmessages::SsmMessages;

/// How long a test waits for an event that takes milliseconds on an idle machine.
const BOUND: std::time::Duration = std::time::Duration::from_secs(20);

pub(super) const ACCOUNT: &str = "111122223333";

/// EC2 as far as this service asks it.
#[derive(Default)]
pub(super) struct Instances(Mutex<HashMap<String, (String, Value)>>);

#[async_trait]
impl Service for Instances {
    async fn call(&self, _call: &Call, operation: &str, _input: Value, _body: Body) -> Result<Reply, AwsError> {
        Err(AwsError::not_implemented("ec2", operation))
    }

    fn instances(&self, _region: &Region, _account: &str) -> Vec<Instance> {
        let all = self.0.lock();
        let text = |tag: &Value, name: &str| tag[name].as_str().unwrap().to_owned();
        let tags = |tags: &Value| tags.as_array().unwrap().iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect();
        let seen = |(id, (state, given)): (&String, &(String, Value))| Instance {
            id: id.clone(),
            state: state.clone(),
            tags: tags(given),
        };
        all.iter().map(seen).collect()
    }
}

/// EventBridge as far as this service tells it: kind, instance if there is one, and status of each event.
#[derive(Default)]
pub(super) struct Bus(Mutex<Vec<Value>>);

#[async_trait]
impl Service for Bus {
    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        assert_eq!((operation, call.caller.arn().as_str()), ("PutEvents", "ssm.amazonaws.com"));
        self.0.lock().extend(input["Entries"].as_array().unwrap().clone());
        Ok(json!({"FailedEntryCount": 0, "Entries": []}).into())
    }
}

/// Lambda as far as this service invokes it.
#[derive(Default)]
pub(super) struct Functions(Mutex<Vec<Value>>);

#[async_trait]
impl Service for Functions {
    fn permissions(&self) -> &'static str {
        "Invoke lambda:InvokeFunction function:{FunctionName}\n"
    }

    async fn call(&self, _call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        assert_eq!(operation, "Invoke");
        self.0.lock().push(input);
        Ok(json!({"StatusCode": 202}).into())
    }
}

/// Step Functions as far as this service starts something there: an execution fails whose input says so, and runs at the first look.
#[derive(Default)]
pub(super) struct Machines(Mutex<HashMap<String, (Value, bool)>>);

#[async_trait]
impl Service for Machines {
    fn permissions(&self) -> &'static str {
        "StartExecution states:StartExecution {stateMachineArn}\nDescribeExecution states:DescribeExecution {executionArn}\n"
    }

    async fn call(&self, _call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let since = "2026-11-23T03:00:00Z";
        let mut all = self.0.lock();
        if operation == "StartExecution" {
            let arn = format!("arn:aws:states:us-east-1:{ACCOUNT}:execution:SSMNight:{}", all.len());
            all.insert(arn.clone(), (input, false));
            return Ok(json!({"executionArn": arn, "startDate": since}).into());
        }
        let arn = input["executionArn"].as_str().unwrap();
        let (started, is_looked_at) = all.get_mut(arn).unwrap();
        let mut answer = json!({"executionArn": arn, "stateMachineArn": started["stateMachineArn"], "startDate": since});
        answer["status"] = match std::mem::replace(is_looked_at, true) {
            false => "RUNNING".into(),
            true if started["input"].as_str().is_some_and(|input| input.contains("fail")) => {
                answer["error"] = "BackupFailed".into();
                answer["cause"] = "no space".into();
                "FAILED".into()
            }
            true => "SUCCEEDED".into(),
        };
        Ok(answer.into())
    }
}

/// The calls of Resource Groups that this service makes: a group's name is the value of the tag Backup that its members have; the type of
/// all of them comes first.
pub(super) struct Groups;

#[async_trait]
impl Service for Groups {
    async fn call(&self, _call: &Call, operation: &str, _input: Value, _body: Body) -> Result<Reply, AwsError> {
        Err(AwsError::not_implemented("resource-groups", operation))
    }

    fn resource_group(&self, _account: &str, group: &str) -> Option<GroupQuery> {
        let (kind, value) = group.split_once('-')?;
        let types = vec![format!("AWS::{}", kind.replace('.', "::"))];
        Some(GroupQuery { types, members: GroupMembers::Tags(vec![("Backup".into(), vec![value.into()])]) })
    }
}

/// A region with the services under test.
pub(super) struct Fixture {
    pub(super) region: Region,
    pub(super) service: Arc<Ssm>,
    instances: Arc<Instances>,
    bus: Arc<Bus>,
    functions: Arc<Functions>,
    machines: Arc<Machines>,
    _folder: tempfile::TempDir,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.region.stopping().cancel();
    }
}

impl Fixture {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let region = nightproof_test_region::region(ACCOUNT, folder.path());
        let instances = Arc::new(Instances::default());
        let (bus, ssm) = (Arc::new(Bus::default()), Ssm::new());
        let functions = Arc::new(Functions::default());
        let machines = Arc::new(Machines::default());
        region.install(vec![
            ("events", Arc::clone(&bus) as Arc<dyn Service>),
            ("ec2", Arc::clone(&instances) as Arc<dyn Service>),
            ("ec2messages", Ec2Messages::new(Arc::clone(&ssm))),
            ("lambda", Arc::clone(&functions) as Arc<dyn Service>),
            ("resource-groups", Arc::new(Groups)),
            ("ssmmessages", SsmMessages::new(Arc::clone(&ssm))),
            ("ssm", Arc::clone(&ssm) as Arc<dyn Service>),
            ("states", Arc::clone(&machines) as Arc<dyn Service>),
        ]);
        Self { region, service: ssm, instances, bus, functions, machines, _folder: folder }
    }

    /// What EventBridge was told.
    pub(super) fn events(&self) -> Vec<Value> {
        self.bus.0.lock().clone()
    }

    /// The inputs of what Lambda was asked to invoke.
    pub(super) fn invoked(&self) -> Vec<Value> {
        self.functions.0.lock().clone()
    }

    /// The inputs of what Step Functions was asked to start.
    pub(super) fn started(&self) -> Vec<Value> {
        self.machines.0.lock().values().map(|(input, _)| input.clone()).collect()
    }

    pub(super) fn instance(&self, id: &str, state: &str, tags: &[(&str, &str)]) {
        let tags = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        self.instances.0.lock().insert(id.into(), (state.into(), tags));
    }

    /// A running instance whose agent has reported.
    pub(super) async fn node(&self, id: &str, tags: &[(&str, &str)]) {
        self.instance(id, "running", tags);
        self.agent(
            id,
            "ssm",
            "UpdateInstanceInformation",
            json!({"InstanceId": id, "PlatformType": "Linux", "AgentVersion": "3"}),
        )
        .await
        .unwrap();
    }

    pub(super) async fn ssm(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), "ssm", operation, input).await
    }

    pub(super) async fn agent(&self, id: &str, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        let principal = Principal::AssumedRole { role: "web".into(), role_id: "AROAEXAMPLE".into(), session: id.into() };
        let caller = Caller { account: ACCOUNT.into(), principal, access_key_id: None, source_arn: None, via: None };
        self.region.call(&caller, service, operation, input).await
    }

    pub(super) async fn messages(&self, id: &str) -> Vec<Value> {
        self.messages_hidden_for(id, 10).await
    }

    pub(super) async fn messages_hidden_for(&self, id: &str, seconds: u64) -> Vec<Value> {
        let input = json!({"Destination": id, "MessagesRequestId": "r", "VisibilityTimeoutInSeconds": seconds});
        let output = self.agent(id, "ec2messages", "GetMessages", input).await.unwrap();
        output["Messages"].as_array().unwrap().clone()
    }

    /// What waits for the agent at this moment, without waiting for more.
    pub(super) async fn messages_now(&self, id: &str) -> Vec<Value> {
        tokio::time::timeout(std::time::Duration::from_millis(20), self.messages(id)).await.unwrap_or_default()
    }

    /// Sends `AWS-RunShellScript` and returns the command's id.
    pub(super) async fn send(&self, more: Value) -> String {
        self.send_full(more).await.unwrap()["Command"]["CommandId"].as_str().unwrap().to_owned()
    }

    pub(super) async fn send_full(&self, more: Value) -> Result<Value, AwsError> {
        let mut input = json!({"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["true"]}});
        for (member, value) in more.as_object().unwrap() {
            input[member] = value.clone();
        }
        self.ssm("SendCommand", input).await
    }

    pub(super) async fn reply(&self, command: &str, id: &str, status: &str, code: i64, stdout: &str, stderr: &str) {
        let payload = json!({
            "documentStatus": status,
            "runtimeStatus": {"aws:runShellScript": {
                "status": status, "code": code, "name": "aws:runShellScript",
                "output": format!("{stdout}\n----------ERROR-------\n{stderr}"),
                "standardOutput": stdout, "standardError": stderr,
                "startDateTime": "2026-11-23T03:00:00.000Z", "endDateTime": "2026-11-23T03:00:01.500Z",
            }},
        });
        let message = format!("aws.ssm.{command}.{id}");
        self.agent(id, "ec2messages", "SendReply", json!({"MessageId": message, "ReplyId": "x", "Payload": payload.to_string()}))
            .await
            .unwrap();
    }

    pub(super) async fn acknowledge(&self, command: &str, id: &str) {
        let message = format!("aws.ssm.{command}.{id}");
        self.agent(id, "ec2messages", "AcknowledgeMessage", json!({"MessageId": message})).await.unwrap();
    }

    pub(super) async fn invocation(&self, command: &str, id: &str) -> Value {
        self.ssm("GetCommandInvocation", json!({"CommandId": command, "InstanceId": id})).await.unwrap()
    }

    pub(super) async fn command(&self, command: &str) -> Value {
        self.ssm("ListCommands", json!({"CommandId": command})).await.unwrap()["Commands"][0].clone()
    }
}

#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("ssm", Ssm::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
    let unread = nightproof_core::operation::unread_members("ec2messages", Ec2Messages::INPUTS).expect("structs fit the model");
    assert!(unread.is_empty(), "the agent's calls are answered whole: {unread:?}");
    let unread = nightproof_core::operation::unread_members("ssmmessages", SsmMessages::INPUTS).expect("structs fit the model");
    assert!(unread.is_empty(), "the calls of both ends are answered whole: {unread:?}");
}
