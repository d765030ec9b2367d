//! Executions: starting, stopping, describing and listing them.

use nightproof_core::service::{AwsError, Call, arn};
use serde::Deserialize;
use serde_json::{Value, json};

use super::state_machines::{unqualified, without_data};
use super::{is_name, page};
use crate::error::{invalid_arn, invalid_name, no_machine};
use crate::execution::{Beginning, Execution, Status};
use crate::records::States;
use crate::run::Run;

/// `StartExecution`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartExecution {
    state_machine_arn: String,
    name: Option<String>,
    input: Option<String>,
    trace_header: Option<String>,
}

/// `StopExecution`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StopExecution {
    execution_arn: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    cause: String,
}

/// `DescribeExecution`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeExecution {
    execution_arn: String,
    included_data: Option<String>,
}

/// `DescribeStateMachineForExecution`.
/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachineForExecution.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeStateMachineForExecution {
    execution_arn: String,
    included_data: Option<String>,
}

/// `ListExecutions`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListExecutions {
    state_machine_arn: Option<String>,
    status_filter: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `GetExecutionHistory`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GetExecutionHistory {
    execution_arn: String,
    max_results: Option<usize>,
    #[serde(default)]
    reverse_order: bool,
    next_token: Option<String>,
    include_execution_data: Option<bool>,
}

impl States {
    pub(crate) async fn start_execution(&self, call: &Call, input: StartExecution) -> Result<Value, AwsError> {
        let machine_arn = unqualified(&input.state_machine_arn)?.to_owned();
        let name = input.name.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        if !is_name(&name) {
            return Err(invalid_name(&name));
        }
        let text = input.input.unwrap_or_else(|| "{}".to_owned());
        let invalid =
            |error| AwsError::new("InvalidExecutionInput", 400, format!("Invalid State Machine Execution Input: '{error}'"));
        let document: Value = serde_json::from_str(&text).map_err(invalid)?;
        let states = self.this.upgrade().ok_or_else(|| AwsError::internal("the service is gone"))?;
        let run = self.with(call.account(), |records| {
            let machine = records.machine(&machine_arn)?;
            let arn = call.arn("states", format!("execution:{}:{name}", machine.name));
            let (machine_name, revision) = (machine.name.clone(), machine.revision.clone());
            if let Ok(known) = records.execution(&arn) {
                if known.status == Status::Running && known.input == text {
                    return Ok(Err(json!({ "executionArn": arn, "startDate": known.started.to_string() })));
                }
                return Err(AwsError::new("ExecutionAlreadyExists", 400, format!("Execution Already Exists: '{arn}'")));
            }
            let beginning = Beginning {
                arn,
                name,
                machine_arn,
                machine_name,
                revision,
                input: text,
                trace_header: input.trace_header,
                now: call.now,
            };
            let execution = Execution::new(beginning);
            let run = Run::new(states, call, &execution);
            records.executions.push(execution);
            Ok(Ok(run))
        });
        let run = match run? {
            Ok(run) => run,
            Err(known) => return Ok(known),
        };
        let started = json!({ "executionArn": run.execution_arn(), "startDate": call.now.to_string() });
        let in_flight = self.in_flight.begin();
        call.region.tasks().spawn(run.whole(document, in_flight));
        Ok(started)
    }

    pub(crate) fn stop_execution(&self, call: &Call, input: StopExecution) -> Result<Value, AwsError> {
        let arn = of_execution(&input.execution_arn)?;
        self.with(call.account(), |records| {
            let execution = records.execution(arn)?;
            if execution.status == Status::Running {
                let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
                execution.failure = Some((said(&input.error), said(&input.cause)));
                execution.stop.cancel();
            }
            Ok(json!({ "stopDate": execution.stopped.unwrap_or(call.now).to_string() }))
        })
    }

    pub(crate) fn describe_execution(&self, call: &Call, input: DescribeExecution) -> Result<Value, AwsError> {
        let arn = of_execution(&input.execution_arn)?;
        let mut shown = self.with(call.account(), |records| records.execution(arn).map(|execution| execution.describe()))?;
        if input.included_data.as_deref() == Some("METADATA_ONLY")
            && let Some(members) = shown.as_object_mut()
        {
            for name in ["input", "inputDetails", "output", "outputDetails", "error", "cause"] {
                members.shift_remove(name);
            }
        }
        Ok(shown)
    }

    pub(crate) fn describe_state_machine_for_execution(
        &self,
        call: &Call,
        input: DescribeStateMachineForExecution,
    ) -> Result<Value, AwsError> {
        let arn = of_execution(&input.execution_arn)?;
        let mut shown = self.with(call.account(), |records| {
            let execution = records.execution(arn)?;
            let mut shown = execution.revision.describe(&execution.machine_arn, &execution.machine_name);
            if let Some(members) = shown.as_object_mut() {
                members.insert("updateDate".to_owned(), execution.revision.updated.to_string().into());
            }
            Ok::<_, AwsError>(shown)
        })?;
        without_data(&mut shown, input.included_data.as_deref());
        Ok(shown)
    }

    /// The latest come first.
    pub(crate) fn list_executions(&self, call: &Call, input: ListExecutions) -> Result<Value, AwsError> {
        let arn = input.state_machine_arn.as_deref().ok_or_else(|| {
            AwsError::validation("Must provide a value for one of the following parameters: stateMachineArn, mapRunArn")
        })?;
        let arn = unqualified(arn)?;
        let items = self.with(call.account(), |records| {
            let of_machine = |one: &&Execution| one.machine_arn == arn;
            let is_wanted = |one: &&Execution| input.status_filter.as_deref().is_none_or(|status| status == one.status.as_str());
            let found = records.executions.iter().rev().filter(of_machine).filter(is_wanted).map(Execution::summary).collect();
            records.machines.values().any(|machine| machine.arn == arn).then_some(found).ok_or_else(|| no_machine(arn))
        })?;
        page("executions", items, input.next_token.as_deref(), input.max_results)
    }

    pub(crate) fn get_execution_history(&self, call: &Call, input: GetExecutionHistory) -> Result<Value, AwsError> {
        let arn = of_execution(&input.execution_arn)?;
        let mut events = self.with(call.account(), |records| records.execution(arn).map(|one| one.history().to_vec()))?;
        if input.reverse_order {
            events.reverse();
        }
        if input.include_execution_data == Some(false) {
            events.iter_mut().for_each(without_payloads);
        }
        page("events", events, input.next_token.as_deref(), input.max_results)
    }
}

/// An event without inputs and outputs.
fn without_payloads(event: &mut Value) {
    let details = event.as_object_mut().into_iter().flat_map(|members| members.values_mut()).filter_map(Value::as_object_mut);
    for members in details {
        for name in ["input", "inputDetails", "output", "outputDetails"] {
            members.shift_remove(name);
        }
    }
}

/// The ARN of an execution.
fn of_execution(arn: &str) -> Result<&str, AwsError> {
    let is_one = arn::service_of(arn) == "states" && arn::resource_of(arn).starts_with("execution:");
    is_one.then_some(arn).ok_or_else(|| invalid_arn(arn))
}
