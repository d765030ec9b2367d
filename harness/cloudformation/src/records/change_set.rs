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
    pub on_failure: Option<OnFailure>,
    /// The role that it is to be executed with, if it names one.
    pub role: Option<String>,
    pub token: Option<String>,
    pub submission: Submission,
}

impl ChangeSet {
    /// Another update was begun.
    pub(crate) fn outdate(&mut self) {
        if self.execution == "AVAILABLE" {
            self.execution = "OBSOLETE";
        }
    }
}
