//! An execution at work.

mod branch;
mod child;
mod flow;
mod function;
mod integration;
mod sdk;
mod state;
mod task;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use nightproof_core::in_flight::InFlight;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use self::branch::Branch;
use crate::execution::{Execution, Status};
use crate::language::failure::Failure;
use crate::machine::Revision;
use crate::records::States;
use crate::role;

/// An execution at work.
pub(crate) struct Run {
    states: Arc<States>,
    region: Region,
    account: String,
    arn: String,
    name: String,
    machine_arn: String,
    machine_name: String,
    revision: Arc<Revision>,
    started: Timestamp,
    stop: CancellationToken,
    /// A session of the state machine's role, once it is needed.
    session: OnceCell<Caller>,
    /// The number of the next wait.
    waits: AtomicU64,
}

/// A wait that others can see, until it is dropped.
struct Wake<'a> {
    run: &'a Run,
    number: u64,
}

impl Drop for Wake<'_> {
    fn drop(&mut self) {
        self.run.change(|execution| execution.wakes.retain(|(number, _)| *number != self.number));
    }
}

impl Run {
    pub(crate) fn new(states: Arc<States>, call: &Call, execution: &Execution) -> Self {
        Self {
            states,
            region: call.region.clone(),
            account: call.account().to_owned(),
            arn: execution.arn.clone(),
            name: execution.name.clone(),
            machine_arn: execution.machine_arn.clone(),
            machine_name: execution.machine_name.clone(),
            revision: Arc::clone(&execution.revision),
            started: execution.started,
            stop: execution.stop.clone(),
            session: OnceCell::new(),
            waits: AtomicU64::new(0),
        }
    }

    pub(crate) fn execution_arn(&self) -> &str {
        &self.arn
    }

    /// Runs to its end, and tells of both.
    pub(crate) async fn whole(self, input: Value, in_flight: InFlight) {
        let details = json!({
            "input": input.to_string(),
            "inputDetails": { "truncated": false },
            "roleArn": self.revision.role,
        });
        let first = self.event(0, "ExecutionStarted", Some(("executionStartedEventDetails", details)));
        self.states.announce(&self.region, &self.account, &self.arn).await;
        let mut branch = Branch { last: first, item: None, in_flight };
        let workflow = Arc::clone(&self.revision.workflow);
        let aborted = || (Status::Aborted, Err(Failure::new("", "")));
        let (status, ended) = tokio::select! {
            ended = self.walk(&workflow, &input, input.clone(), &mut branch) => match ended {
                Ok(output) => (Status::Succeeded, Ok(output)),
                Err(failure) => (Status::Failed, Err(failure)),
            },
            () = self.timed_out(workflow.timeout) => (Status::TimedOut, Err(Failure::new("States.Timeout", ""))),
            () = self.stop.cancelled() => aborted(),
            () = self.region.stopping().cancelled() => aborted(),
        };
        let now = self.region.clock().now();
        self.change(|execution| {
            let said = execution.failure.take().filter(|_| status == Status::Aborted).unwrap_or_default();
            let ended = match (ended, said) {
                (Err(failure), (None, None)) => Err(failure),
                (Err(_), (error, cause)) => Err(Failure::new(error.unwrap_or_default(), cause.unwrap_or_default())),
                (ended, _) => ended,
            };
            execution.end(now, branch.last, status, &ended);
        });
        self.states.changed.notify_waiters();
        self.states.announce(&self.region, &self.account, &self.arn).await;
    }

    /// Returns when an execution has taken longer than it may.
    async fn timed_out(&self, seconds: Option<i64>) {
        match seconds {
            Some(seconds) => self.until(self.after(SignedDuration::from_secs(seconds))).await,
            None => std::future::pending().await,
        }
    }

    /// Region time after a while from now.
    fn after(&self, duration: SignedDuration) -> Timestamp {
        self.region.clock().now().saturating_add(duration).unwrap_or(Timestamp::MAX)
    }

    /// Waits, and lets it be seen.
    async fn until(&self, at: Timestamp) {
        let _wake = self.wake(at);
        self.region.clock().sleep_until(at).await;
    }

    fn wake(&self, at: Timestamp) -> Wake<'_> {
        let number = self.waits.fetch_add(1, Ordering::Relaxed);
        self.change(|execution| execution.wakes.push((number, at)));
        Wake { run: self, number }
    }

    /// Waits in a branch, which does nothing meanwhile.
    async fn sleep(&self, at: Timestamp, branch: &mut Branch) {
        let _wake = self.wake(at);
        branch.in_flight.pause();
        self.region.clock().sleep_until(at).await;
        branch.in_flight.go_on();
    }

    /// Changes the record.
    fn change<T>(&self, act: impl FnOnce(&mut Execution) -> T) -> Option<T> {
        self.states.with(&self.account, |records| records.execution(&self.arn).ok().map(act))
    }

    /// Adds an event to the history.
    fn event(&self, previous: i64, kind: &str, details: Option<(&str, Value)>) -> i64 {
        let now = self.region.clock().now();
        self.change(|execution| execution.event(now, kind, previous, details)).unwrap_or_default()
    }

    /// A session of the state machine's role.
    async fn caller(&self) -> Result<Caller, Failure> {
        let session = self.session.get_or_try_init(|| async {
            let name = uuid::Uuid::new_v4().simple().to_string();
            role::session(&self.region, (&self.account, &self.machine_arn), &self.revision.role, &name).await
        });
        let denied = |error: AwsError| {
            let role = &self.revision.role;
            Failure::new(
                "States.Permissions",
                format!("The role {role} cannot be assumed by states.amazonaws.com. {}", error.message),
            )
        };
        session.await.cloned().map_err(denied)
    }
}
