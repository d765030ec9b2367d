//! Finds the hop that failed: follows the chain as a drill does. Pure.

mod command;
mod function;
mod rule;
mod script;

use nightproof_drill::capture::Evidence;

use crate::chain::Chain;
use crate::diagnosis::Diagnosis;

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
