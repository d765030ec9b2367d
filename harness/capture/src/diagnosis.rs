//! Which hop of the chain failed, as a drill would call it, and what makes it fail again. Pure.

use nightproof_drill::Hop;
use serde_json::{Value, json};

/// Where the chain broke.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// The hop that broke.
    pub hop: Hop,
    /// In a sentence.
    pub reason: String,
    /// AWS's error code, or the exit code of a script.
    pub code: Option<String>,
    /// Texts by which a drill shows the same.
    pub(crate) says: Vec<String>,
    /// What makes it happen again.
    pub(crate) recipe: Recipe,
    /// Commands that the function sent; nothing if that differs with the time that the window spans.
    pub(crate) commands: Option<usize>,
    /// Archives that came.
    pub(crate) uploads: Option<usize>,
}

impl Diagnosis {
    /// Whether something beside the template makes it happen again. Without it, the draft may not show the failure.
    pub fn has_recipe(&self) -> bool {
        !self.recipe.is_empty()
    }

    /// One of which no more is known.
    pub(crate) fn new(hop: Hop, reason: String) -> Self {
        let recipe = Recipe::default();
        Self { hop, reason, code: None, says: Vec::new(), recipe, commands: None, uploads: None }
    }
}

/// What makes it happen again. Without any of it, the template and its parameters are all that is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Recipe {
    /// Old text of the template, and new.
    pub(crate) replace: Vec<(String, String)>,
    /// Actions before the rule's time.
    pub(crate) before: Vec<Value>,
    /// Faults from then on.
    pub(crate) faults: Vec<Value>,
    /// What the reader should know of it.
    pub(crate) remark: Option<&'static str>,
}

impl Recipe {
    /// Nothing is known that goes beyond the template.
    pub(crate) fn is_empty(&self) -> bool {
        self.replace.is_empty() && self.before.is_empty() && self.faults.is_empty()
    }

    /// A call before the rule's time.
    pub(crate) fn call(service: &str, operation: &str, input: Value) -> Self {
        Self::calls(vec![(service, operation, input)])
    }

    /// Calls before the rule's time: service, operation and input of each.
    pub(crate) fn calls(calls: Vec<(&str, &str, Value)>) -> Self {
        let call =
            |(service, operation, input)| json!({ "call": { "service": service, "operation": operation, "input": input } });
        Self { before: calls.into_iter().map(call).collect(), ..Self::default() }
    }

    /// A fault from then on.
    pub(crate) fn fault(fault: Value) -> Self {
        Self { faults: vec![fault], ..Self::default() }
    }
}
