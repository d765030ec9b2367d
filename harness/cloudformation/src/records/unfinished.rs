//! A rollback of an update that failed.

use std::collections::BTreeMap;

use nightproof_resource::MadeResource;
use serde_json::Value;

use super::applied::Done;
use super::stack::Stack;
use super::stack_resource::StackResource;

/// What a rollback that failed has left to do.
#[derive(Debug, Clone)]
pub(crate) struct Unfinished {
    /// The stack as it is to be again.
    pub before: Stack,
    /// What was done about the resources that are not changed back yet.
    pub done: BTreeMap<String, Done>,
    /// The properties that they were to have.
    pub attempted: BTreeMap<String, Value>,
    /// What took the place of others, and is to go.
    pub replacements: Vec<(StackResource, MadeResource)>,
    /// Whether nothing is brought back yet.
    pub is_whole: bool,
}
