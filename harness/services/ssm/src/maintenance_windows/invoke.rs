//! One invocation of a task: the call, and its end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::service::AwsError;
use serde_json::{Map, Value, json};

use crate::automation::execution::Status as Automated;

use super::execution::{Progress, Status, TaskInvocation};
use super::pseudo_parameters::PseudoParameters;
use super::state_machine;
use super::task_run::{TaskRun, Unit};

impl TaskRun {
    /// Invokes the task on a unit, and returns how it ended.
    pub(super) async fn invoke(&self, unit: Unit) -> Status {
        let id = uuid::Uuid::new_v4().to_string();
        let input = self.input(&unit, &id);
        let begun = TaskInvocation {
            id: id.clone(),
            execution: String::new(),
            parameters: self.shown(&unit, &input).to_string(),
            progress: Progress::new(self.opening.region.clock().now()),
            owner_information: unit.owner_information,
            window_target: unit.window_target,
        };
        self.opening.change_task(&self.id, |task| task.invocations.push(begun));
        let ended = match self.task.task_type.as_str() {
            "RUN_COMMAND" => self.run_command(&id, input).await,
            "AUTOMATION" => self.run_automation(&id, input).await,
            "LAMBDA" => self.invoke_function(input).await,
            "STEP_FUNCTIONS" => self.run_state_machine(&id, input).await,
            other => Err(AwsError::not_implemented("ssm", &format!("a maintenance window task of type {other}"))),
        };
        let (status, details) = ended.unwrap_or_else(|error| (Status::Failed, format!("{}: {}", error.code, error.message)));
        let now = self.opening.region.clock().now();
        self.change(&id, |invocation| invocation.progress.end(status, &details, now));
        status
    }

    pub(super) fn change(&self, id: &str, act: impl FnOnce(&mut TaskInvocation)) {
        self.opening.change_task(&self.id, |task| task.invocations.iter_mut().find(|invocation| invocation.id == id).map(act));
    }

    /// The input of the call, with the values of pseudo parameters.
    fn input(&self, unit: &Unit, id: &str) -> Map<String, Value> {
        let values = PseudoParameters {
            invocation: id,
            window: &self.opening.window,
            window_execution: &self.opening.execution,
            window_task: &self.window_task,
            window_target: unit.window_target.as_deref(),
            resource: unit.resource.as_deref(),
        };
        let parameters = &self.task.task_invocation_parameters;
        let (given, more) = match self.task.task_type.as_str() {
            "RUN_COMMAND" => {
                let (concurrency, errors) = self.task.rate();
                let command = json!({
                    "DocumentName": self.task.task_arn,
                    "InstanceIds": unit.nodes,
                    "MaxConcurrency": concurrency,
                    "MaxErrors": errors,
                });
                (json!(parameters.run_command.clone().unwrap_or_default()), command)
            }
            "AUTOMATION" => {
                (json!(parameters.automation.clone().unwrap_or_default()), json!({ "DocumentName": self.task.task_arn }))
            }
            "STEP_FUNCTIONS" => {
                let given = json!(parameters.step_functions.clone().unwrap_or_default());
                return state_machine::start(&self.task.task_arn, &members(values.filled(&given)));
            }
            _ => {
                let mut lambda = parameters.lambda.clone().unwrap_or_default();
                lambda.payload = lambda.payload.map(|payload| filled_payload(&values, &payload));
                (json!(lambda), json!({ "FunctionName": self.task.task_arn, "InvocationType": "Event" }))
            }
        };
        let mut input = members(values.filled(&given));
        input.extend(members(more));
        if let (Some(logging), "RUN_COMMAND") = (&self.task.logging_info, self.task.task_type.as_str()) {
            input.entry("OutputS3BucketName").or_insert_with(|| logging.bucket.as_str().into());
            if let Some(prefix) = &logging.prefix {
                input.entry("OutputS3KeyPrefix").or_insert_with(|| prefix.as_str().into());
            }
        }
        input
    }

    /// The parameters as the record of an invocation has them.
    fn shown(&self, unit: &Unit, input: &Map<String, Value>) -> Value {
        match self.task.task_type.as_str() {
            "RUN_COMMAND" => json!({
                "documentName": self.task.task_arn,
                "instanceIds": unit.nodes,
                "parameters": input.get("Parameters").cloned().unwrap_or_else(|| json!({})),
                "maxConcurrency": input.get("MaxConcurrency"),
                "maxErrors": input.get("MaxErrors"),
            }),
            "AUTOMATION" => json!({
                "documentName": self.task.task_arn,
                "documentVersion": input.get("DocumentVersion"),
                "parameters": input.get("Parameters"),
            }),
            // What was handed to StartExecution.
            "STEP_FUNCTIONS" => json!(input),
            _ => {
                json!({ "functionName": self.task.task_arn, "payload": input.get("Payload"), "qualifier": input.get("Qualifier") })
            }
        }
    }

    pub(super) async fn call(&self, service: &str, operation: &str, input: Map<String, Value>) -> Result<Value, AwsError> {
        self.opening.region.call(&self.caller, service, operation, input.into()).await
    }

    /// Sends the command and waits for its end, or for the cutoff if that ends it.
    async fn run_command(&self, id: &str, input: Map<String, Value>) -> Result<(Status, String), AwsError> {
        let sent = self.call("ssm", "SendCommand", input).await?;
        let command = sent.pointer("/Command/CommandId").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.change(id, |invocation| invocation.execution.clone_from(&command));
        let opening = &self.opening;
        let ended = opening.ssm.command_ended(&opening.region, &opening.account, &command);
        let verdict = tokio::select! {
            verdict = ended => verdict,
            () = opening.region.clock().sleep_until(opening.cutoff), if self.task.is_cancelled_at_cutoff() => {
                self.call("ssm", "CancelCommand", members(json!({ "CommandId": command }))).await?;
                return Ok((Status::TimedOut, "The cutoff time of the maintenance window was reached.".to_owned()));
            }
        };
        Ok(match verdict {
            None => (Status::Cancelled, String::new()),
            Some(verdict) => {
                let status = match verdict.status {
                    "Success" => Status::Success,
                    "TimedOut" => Status::TimedOut,
                    "Cancelled" => Status::Cancelled,
                    _ => Status::Failed,
                };
                (status, verdict.details.to_owned())
            }
        })
    }

    /// Starts the runbook and waits for its end, whatever the cutoff.
    async fn run_automation(&self, id: &str, input: Map<String, Value>) -> Result<(Status, String), AwsError> {
        let started = self.call("ssm", "StartAutomationExecution", input).await?;
        let execution = started.get("AutomationExecutionId").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.change(id, |invocation| invocation.execution.clone_from(&execution));
        let opening = &self.opening;
        let ended = opening.ssm.automation_ended(&opening.region, &opening.account, &execution).await;
        Ok(match ended {
            Some((Automated::Success, _)) => (Status::Success, String::new()),
            Some((Automated::TimedOut, why)) => (Status::TimedOut, why),
            Some((Automated::Cancelled, why)) => (Status::Cancelled, why),
            Some((_, why)) => (Status::Failed, why),
            None => (Status::Cancelled, String::new()),
        })
    }

    /// Invokes the function with an event; what becomes of it, its log says.
    async fn invoke_function(&self, input: Map<String, Value>) -> Result<(Status, String), AwsError> {
        self.call("lambda", "Invoke", input).await?;
        Ok((Status::Success, String::new()))
    }
}

fn members(document: Value) -> Map<String, Value> {
    match document {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The payload of a function, base64, with the values of pseudo parameters. What is no text stays as it is.
fn filled_payload(values: &PseudoParameters<'_>, payload: &str) -> String {
    let text = STANDARD.decode(payload).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.map_or_else(|| payload.to_owned(), |text| STANDARD.encode(values.fill(&text)))
}
