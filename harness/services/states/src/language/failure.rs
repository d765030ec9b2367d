//! Errors of executions: a name, and why.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>

use serde_json::{Value, json};

/// What no retrier and no catcher of `States.ALL` matches.
const UNMATCHED_BY_ALL: [&str; 2] = ["States.DataLimitExceeded", "States.Runtime"];
/// What is no failure of the task itself.
const NO_TASK_FAILURE: [&str; 2] = ["States.Timeout", "States.HeartbeatTimeout"];

/// An error that a state reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error: String,
    pub(crate) cause: String,
    /// Whether it comes from the state itself, which its cause then names.
    pub(crate) of_state: bool,
}

impl Failure {
    pub(crate) fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { error: error.into(), cause: cause.into(), of_state: false }
    }

    /// An error of the state itself.
    pub(crate) fn of_state(error: &str, cause: impl Into<String>) -> Self {
        Self { of_state: true, ..Self::new(error, cause) }
    }

    /// `States.Runtime`: what the state cannot process.
    pub(crate) fn runtime(cause: impl Into<String>) -> Self {
        Self::of_state("States.Runtime", cause)
    }

    /// Names the state in the cause of an error that is its own.
    #[must_use]
    pub(crate) fn in_state(mut self, name: &str, entered: i64) -> Self {
        if std::mem::take(&mut self.of_state) {
            self.cause = format!(
                "An error occurred while executing the state '{name}' (entered at the event id #{entered}). {}",
                self.cause
            );
        }
        self
    }

    /// Whether one of the names of a retrier or catcher is the error's.
    pub(crate) fn is_among(&self, names: &[String]) -> bool {
        names.iter().any(|name| match name.as_str() {
            "States.ALL" => !UNMATCHED_BY_ALL.contains(&self.error.as_str()),
            "States.TaskFailed" => {
                self.error == *name
                    || !UNMATCHED_BY_ALL.contains(&self.error.as_str()) && !NO_TASK_FAILURE.contains(&self.error.as_str())
            }
            "States.Timeout" => NO_TASK_FAILURE.contains(&self.error.as_str()),
            name => self.error == name,
        })
    }

    /// What a catcher hands to its state.
    pub(crate) fn output(&self) -> Value {
        json!({ "Error": self.error, "Cause": self.cause })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_an_error_as_the_language_says() {
        let matches = |error: &str, name: &str| Failure::new(error, "").is_among(&[name.to_owned()]);
        assert!(matches("Ssm.SsmException", "States.ALL") && matches("Ssm.SsmException", "States.TaskFailed"));
        assert!(matches("Ssm.SsmException", "Ssm.SsmException") && !matches("Ssm.SsmException", "Ssm.Other"));
        assert!(matches("States.Timeout", "States.ALL") && !matches("States.Timeout", "States.TaskFailed"));
        assert!(matches("States.HeartbeatTimeout", "States.Timeout") && !matches("States.Timeout", "States.HeartbeatTimeout"));
        for terminal in ["States.Runtime", "States.DataLimitExceeded"] {
            assert!(!matches(terminal, "States.ALL") && !matches(terminal, "States.TaskFailed") && matches(terminal, terminal));
        }
    }
}
