//! A command on one node, with the plugins that it runs there.

use jiff::Timestamp;
use serde_json::Value;

use super::document::Step;

/// Where an invocation stands. A terminal state is never left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Not at its end yet.
    Open(Stage),
    Success,
    Failed,
    ExecutionTimedOut,
    DeliveryTimedOut,
    Undeliverable,
    Cancelled,
    /// Ended by the service because the command passed its `MaxErrors`.
    Terminated,
}

/// How far an open invocation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Held back by `MaxConcurrency`.
    Waiting,
    /// In the node's mailbox.
    Sent,
    /// In the mailbox of a node that is not in touch.
    Delayed,
    InProgress,
    Cancelling,
}

impl State {
    pub(crate) fn terminal(self) -> bool {
        !matches!(self, State::Open(_))
    }

    /// Delivery time-outs do not count against `MaxErrors`; undeliverable ones do not either.
    pub(crate) fn counts_as_error(self) -> bool {
        matches!(self, State::Failed | State::ExecutionTimedOut)
    }

    /// `Status` and `StatusDetails` of the API.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            State::Open(Stage::Waiting | Stage::Sent) => ("Pending", "Pending"),
            State::Open(Stage::Delayed) => ("Delayed", "Delayed"),
            State::Open(Stage::InProgress) => ("InProgress", "InProgress"),
            State::Open(Stage::Cancelling) => ("Cancelling", "Cancelling"),
            State::Success => ("Success", "Success"),
            State::Failed => ("Failed", "Failed"),
            State::ExecutionTimedOut => ("TimedOut", "ExecutionTimedOut"),
            State::DeliveryTimedOut => ("TimedOut", "DeliveryTimedOut"),
            State::Undeliverable => ("Failed", "Undeliverable"),
            State::Cancelled => ("Cancelled", "Cancelled"),
            State::Terminated => ("Cancelled", "Terminated"),
        }
    }

    /// What an agent's word for a document's or plugin's result means; `None` for words that say that it goes on.
    pub(crate) fn from_agent(word: &str) -> Option<State> {
        match word {
            "Success" | "Skipped" => Some(State::Success),
            "Failed" => Some(State::Failed),
            "TimedOut" => Some(State::ExecutionTimedOut),
            "Cancelled" => Some(State::Cancelled),
            _ => None,
        }
    }
}

/// An invocation's record.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    pub(crate) instance_id: String,
    pub(crate) instance_name: String,
    pub(crate) requested: Timestamp,
    pub(crate) state: State,
    pub(crate) plugins: Vec<Plugin>,
    /// What the agent says about the document as a whole when it could not run it.
    pub(crate) trace: String,
    /// The status that EventBridge received last.
    pub(crate) reported: &'static str,
}

impl Invocation {
    pub(crate) fn new(instance_id: &str, instance_name: &str, requested: Timestamp, steps: &[Step]) -> Self {
        Self {
            instance_id: instance_id.to_owned(),
            instance_name: instance_name.to_owned(),
            requested,
            state: State::Open(Stage::Waiting),
            plugins: steps.iter().map(|step| Plugin::new(&step.id, &step.action)).collect(),
            trace: String::new(),
            reported: "Pending",
        }
    }

    /// Moves on, unless it has ended. Plugins that never began end with it.
    pub(crate) fn become_state(&mut self, state: State) -> bool {
        if self.state.terminal() {
            return false;
        }
        self.state = state;
        if state.terminal() {
            for plugin in &mut self.plugins {
                if !plugin.state.terminal() {
                    plugin.state = state;
                }
            }
        }
        true
    }
}

/// One plugin of an invocation.
#[derive(Debug, Clone)]
pub(crate) struct Plugin {
    /// What the agent reports it under: the action for schema 1.2, the step's name for 2.x.
    pub(crate) id: String,
    pub(crate) action: String,
    pub(crate) state: State,
    /// Whether the agent itself told of its end.
    reported: bool,
    pub(crate) code: i64,
    pub(crate) started: Option<Timestamp>,
    pub(crate) finished: Option<Timestamp>,
    /// Both streams together, as the agent puts them.
    pub(crate) output: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) output_bucket: String,
    pub(crate) output_prefix: String,
}

impl Plugin {
    pub(crate) fn new(id: &str, action: &str) -> Self {
        Self {
            id: id.to_owned(),
            action: action.to_owned(),
            state: State::Open(Stage::Sent),
            reported: false,
            code: -1,
            started: None,
            finished: None,
            output: String::new(),
            stdout: String::new(),
            stderr: String::new(),
            output_bucket: String::new(),
            output_prefix: String::new(),
        }
    }

    /// Takes in what the agent reports of it (`runtimeStatus.<id>`).
    pub(crate) fn report(&mut self, report: &Value) {
        let text = |name: &str| report.get(name).and_then(Value::as_str).unwrap_or_default();
        let state = State::from_agent(text("status"));
        if self.reported || (self.state.terminal() && state.is_none()) {
            return;
        }
        self.reported = state.is_some();
        self.state = state.unwrap_or(State::Open(Stage::InProgress));
        if state.is_some() {
            self.code = report.get("code").and_then(Value::as_i64).unwrap_or(-1);
        }
        self.started = moment(text("startDateTime")).or(self.started);
        if state.is_some() {
            self.finished = moment(text("endDateTime")).or(self.finished);
        }
        for (field, name) in [
            (&mut self.output, "output"),
            (&mut self.stdout, "standardOutput"),
            (&mut self.stderr, "standardError"),
            (&mut self.output_bucket, "outputS3BucketName"),
            (&mut self.output_prefix, "outputS3KeyPrefix"),
        ] {
            if !text(name).is_empty() {
                text(name).clone_into(field);
            }
        }
    }
}

/// The agent writes `2026-11-23T03:00:00.123Z`, and Go's zero time where it has none.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().filter(|time| *time > Timestamp::UNIX_EPOCH)
}
