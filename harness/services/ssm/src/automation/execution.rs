//! What became of a runbook.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::runbook::{Runbook, RunbookStep};
use crate::command::Target;
use crate::command_parameters::Given;

/// Where a runbook or a step of it stands.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AutomationExecution.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Pending,
    InProgress,
    /// For somebody to resume it.
    Waiting,
    Success,
    TimedOut,
    Cancelled,
    Failed,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Waiting => "Waiting",
            Self::Success => "Success",
            Self::TimedOut => "TimedOut",
            Self::Cancelled => "Cancelled",
            Self::Failed => "Failed",
        }
    }

    pub(crate) const fn terminal(self) -> bool {
        matches!(self, Self::Success | Self::TimedOut | Self::Cancelled | Self::Failed)
    }
}

/// Outputs by name, as they are shown.
pub(crate) type Outputs = BTreeMap<String, Vec<String>>;

/// A runbook at work, or the runbooks of several targets.
#[derive(Debug)]
pub(crate) struct AutomationExecution {
    pub(crate) id: String,
    pub(crate) document_name: String,
    pub(crate) document_version: String,
    pub(crate) runbook: Runbook,
    /// As they were given, with the defaults of the others.
    pub(crate) parameters: Given,
    /// The same in the types of the document.
    pub(crate) values: Map<String, Value>,
    pub(crate) status: Status,
    pub(crate) started: Timestamp,
    pub(crate) ended: Option<Timestamp>,
    /// The ARN of who started it.
    pub(crate) executed_by: String,
    pub(crate) failure: String,
    pub(crate) outputs: Outputs,
    pub(crate) steps: Vec<StepExecution>,
    /// The step that runs.
    pub(crate) current: Option<usize>,
    /// The execution whose target this one is for.
    pub(crate) parent: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) rate: Option<RateControl>,
    /// Cancelled when it is to stop.
    pub(crate) stop: CancellationToken,
    /// Whether a step that waits may go on.
    pub(crate) resumed: bool,
    /// Until when its step sleeps.
    pub(crate) wakes: Option<Timestamp>,
}

/// Targets of a runbook that runs for each of them.
#[derive(Debug, Clone)]
pub(crate) struct RateControl {
    pub(crate) parameter: String,
    pub(crate) targets: Vec<Target>,
    pub(crate) concurrency: String,
    pub(crate) errors: String,
    pub(crate) resolved: Vec<String>,
}

/// What became of a step.
#[derive(Debug, Clone)]
pub(crate) struct StepExecution {
    pub(crate) id: String,
    pub(crate) step: RunbookStep,
    pub(crate) status: Status,
    pub(crate) started: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) inputs: BTreeMap<String, String>,
    pub(crate) outputs: Outputs,
    pub(crate) response_code: String,
    pub(crate) failure: String,
}

impl StepExecution {
    pub(crate) fn new(step: &RunbookStep) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            step: step.clone(),
            status: Status::Pending,
            started: None,
            ended: None,
            inputs: BTreeMap::new(),
            outputs: Outputs::new(),
            response_code: String::new(),
            failure: String::new(),
        }
    }

    /// The `StepExecution` of the API.
    pub(crate) fn describe(&self) -> Value {
        let mut shown = json!({
            "StepName": self.step.name,
            "Action": self.step.action,
            "OnFailure": self.step.on_failure_text(),
            "MaxAttempts": self.step.max_attempts(),
            "StepStatus": self.status.as_str(),
            "StepExecutionId": self.id,
            "Inputs": self.inputs,
            "Outputs": self.outputs,
            "IsEnd": self.step.is_end(),
            "IsCritical": self.step.is_critical(),
        });
        let times = [("ExecutionStartTime", self.started), ("ExecutionEndTime", self.ended)];
        let texts = [
            ("NextStep", self.step.next_step.clone().unwrap_or_default()),
            ("ResponseCode", self.response_code.clone()),
            ("FailureMessage", self.failure.clone()),
        ];
        let times = times.into_iter().map(|(name, time)| (name, time.map(|time| time.to_string()).unwrap_or_default()));
        if let Some(members) = shown.as_object_mut() {
            for (name, text) in times.chain(texts) {
                if !text.is_empty() {
                    members.insert(name.to_owned(), text.into());
                }
            }
            members.extend(self.step.timeout().map(|seconds| ("TimeoutSeconds".to_owned(), seconds.into())));
        }
        shown
    }
}

impl AutomationExecution {
    /// What both descriptions of it have.
    fn described(&self) -> Map<String, Value> {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        put("AutomationExecutionId", self.id.as_str().into());
        put("DocumentName", self.document_name.as_str().into());
        put("DocumentVersion", self.document_version.as_str().into());
        put("AutomationExecutionStatus", self.status.as_str().into());
        put("ExecutionStartTime", self.started.to_string().into());
        put("ExecutedBy", self.executed_by.as_str().into());
        put("Mode", "Auto".into());
        put("Outputs", json!(self.outputs));
        if let Some(ended) = self.ended {
            put("ExecutionEndTime", ended.to_string().into());
        }
        if !self.failure.is_empty() {
            put("FailureMessage", self.failure.as_str().into());
        }
        if let Some(step) = self.current.and_then(|index| self.steps.get(index)) {
            put("CurrentStepName", step.step.name.as_str().into());
            put("CurrentAction", step.step.action.as_str().into());
        }
        if let Some(parent) = &self.parent {
            put("ParentAutomationExecutionId", parent.as_str().into());
        }
        if let Some(target) = &self.target {
            put("Target", target.as_str().into());
        }
        if let Some(rate) = &self.rate {
            put("TargetParameterName", rate.parameter.as_str().into());
            put("Targets", json!(rate.targets));
            put("MaxConcurrency", rate.concurrency.as_str().into());
            put("MaxErrors", rate.errors.as_str().into());
            put("ResolvedTargets", json!({ "ParameterValues": rate.resolved, "Truncated": false }));
        }
        members
    }

    /// The `AutomationExecutionMetadata` of the API.
    pub(crate) fn summary(&self) -> Value {
        let mut members = self.described();
        members.insert("AutomationType".to_owned(), "Local".into());
        members.into()
    }

    /// The `AutomationExecution` of the API.
    pub(crate) fn describe(&self) -> Value {
        let mut members = self.described();
        let count = |wanted: Status| self.steps.iter().filter(|step| step.status == wanted).count();
        let counters = json!({
            "TotalSteps": self.steps.len(),
            "SuccessSteps": count(Status::Success),
            "FailedSteps": count(Status::Failed),
            "CancelledSteps": count(Status::Cancelled),
            "TimedOutSteps": count(Status::TimedOut),
        });
        let steps: Vec<Value> = self.steps.iter().map(StepExecution::describe).collect();
        members.insert("StepExecutions".to_owned(), steps.into());
        members.insert("StepExecutionsTruncated".to_owned(), false.into());
        members.insert("Parameters".to_owned(), json!(self.parameters));
        members.insert("ProgressCounters".to_owned(), counters);
        members.into()
    }

    /// Nothing more will happen. What was not begun stays so.
    pub(crate) fn end(&mut self, status: Status, failure: &str, now: Timestamp) {
        (self.status, self.ended, self.current) = (status, Some(now), None);
        failure.clone_into(&mut self.failure);
    }
}
