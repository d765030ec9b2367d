//! Calls of Step Functions through a region where policies are in force, with doubles of the services that state machines call.

mod executions;
mod state_machines;
mod tasks;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_authorization::Authorizer;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use nightproof_core::{Caller, Region};
use nightproof_service_iam::Iam;
use nightproof_service_sqs::Sqs;
use nightproof_service_sts::Sts;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::records::States;

const ACCOUNT: &str = "111122223333";
const ROLE: &str = "arn:aws:iam::111122223333:role/night";
const MACHINE: &str = "arn:aws:states:us-east-1:111122223333:stateMachine:night";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:f";
/// How long a test waits for what takes milliseconds on an idle machine.
const BOUND: Duration = Duration::from_secs(20);

/// Stands in for a service: keeps its calls, and answers what it is told to, in that order.
#[derive(Default)]
struct Double {
    calls: Mutex<Vec<(String, String, Value)>>,
    answers: Mutex<VecDeque<Result<Value, AwsError>>>,
}

#[async_trait]
impl Service for Double {
    fn permissions(&self) -> &'static str {
        "SendCommand = document/{DocumentName}\nGetCommandInvocation = *\nInvoke lambda:InvokeFunction {FunctionName}\nPutEvents = *\n"
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.calls.lock().push((call.caller.arn(), operation.to_owned(), input));
        let answer = self.answers.lock().pop_front();
        answer.unwrap_or_else(|| Ok(json!({}))).map(Reply::from)
    }
}

struct World {
    region: Region,
    states: Arc<States>,
    ssm: Arc<Double>,
    lambda: Arc<Double>,
    bus: Arc<Double>,
}

impl World {
    /// A region in which `states.amazonaws.com` may assume a role that may send commands with one document, invoke one function, send messages to one queue and
    /// start state machines.
    async fn new() -> Self {
        let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
        let (iam, states) = (Iam::new(), States::new());
        let sts = Sts::new(iam.clone());
        region.set_authorizer(Authorizer::new(iam.clone(), sts.clone()));
        let (ssm, lambda, bus) = (Arc::<Double>::default(), Arc::<Double>::default(), Arc::<Double>::default());
        region.install(vec![
            ("events", Arc::clone(&bus) as Arc<dyn Service>),
            ("iam", iam),
            ("lambda", Arc::clone(&lambda) as _),
            ("sqs", Sqs::new()),
            ("ssm", Arc::clone(&ssm) as _),
            ("states", Arc::clone(&states) as _),
            ("sts", sts),
        ]);
        let world = Self { region, states, ssm, lambda, bus };
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Principal": { "Service": "states.amazonaws.com" }, "Action": "sts:AssumeRole" }],
        });
        let role = json!({ "RoleName": "night", "AssumeRolePolicyDocument": trust.to_string() });
        world.ask("iam", "CreateRole", role).await.expect("a role");
        let allowed = json!({
            "Version": "2012-10-17",
            "Statement": [
                { "Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "arn:aws:ssm:*:*:document/AWS-RunShellScript" },
                { "Effect": "Allow", "Action": "ssm:GetCommandInvocation", "Resource": "*" },
                { "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": FUNCTION },
                { "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:111122223333:nights" },
                {
                    "Effect": "Allow",
                    "Action": ["states:StartExecution", "states:DescribeExecution", "states:StopExecution"],
                    "Resource": "*",
                },
                {
                    "Effect": "Allow",
                    "Action": ["events:PutRule", "events:PutTargets", "events:DescribeRule"],
                    "Resource": "arn:aws:events:*:*:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule",
                },
            ],
        });
        let policy = json!({ "RoleName": "night", "PolicyName": "p", "PolicyDocument": allowed.to_string() });
        world.ask("iam", "PutRolePolicy", policy).await.expect("a policy");
        world
    }

    async fn ask(&self, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), service, operation, input).await
    }

    async fn call(&self, operation: &str, input: Value) -> Value {
        self.ask("states", operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn refused(&self, operation: &str, input: Value) -> String {
        let error = self.ask("states", operation, input).await.expect_err("refused");
        format!("{} {}: {}", error.status, error.code, error.message)
    }

    /// A state machine `night` with these states.
    async fn machine(&self, start: &str, states: Value) {
        let definition = json!({ "StartAt": start, "States": states });
        self.call("CreateStateMachine", json!({ "name": "night", "definition": definition.to_string(), "roleArn": ROLE })).await;
    }

    async fn start(&self, input: Value) -> String {
        let started = self.call("StartExecution", json!({ "stateMachineArn": MACHINE, "input": input.to_string() })).await;
        started["executionArn"].as_str().unwrap().to_owned()
    }

    /// What an execution ended as, with the clock moved to whatever it waits for.
    async fn ended(&self, execution: &str) -> Value {
        let ended = nightproof_poll::until(BOUND, || async {
            let described = self.call("DescribeExecution", json!({ "executionArn": execution })).await;
            if described["status"] != "RUNNING" {
                return Ok(described);
            }
            if self.states.quiet().await
                && let Some(wake) = self.states.next_wake(ACCOUNT)
            {
                self.region.clock().advance_to(wake);
            }
            Err(described)
        });
        ended.await.unwrap_or_else(|last| panic!("{last}: {:?}", self.states.next_wake(ACCOUNT)))
    }

    /// What a state machine with these states makes of an input.
    async fn run(&self, start: &str, states: Value, input: Value) -> Value {
        self.machine(start, states).await;
        let execution = self.start(input).await;
        self.ended(&execution).await
    }

    async fn history(&self, execution: &str) -> Vec<Value> {
        let history = self.call("GetExecutionHistory", json!({ "executionArn": execution, "maxResults": 1000 })).await;
        history["events"].as_array().unwrap().clone()
    }
}

/// The output of an execution that succeeded.
fn output(described: &Value) -> Value {
    assert_eq!(described["status"], "SUCCEEDED", "{described}");
    serde_json::from_str(described["output"].as_str().unwrap()).unwrap()
}

/// Error and cause of one that failed.
fn failure(described: &Value) -> (&str, &str) {
    assert_eq!(described["status"], "FAILED", "{described}");
    (described["error"].as_str().unwrap_or_default(), described["cause"].as_str().unwrap_or_default())
}

/// What a function answers.
fn answered(payload: &Value) -> Value {
    json!({ "StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": STANDARD.encode(payload.to_string()) })
}

#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    insta::assert_snapshot!(nightproof_core::operation::unread_members("states", States::INPUTS).unwrap().join("\n"));
}
