//! The status of a command, added up from its invocations.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html>

use super::command::Command;
use super::invocation::{Stage, State};

/// A command's status with the counts that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) status: &'static str,
    pub(crate) details: &'static str,
    pub(crate) completed: usize,
    pub(crate) errors: usize,
    pub(crate) delivery_timed_out: usize,
}

impl Verdict {
    /// Whether nothing more will happen.
    pub(crate) fn terminal(&self) -> bool {
        !matches!(self.status, "Pending" | "InProgress" | "Cancelling")
    }
}

impl Command {
    /// The status that the invocations add up to.
    pub(crate) fn verdict(&self) -> Verdict {
        let states = || self.invocations.iter().map(|invocation| invocation.state);
        let count = |wanted: fn(State) -> bool| states().filter(|state| wanted(*state)).count();
        let total = self.invocations.len();
        let completed = count(State::terminal);
        let errors = count(State::counts_as_error);
        let executions_timed_out = count(|state| state == State::ExecutionTimedOut);
        let delivery_timed_out = count(|state| state == State::DeliveryTimedOut);
        let tolerated = self.tolerated_errors();

        let (status, details) = if total == 0 {
            // AWS calls it a success: only the details tell that nothing ran anywhere.
            ("Success", "NoInstancesInTag")
        } else if completed < total {
            if self.cancelled {
                ("Cancelling", "Cancelling")
            } else if states().all(|state| matches!(state, State::Open(Stage::Waiting | Stage::Sent | Stage::Delayed))) {
                ("Pending", "Pending")
            } else {
                ("InProgress", "InProgress")
            }
        } else if self.cancelled && count(|state| state == State::Cancelled) > 0 {
            ("Cancelled", "Cancelled")
        } else if errors > tolerated {
            if executions_timed_out == errors { ("TimedOut", "ExecutionTimedOut") } else { ("Failed", "Failed") }
        } else if errors == 0 && delivery_timed_out > tolerated {
            ("TimedOut", "DeliveryTimedOut")
        } else if count(|state| state == State::Success) == total {
            ("Success", "Success")
        } else {
            ("Failed", "Incomplete")
        };
        Verdict { status, details, completed, errors, delivery_timed_out }
    }
}
