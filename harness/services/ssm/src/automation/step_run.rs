//! A step: its inputs, its attempts, and what it leaves.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::execution::{Outputs, Status, StepExecution};
use super::run::Automation;
use super::runbook::RunbookStep;
use super::scope::{Scope, text_of, texts_of};

/// Seconds that an action may take, where the step does not say it.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html>
const TIMEOUT: u32 = 3600;

/// How a step ended.
pub(super) struct StepEnd {
    pub(super) status: Status,
    pub(super) outputs: BTreeMap<String, Value>,
    /// The step that a branch chose.
    pub(super) next: Option<String>,
    pub(super) failure: String,
}

/// What an action that succeeded leaves.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) outputs: BTreeMap<String, Value>,
    pub(super) response_code: String,
    pub(super) next: Option<String>,
}

impl Done {
    pub(super) fn with<const N: usize>(outputs: [(&str, Value); N]) -> Self {
        let outputs = outputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { outputs, ..Self::default() }
    }
}

/// Why an action failed, with the outputs that it leaves all the same.
#[derive(Debug)]
pub(super) struct ActionFailure {
    pub(super) reason: String,
    pub(super) outputs: BTreeMap<String, Value>,
}

impl ActionFailure {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), outputs: BTreeMap::new() }
    }
}

impl From<AwsError> for ActionFailure {
    fn from(error: AwsError) -> Self {
        Self::new(format!("Step fails when it is Execute/Cancelling action. {} (Code: {})", error.message, error.code))
    }
}

impl Automation {
    /// Runs a step, as often as it may be tried.
    pub(super) async fn step(&self, index: usize, step: &RunbookStep, scope: &Scope) -> StepEnd {
        let clock = self.region.clock();
        let begun = clock.now();
        let waits = step.action == "aws:pause";
        self.change(|execution| execution.current = Some(index));
        self.note(index, |step| {
            step.status = if waits { Status::Waiting } else { Status::InProgress };
            step.started = Some(begun);
        });
        if waits {
            self.change(|execution| (execution.status, execution.resumed) = (Status::Waiting, false));
        }
        let (status, done) = match scope.resolved(&Value::Object(step.inputs.clone()), begun) {
            Err(unknown) => {
                (Status::Failed, Err(ActionFailure::new(format!("{unknown} is no parameter and no output of an earlier step."))))
            }
            Ok(inputs) => {
                let shown =
                    inputs.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text_of(value))).collect();
                self.note(index, |step| step.inputs = shown);
                self.attempts(index, step, &inputs).await
            }
        };
        let (next, response_code, failure, outputs) = match done {
            Ok(done) => (done.next, done.response_code, String::new(), done.outputs),
            Err(failed) => (None, String::new(), failed.reason, failed.outputs),
        };
        let shown: Outputs = outputs.iter().map(|(name, value)| (name.clone(), texts_of(value))).collect();
        let ended = clock.now();
        self.note(index, |step| {
            (step.status, step.ended, step.outputs) = (status, Some(ended), shown);
            (step.response_code, step.failure) = (response_code, failure.clone());
        });
        self.change(|execution| execution.status = Status::InProgress);
        StepEnd { status, outputs, next, failure }
    }

    async fn attempts(&self, index: usize, step: &RunbookStep, inputs: &Value) -> (Status, Result<Done, ActionFailure>) {
        let mut left = step.max_attempts();
        loop {
            left -= 1;
            let (status, done) = self.attempt(index, step, inputs).await;
            if left == 0 || matches!(status, Status::Success | Status::Cancelled) {
                return (status, done);
            }
        }
    }

    async fn attempt(&self, index: usize, step: &RunbookStep, inputs: &Value) -> (Status, Result<Done, ActionFailure>) {
        let clock = self.region.clock();
        let default = matches!(step.action.as_str(), "aws:runCommand" | "aws:waitForAwsResourceProperty").then_some(TIMEOUT);
        let seconds = step.timeout().or(default);
        let limit = async {
            match seconds {
                Some(seconds) => clock.sleep_until(clock.now() + SignedDuration::from_secs(i64::from(seconds))).await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            done = self.act(index, step, inputs) => match done {
                Ok(done) => (Status::Success, Ok(done)),
                Err(failed) => (Status::Failed, Err(failed)),
            },
            () = limit => {
                let reason = format!("Step timed out while waiting for {} seconds.", seconds.unwrap_or_default());
                (Status::TimedOut, Err(ActionFailure::new(reason)))
            }
            () = self.stop.cancelled() => (Status::Cancelled, Err(ActionFailure::new("The automation was stopped."))),
            () = self.region.stopping().cancelled() => (Status::Cancelled, Err(ActionFailure::new("The region stops."))),
        };
        if matches!(ended.0, Status::TimedOut | Status::Cancelled) {
            self.abandon(index, step).await;
        }
        ended
    }

    /// Cancels the command that a step waited for.
    async fn abandon(&self, index: usize, step: &RunbookStep) {
        if step.action != "aws:runCommand" {
            return;
        }
        let command = self.change(|execution| execution.steps.get(index)?.outputs.get("CommandId")?.first().cloned()).flatten();
        if let Some(command) = command
            && let Err(error) = self.call("ssm", "CancelCommand", json!({ "CommandId": command })).await
        {
            tracing::warn!(%error, command, "the command of a step that was stopped goes on");
        }
    }

    /// Changes the record of a step.
    pub(super) fn note(&self, index: usize, act: impl FnOnce(&mut StepExecution)) {
        self.change(|execution| execution.steps.get_mut(index).map(act));
        self.ssm.changed.notify_waiters();
    }
}
