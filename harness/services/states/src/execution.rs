//! An execution as it is kept, with its history.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::language::failure::Failure;
use crate::machine::Revision;

/// Where an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }

    /// What CloudWatch counts when an execution comes to it.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html>
    pub(crate) const fn metric(self) -> &'static str {
        match self {
            Self::Running => "ExecutionsStarted",
            Self::Succeeded => "ExecutionsSucceeded",
            Self::Failed => "ExecutionsFailed",
            Self::TimedOut => "ExecutionsTimedOut",
            Self::Aborted => "ExecutionsAborted",
        }
    }
}

/// An execution of a state machine.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) machine_arn: String,
    pub(crate) machine_name: String,
    pub(crate) revision: Arc<Revision>,
    pub(crate) status: Status,
    pub(crate) started: Timestamp,
    pub(crate) stopped: Option<Timestamp>,
    pub(crate) input: String,
    pub(crate) trace_header: Option<String>,
    pub(crate) output: Option<String>,
    /// Error and cause, of one that did not succeed.
    pub(crate) failure: Option<(Option<String>, Option<String>)>,
    history: Vec<Value>,
    /// Cancelled when it is to stop.
    pub(crate) stop: CancellationToken,
    /// Until when its branches wait, each under a number of its own.
    pub(crate) wakes: Vec<(u64, Timestamp)>,
}

/// What an execution begins with.
pub(crate) struct Beginning {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) machine_arn: String,
    pub(crate) machine_name: String,
    pub(crate) revision: Arc<Revision>,
    pub(crate) input: String,
    pub(crate) trace_header: Option<String>,
    pub(crate) now: Timestamp,
}

impl Execution {
    pub(crate) fn new(beginning: Beginning) -> Self {
        let Beginning { arn, name, machine_arn, machine_name, revision, input, trace_header, now } = beginning;
        Self {
            arn,
            name,
            machine_arn,
            machine_name,
            revision,
            status: Status::Running,
            started: now,
            stopped: None,
            input,
            trace_header,
            output: None,
            failure: None,
            history: Vec::new(),
            stop: CancellationToken::new(),
            wakes: Vec::new(),
        }
    }

    /// Adds an event after another one, with the details that its type has, and returns its id.
    /// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html>
    pub(crate) fn event(&mut self, now: Timestamp, kind: &str, previous: i64, details: Option<(&str, Value)>) -> i64 {
        let id = i64::try_from(self.history.len()).unwrap_or(i64::MAX).saturating_add(1);
        let mut event = json!({ "timestamp": now.to_string(), "type": kind, "id": id, "previousEventId": previous });
        if let (Some((name, details)), Some(members)) = (details, event.as_object_mut()) {
            members.insert(name.to_owned(), details);
        }
        self.history.push(event);
        id
    }

    pub(crate) fn history(&self) -> &[Value] {
        &self.history
    }

    /// Notes how it ended, unless it has ended already.
    pub(crate) fn end(&mut self, now: Timestamp, previous: i64, status: Status, ended: &Result<Value, Failure>) {
        if self.status != Status::Running {
            return;
        }
        (self.status, self.stopped) = (status, Some(now));
        self.wakes.clear();
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        match ended {
            Ok(output) => {
                let output = output.to_string();
                let details = json!({ "output": output, "outputDetails": { "truncated": false } });
                self.event(now, "ExecutionSucceeded", previous, Some(("executionSucceededEventDetails", details)));
                self.output = Some(output);
            }
            Err(Failure { error, cause, .. }) => {
                let (kind, name) = match status {
                    Status::Aborted => ("ExecutionAborted", "executionAbortedEventDetails"),
                    Status::TimedOut => ("ExecutionTimedOut", "executionTimedOutEventDetails"),
                    _ => ("ExecutionFailed", "executionFailedEventDetails"),
                };
                self.failure = Some((said(error), said(cause)));
                self.event(now, kind, previous, Some((name, self.error_and_cause().into())));
            }
        }
    }

    fn error_and_cause(&self) -> Map<String, Value> {
        let (error, cause) = self.failure.clone().unwrap_or_default();
        let each = [("error", error), ("cause", cause)];
        each.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into()))).collect()
    }

    /// Its line in a list.
    pub(crate) fn summary(&self) -> Value {
        let mut shown = json!({
            "executionArn": self.arn,
            "stateMachineArn": self.machine_arn,
            "name": self.name,
            "status": self.status.as_str(),
            "startDate": self.started.to_string(),
        });
        if let (Some(stopped), Some(members)) = (self.stopped, shown.as_object_mut()) {
            members.insert("stopDate".to_owned(), stopped.to_string().into());
        }
        shown
    }

    /// The answer to `DescribeExecution`.
    pub(crate) fn describe(&self) -> Value {
        let mut shown = self.summary();
        if let Some(members) = shown.as_object_mut() {
            members.insert("input".to_owned(), self.input.as_str().into());
            members.insert("inputDetails".to_owned(), json!({ "included": true }));
            if let Some(output) = &self.output {
                members.insert("output".to_owned(), output.as_str().into());
                members.insert("outputDetails".to_owned(), json!({ "included": true }));
            }
            if let Some(header) = &self.trace_header {
                members.insert("traceHeader".to_owned(), header.as_str().into());
            }
            members.extend(self.error_and_cause());
            members.insert("redriveCount".to_owned(), 0.into());
        }
        shown
    }
}
