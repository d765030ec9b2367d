//! Change sets.

use jiff::Timestamp;

use super::on_failure::OnFailure;
use super::submission::Submission;
use crate::change::ResourceChange;

/// A change set of one stack.
#[derive(Debug, Clone)]
pub(crate) struct ChangeSet {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub created: Timestamp,
    /// Whether it makes the stack.
    pub creates: bool,
    /// `CREATE_COMPLETE` or `FAILED`.
    pub status: &'static str,
    pub reason: Option<String>,
    pub execution: &'static str,
    pub changes: Vec<ResourceChange>,
    /// Why the values of some properties are not shown.
    pub warning: Option<String>,
    pub on_failure: Option<OnFailure>,
    /// The role that it is to be executed with, if it names one.
    pub role: Option<String>,
    pub token: Option<String>,
    pub submission: Submission,
}

/// The execution status of a change set that made its stack what it is: it is described, but listed no more.
pub(crate) const EXECUTED: &str = "EXECUTE_COMPLETE";

impl ChangeSet {
    /// Whether it was executed.
    pub(crate) fn is_executed(&self) -> bool {
        self.execution == EXECUTED
    }

    /// Another update was begun.
    pub(crate) fn outdate(&mut self) {
        if self.execution == "AVAILABLE" {
            self.execution = "OBSOLETE";
        }
    }
}
