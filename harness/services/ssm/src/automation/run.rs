//! A runbook at work: its steps, one after the other.

use std::sync::Arc;

use nightproof_core::delivery::assume;
use nightproof_core::service::{Arn, AwsError};
use nightproof_core::{Caller, Region};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::execution::{AutomationExecution, Status};
use super::runbook::{OnFailure, Runbook};
use super::scope::{Scope, texts_of};
use crate::records::Ssm;

/// The service principal that roles of runbooks trust.
const PRINCIPAL: &str = "ssm.amazonaws.com";

/// A runbook at work.
pub(super) struct Automation {
    pub(super) ssm: Arc<Ssm>,
    pub(super) region: Region,
    pub(super) account: String,
    pub(super) id: String,
    pub(super) runbook: Runbook,
    /// Whom it acts as.
    pub(super) caller: Caller,
    pub(super) stop: CancellationToken,
}

impl Automation {
    /// Runs it to its end, as its role if it has one, and else as who started it.
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/running-automations-security.html>
    pub(super) async fn run(mut self, role: Option<String>) -> Status {
        if let Some(role) = role {
            let execution = Arn::new("ssm", self.region.name(), &self.account, format!("automation-execution/{}", self.id));
            let service = Caller::service(&self.account, PRINCIPAL).acting_for(&execution.to_string());
            match assume(&self.region, &service, &role).await {
                Ok(session) => self.caller = session,
                Err(error) => {
                    let reason = format!("The defined assume role is unable to be assumed. {}: {}", error.code, error.message);
                    return self.end(Status::Failed, &reason);
                }
            }
        }
        let parameters = self.change(|execution| execution.values.clone()).unwrap_or_default();
        let mut scope = Scope {
            parameters,
            execution: self.id.clone(),
            account: self.account.clone(),
            region: self.region.name().to_owned(),
            ..Scope::default()
        };
        let (mut next, mut failure) = (Some(0), None::<(Status, String)>);
        while let Some(index) = next
            && let Some(step) = self.runbook.steps.get(index)
        {
            let ended = self.step(index, step, &scope).await;
            scope.outputs.extend(ended.outputs.into_iter().map(|(name, value)| (format!("{}.{name}", step.name), value)));
            if ended.status == Status::Cancelled {
                return self.end(Status::Cancelled, "");
            }
            let following = || match step.is_end() {
                true => None,
                false => Some(step.next_step.as_deref().and_then(|name| self.runbook.index(name)).unwrap_or(index + 1)),
            };
            next = match (ended.status, ended.next) {
                (Status::Success, Some(name)) => self.runbook.index(&name),
                (Status::Success, None) => following(),
                (status, _) => {
                    if step.is_critical() {
                        failure = Some((status, ended.failure));
                    }
                    match step.on_failure() {
                        OnFailure::Abort => None,
                        OnFailure::Continue => following(),
                        OnFailure::Step(name) => self.runbook.index(name),
                    }
                }
            };
        }
        let outputs = &self.runbook.outputs;
        let shown = outputs.iter().filter_map(|name| Some((name.clone(), texts_of(scope.outputs.get(name)?)))).collect();
        self.change(|execution| execution.outputs = shown);
        match failure {
            Some((status, reason)) => self.end(status, &reason),
            None => self.end(Status::Success, ""),
        }
    }

    fn end(&self, status: Status, failure: &str) -> Status {
        let now = self.region.clock().now();
        self.change(|execution| execution.end(status, failure, now));
        self.ssm.changed.notify_waiters();
        status
    }

    /// Changes its record.
    pub(super) fn change<T>(&self, act: impl FnOnce(&mut AutomationExecution) -> T) -> Option<T> {
        self.ssm.with(&self.account, |records| records.automation(&self.id).map(act))
    }

    /// A call as whom it acts.
    pub(super) async fn call(&self, service: &str, operation: &str, mut input: Value) -> Result<Value, AwsError> {
        // Documents write numbers and flags as texts, too.
        if let Some(model) = nightproof_wire::service(service)
            && let Some(known) = model.operation(operation)
        {
            input = model.coerced(known, input);
        }
        self.region.call(&self.caller, service, operation, input).await
    }
}
