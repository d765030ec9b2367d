//! What a request submits for a stack: a template with its parameters, capabilities and tags, read and checked.

use std::collections::BTreeMap;

use nightproof_resource::MadeResource;
use nightproof_template::{Inputs, Template};
use serde_json::Value;

use crate::submitted::RollbackConfiguration;

/// What a stack is to become.
#[derive(Debug, Clone)]
pub(crate) struct Submission {
    /// The template as it was sent.
    pub body: String,
    /// The template with its macros applied, if it has some.
    pub processed: Option<Processed>,
    /// Why the macros could not be applied; nothing of the template is made then.
    pub failure: Option<String>,
    pub template: Template,
    /// The value of each parameter before lists are split and names looked up.
    pub given: BTreeMap<String, String>,
    /// Parameters as answers show them.
    pub shown: Vec<Value>,
    pub inputs: Inputs,
    pub capabilities: Vec<String>,
    pub tags: Vec<(String, String)>,
    /// Which alarms take it back.
    pub rollback: RollbackConfiguration,
    /// Resources that exist, and are taken into the stack: what they are, by logical id.
    pub imported: BTreeMap<String, MadeResource>,
}

/// A template whose macros are applied.
#[derive(Debug, Clone)]
pub(crate) struct Processed {
    /// JSON.
    pub text: String,
    /// Whether `AWS::LanguageExtensions` was among them.
    pub is_extended: bool,
}
