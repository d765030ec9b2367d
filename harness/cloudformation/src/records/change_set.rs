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
    pub kind: ChangeSetKind,
    /// Whether it looks for resources that exist before it makes any.
    pub imports_existing: bool,
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

/// What executing a change set does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeSetKind {
    /// It makes the stack.
    Create,
    Update,
    /// It takes resources that exist into the stack, and does nothing else.
    Import,
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
