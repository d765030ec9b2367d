//! Which hop of the chain failed, as a drill would call it, and what makes it fail again. Pure.

mod command;
mod function;
mod rule;
mod script;

use nightproof_drill::Hop;
use nightproof_drill::capture::Evidence;
use serde_json::{Value, json};

use crate::chain::Chain;

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

    fn new(hop: Hop, reason: String) -> Self {
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

    fn call(service: &str, operation: &str, input: Value) -> Self {
        Self::calls(vec![(service, operation, input)])
    }

    fn calls(calls: Vec<(&str, &str, Value)>) -> Self {
        let call =
            |(service, operation, input)| json!({ "call": { "service": service, "operation": operation, "input": input } });
        Self { before: calls.into_iter().map(call).collect(), ..Self::default() }
    }

    fn fault(fault: Value) -> Self {
        Self { faults: vec![fault], ..Self::default() }
    }
}

/// The first hop that failed; nothing if none did, or if the stack has no rule with a schedule.
pub(crate) fn diagnose(evidence: &Evidence) -> Option<Diagnosis> {
    let chain = Chain::from_evidence(evidence)?;
    // As a drill looks: what ran last is blamed only if all before it went well.
    let found = if evidence.commands.is_empty() && chain.lines().invocations() == 0 {
        rule::diagnosis(&chain)
    } else {
        command::diagnosis(&chain).or_else(|| function::diagnosis(&chain)).or_else(|| command::archives(&chain))
    }?;
    // Of several nights, or of a function that is tried again, nobody knows which a drill's one night would be.
    let one = chain.lines().invocations() <= 1;
    let (commands, uploads) = (one.then_some(evidence.commands.len()), one.then_some(chain.uploads()));
    Some(Diagnosis { commands, uploads, says: not_blank(found.says), ..found })
}

/// The texts that show something. An error without a code or a message leaves none: a drill still says of its function that it failed.
fn not_blank(texts: Vec<String>) -> Vec<String> {
    let texts: Vec<String> = texts.into_iter().filter(|text| !text.trim().is_empty()).collect();
    if texts.is_empty() { vec!["failed".to_owned()] } else { texts }
}

#[cfg(test)]
mod tests;
