//! Starting a runbook: once, or once for each of its targets.

use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::execution::{AutomationExecution, Outputs, RateControl, Status, StepExecution};
use super::run::Automation;
use super::runbook::Runbook;
use super::scope::{Scope, text_of, texts_of};
use crate::command_parameters::{Given, typed};
use crate::document::Document;
use crate::records::Ssm;

/// What is to run.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    pub(crate) document_name: String,
    /// The number of its version.
    pub(crate) document_version: String,
    pub(crate) document: Document,
    pub(crate) runbook: Runbook,
    pub(crate) parameters: Given,
    pub(crate) caller: Caller,
}

/// A start of one runbook of several, or of the one that there is.
#[derive(Debug, Default)]
pub(super) struct Kinship {
    pub(super) parent: Option<String>,
    pub(super) target: Option<String>,
    pub(super) stop: CancellationToken,
}

fn invalid(error: &AwsError) -> AwsError {
    AwsError::new("InvalidAutomationExecutionParametersException", 400, error.message.clone())
}

impl Start {
    /// The values of all parameters, in their types.
    ///
    /// # Errors
    /// `InvalidAutomationExecutionParametersException`
    pub(super) fn values(&self) -> Result<Map<String, Value>, AwsError> {
        let mut values = Map::new();
        for (name, declared) in &self.document.parameters {
            values.extend(declared.default.clone().map(|value| (name.clone(), value)));
        }
        if let Value::Object(given) = typed(&self.document, &self.parameters).map_err(|error| invalid(&error))? {
            values.extend(given);
        }
        Ok(values)
    }

    /// The same before all parameters are known to be good.
    pub(crate) fn role_given(&self, region: &Region) -> Option<String> {
        self.role(&self.values().ok()?, region)
    }

    /// The ARN of the role that the runbook acts as, if it has one.
    fn role(&self, values: &Map<String, Value>, region: &Region) -> Option<String> {
        let scope = Scope {
            parameters: values.clone(),
            account: self.caller.account.clone(),
            region: region.name().to_owned(),
            ..Scope::default()
        };
        let named = Value::from(self.runbook.assume_role.as_deref()?);
        let role = scope.resolved(&named, Timestamp::UNIX_EPOCH).ok()?;
        Some(text_of(&role)).filter(|role| !role.is_empty())
    }
}

impl Ssm {
    /// Starts a runbook and returns its execution's id.
    ///
    /// # Errors
    /// Parameters that it does not have.
    pub(crate) fn start_automation(
        self: &Arc<Self>,
        region: &Region,
        start: &Start,
        rate: Option<RateControl>,
    ) -> Result<String, AwsError> {
        match rate {
            None => {
                let (id, automation, role) = self.begin(region, start, Kinship::default())?;
                region.tasks().spawn(automation.run(role));
                Ok(id)
            }
            Some(rate) => self.start_for_targets(region, start, rate),
        }
    }

    /// Records a runbook that is to run.
    pub(super) fn begin(
        self: &Arc<Self>,
        region: &Region,
        start: &Start,
        kinship: Kinship,
    ) -> Result<(String, Automation, Option<String>), AwsError> {
        let values = start.values()?;
        let role = start.role(&values, region);
        let execution = record(region, start, values, kinship, None);
        let automation = Automation {
            ssm: Arc::clone(self),
            region: region.clone(),
            account: start.caller.account.clone(),
            id: execution.id.clone(),
            runbook: execution.runbook.clone(),
            caller: start.caller.clone(),
            stop: execution.stop.clone(),
        };
        let id = execution.id.clone();
        self.with(&start.caller.account, |records| records.automations.push(execution));
        Ok((id, automation, role))
    }
}

/// The record of a runbook that begins.
pub(super) fn record(
    region: &Region,
    start: &Start,
    values: Map<String, Value>,
    kinship: Kinship,
    rate: Option<RateControl>,
) -> AutomationExecution {
    let shown = values.iter().map(|(name, value)| (name.clone(), texts_of(value))).collect();
    // The steps of several are each one's own.
    let steps = if rate.is_none() { start.runbook.steps.iter().map(StepExecution::new).collect() } else { Vec::new() };
    AutomationExecution {
        id: uuid::Uuid::new_v4().to_string(),
        document_name: start.document_name.clone(),
        document_version: start.document_version.clone(),
        runbook: start.runbook.clone(),
        parameters: shown,
        values,
        status: Status::InProgress,
        started: region.clock().now(),
        ended: None,
        executed_by: start.caller.arn(),
        failure: String::new(),
        outputs: Outputs::new(),
        steps,
        current: None,
        parent: kinship.parent,
        target: kinship.target,
        rate,
        stop: kinship.stop,
        resumed: false,
        wakes: None,
    }
}

/// The value of the parameter by which targets differ, as it is given.
pub(super) fn for_target(start: &Start, parameter: &str, target: &str) -> Start {
    let mut start = start.clone();
    start.parameters.insert(parameter.to_owned(), vec![target.to_owned()]);
    start
}
