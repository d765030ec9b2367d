//! What an operation has done about a stack's resources.

use std::collections::BTreeMap;

use serde_json::Value;

use super::stack_resource::MadeSoFar;

/// What was done about a resource, whether or not it succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    Kept,
    Created,
    /// It existed, and belongs to the stack now.
    Imported,
    Updated,
    Replaced,
}

/// What became of all of them.
pub(crate) struct Applied {
    pub made: MadeSoFar,
    /// By logical id; what was never begun is not in it.
    pub done: BTreeMap<String, Done>,
    /// The properties that updated resources were to have.
    pub attempted: BTreeMap<String, Value>,
    /// Why not all is as the template says.
    pub failure: Option<String>,
}
