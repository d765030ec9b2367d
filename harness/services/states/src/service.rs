//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::operations::executions::{
    DescribeExecution, DescribeStateMachineForExecution, GetExecutionHistory, ListExecutions, StartExecution, StopExecution,
};
use crate::operations::state_machines::{
    CreateStateMachine, DeleteStateMachine, DescribeStateMachine, ListStateMachines, UpdateStateMachine,
    ValidateStateMachineDefinition,
};
use crate::operations::tags::{ListTagsForResource, TagResource, UntagResource};
use crate::operations::tokens::{SendTaskFailure, SendTaskHeartbeat, SendTaskSuccess};
use crate::records::States;

operations!("states", States:
    CreateStateMachine => create_state_machine.await: ["= stateMachine:{name}", "states:TagResource stateMachine:{name} ?tags", "iam:PassRole {roleArn} iam:PassedToService='states.amazonaws.com'"],
    DeleteStateMachine => delete_state_machine: ["= {stateMachineArn}"],
    DescribeExecution => describe_execution: ["= {executionArn}"],
    DescribeStateMachine => describe_state_machine: ["= {stateMachineArn}"],
    DescribeStateMachineForExecution => describe_state_machine_for_execution: ["= {executionArn}"],
    GetExecutionHistory => get_execution_history: ["= {executionArn}"],
    ListExecutions => list_executions: ["= {stateMachineArn}"],
    ListStateMachines => list_state_machines: ["= *"],
    ListTagsForResource => list_tags_for_resource: ["= {resourceArn}"],
    SendTaskFailure => send_task_failure: ["= *"],
    SendTaskHeartbeat => send_task_heartbeat: ["= *"],
    SendTaskSuccess => send_task_success: ["= *"],
    StartExecution => start_execution.await: ["= {stateMachineArn}"],
    StopExecution => stop_execution: ["= {executionArn}"],
    TagResource => tag_resource: ["= {resourceArn}"],
    UntagResource => untag_resource: ["= {resourceArn}"],
    UpdateStateMachine => update_state_machine.await: ["= {stateMachineArn}", "iam:PassRole {roleArn} ?roleArn iam:PassedToService='states.amazonaws.com'"],
    ValidateStateMachineDefinition => validate_state_machine_definition: ["= *"],
);

#[async_trait]
impl Service for States {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.tags_of(account, arn)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        self.with(call.account(), |records| {
            records.machines.values().map(|machine| Tagged { arn: machine.arn.clone(), tags: machine.tags.pairs() }).collect()
        })
    }
}
