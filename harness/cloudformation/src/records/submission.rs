//! What a request submits for a stack: a template with its parameters, capabilities and tags, read and checked.

use std::collections::BTreeMap;

use nightproof_template::{Inputs, Template};
use serde_json::Value;

/// What a stack is to become.
#[derive(Debug, Clone)]
pub(crate) struct Submission {
    /// The template as it was sent.
    pub body: String,
    pub template: Template,
    /// The value of each parameter before lists are split and names looked up.
    pub given: BTreeMap<String, String>,
    /// Parameters as answers show them.
    pub shown: Vec<Value>,
    pub inputs: Inputs,
    pub capabilities: Vec<String>,
    pub tags: Vec<(String, String)>,
}
