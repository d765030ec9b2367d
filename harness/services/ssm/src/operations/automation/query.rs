//! What automations did: GetAutomationExecution, DescribeAutomationExecutions, DescribeAutomationStepExecutions.

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::automation::execution::{AutomationExecution, StepExecution};
use crate::page::page;
use crate::records::Ssm;

/// `GetAutomationExecution`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetAutomationExecution.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetAutomationExecution {
    automation_execution_id: String,
}

/// `DescribeAutomationExecutions`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeAutomationExecutions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeAutomationExecutions {
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `DescribeAutomationStepExecutions`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeAutomationStepExecutions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeAutomationStepExecutions {
    automation_execution_id: String,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
    #[serde(default)]
    reverse_order: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    values: Vec<String>,
}

impl Filter {
    fn has(&self, value: &str) -> bool {
        self.values.iter().any(|wanted| wanted == value)
    }

    fn time(&self) -> Result<Timestamp, AwsError> {
        let time = self.values.first().and_then(|value| value.parse().ok());
        time.ok_or_else(|| AwsError::new("InvalidFilterValue", 400, format!("The value of the filter {} isn't valid.", self.key)))
    }

    fn lacking(&self, operation: &str) -> AwsError {
        AwsError::not_implemented("ssm", &format!("the filter {} of {operation}", self.key))
    }

    fn takes(&self, execution: &AutomationExecution) -> Result<bool, AwsError> {
        Ok(match self.key.as_str() {
            "DocumentNamePrefix" => self.values.iter().any(|prefix| execution.document_name.starts_with(prefix)),
            "ExecutionStatus" => self.has(execution.status.as_str()),
            "ExecutionId" => self.has(&execution.id),
            "ParentExecutionId" => execution.parent.as_ref().is_some_and(|parent| self.has(parent)),
            "StartTimeBefore" => execution.started < self.time()?,
            "StartTimeAfter" => execution.started > self.time()?,
            "AutomationType" => self.has("Local"),
            _ => return Err(self.lacking("DescribeAutomationExecutions")),
        })
    }

    fn takes_step(&self, step: &StepExecution) -> Result<bool, AwsError> {
        Ok(match self.key.as_str() {
            "StepExecutionStatus" => self.has(step.status.as_str()),
            "StepExecutionId" => self.has(&step.id),
            "StepName" => self.has(&step.step.name),
            "Action" => self.has(&step.step.action),
            "StartTimeBefore" => step.started.is_some_and(|started| self.time().is_ok_and(|time| started < time)),
            "StartTimeAfter" => step.started.is_some_and(|started| self.time().is_ok_and(|time| started > time)),
            _ => return Err(self.lacking("DescribeAutomationStepExecutions")),
        })
    }
}

impl Ssm {
    /// Runs `act` on an automation of the caller's account.
    pub(super) fn with_automation<T>(
        &self,
        call: &Call,
        id: &str,
        act: impl FnOnce(&mut AutomationExecution) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let absent = || {
            let message = format!("Automation execution {id} does not exist.");
            AwsError::new("AutomationExecutionNotFoundException", 400, message)
        };
        self.with(call.account(), |records| records.automation(id).ok_or_else(absent).and_then(act))
    }

    pub(crate) fn get_automation_execution(&self, call: &Call, input: GetAutomationExecution) -> Result<Value, AwsError> {
        self.with_automation(call, &input.automation_execution_id, |execution| {
            Ok(json!({ "AutomationExecution": execution.describe() }))
        })
    }

    /// The latest comes first.
    pub(crate) fn describe_automation_executions(
        &self,
        call: &Call,
        input: DescribeAutomationExecutions,
    ) -> Result<Value, AwsError> {
        let found = self.with(call.account(), |records| {
            let mut found = Vec::new();
            for execution in records.automations.iter().rev() {
                let taken = input.filters.iter().try_fold(true, |so_far, filter| Ok(so_far & filter.takes(execution)?))?;
                found.extend(taken.then(|| execution.summary()));
            }
            Ok::<_, AwsError>(found)
        })?;
        page("AutomationExecutionMetadataList", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }

    pub(crate) fn describe_automation_step_executions(
        &self,
        call: &Call,
        input: DescribeAutomationStepExecutions,
    ) -> Result<Value, AwsError> {
        let mut found = self.with_automation(call, &input.automation_execution_id, |execution| {
            let mut found = Vec::new();
            for step in &execution.steps {
                let taken = input.filters.iter().try_fold(true, |so_far, filter| Ok(so_far & filter.takes_step(step)?))?;
                found.extend(taken.then(|| step.describe()));
            }
            Ok(found)
        })?;
        if input.reverse_order {
            found.reverse();
        }
        page("StepExecutions", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }
}
