//! Whether what happened is what the incident's file describes.

use nightproof_drill::Outcome;
use nightproof_drill::told::Told;
use nightproof_journal::{ApiCall, Journal};

use super::file::Expectation;

/// In what the outcome differs from the description; nothing if it was reproduced.
pub(super) fn differences(expect: &Expectation, outcome: &Outcome, journal: &Journal) -> Vec<String> {
    let mut found = Vec::new();
    if outcome.result != expect.result {
        found.push(format!("the drill {:?}, and was to be {:?}", outcome.result, expect.result).to_lowercase());
    }
    let hop = outcome.failure.as_ref().map(|failure| failure.hop.as_str());
    if expect.hop.is_some() && hop != expect.hop.as_deref() {
        found.push(format!("it broke at {}, not at {}", hop.unwrap_or("no hop"), expect.hop.as_deref().unwrap_or_default()));
    }
    let failure = outcome.failure.iter().flat_map(|failure| std::iter::once(&failure.reason).chain(&failure.evidence));
    let findings = outcome.findings.iter().flat_map(|finding| [&finding.id, &finding.detail]);
    let said = failure.chain(findings).map(String::as_str).collect::<Vec<_>>().join("\n");
    found.extend(expect.says.iter().filter(|text| !said.contains(text.as_str())).map(|text| format!("nothing says `{text}`")));
    let calls = journal.calls();
    let count = |wanted: fn(&ApiCall) -> bool| calls.iter().filter(|call| call.error_code.is_none() && wanted(call)).count();
    for (what, expected, seen) in
        [("uploads", expect.uploads, count(is_upload)), ("commands", expect.commands, count(is_command))]
    {
        if let Some(expected) = expected.filter(|expected| *expected != seen) {
            found.push(format!("there are {seen} {what}, not {expected}"));
        }
    }
    if let Some(expected) = &expect.told {
        found.extend(differences_of_told(expected, &outcome.told));
    }
    if !outcome.leftovers.is_empty() {
        found.push(format!("something is left: {}", outcome.leftovers.join("; ")));
    }
    found
}

/// Who was told, of all nights; what topics got before the first is of the stack being new.
fn differences_of_told(expected: &[String], told: &[Told]) -> Vec<String> {
    let sentences: Vec<String> = told.iter().filter(|told| told.night > 0).map(Told::whole).collect();
    if expected.is_empty() {
        return sentences.iter().map(|sentence| format!("nobody was to be told, and {sentence}")).collect();
    }
    let missing = expected.iter().filter(|text| !sentences.iter().any(|sentence| sentence.contains(text.as_str())));
    let seen = if sentences.is_empty() { "nobody was told anything".to_owned() } else { sentences.join("; ") };
    missing.map(|text| format!("nobody was told `{text}`: {seen}")).collect()
}

/// Whether an instance has finished an object.
fn is_upload(call: &ApiCall) -> bool {
    matches!(call.event_name.as_str(), "PutObject" | "CompleteMultipartUpload")
        && session(call).is_some_and(|name| name.starts_with("i-"))
}

/// Whether a function has sent a command: the drill's own are not sent by a role.
fn is_command(call: &ApiCall) -> bool {
    call.event_name == "SendCommand" && session(call).is_some()
}

/// The session's name, if a role's session called.
fn session(call: &ApiCall) -> Option<&str> {
    let arn = call.user_identity.arn.as_deref()?;
    arn.split_once(":assumed-role/")?.1.rsplit('/').next()
}
