//! Whether what happened is what the incident's file describes.

use std::iter;

use nightproof_drill::notifications::Notification;
use nightproof_drill::{Finding, Hop, Outcome};
use nightproof_drill_file::member::Text;
use nightproof_journal::{ApiCall, Event, Journal};

use crate::Incident;
use crate::expectation::{Expectation, ExpectedResult};

/// Differences between the outcome and the incident's description; if empty, the incident was reproduced.
pub fn differences(incident: &Incident, outcome: &Outcome, journal: &Journal) -> Vec<String> {
    let expect = &incident.expect;
    let mut found = Vec::new();
    if !expect.result.is(outcome.result) {
        found.push(format!("the drill {:?}, and was to be {:?}", outcome.result, expect.result).to_lowercase());
    }
    let failure = outcome.failure.as_ref();
    let hop = failure.and_then(|failure| failure.point.hop());
    if let Some(expected) = expect.hop.filter(|expected| hop != Some(*expected)) {
        found.push(format!("it broke at {}, not at {expected}", hop.map_or("no hop", Hop::as_str)));
    }
    if let Some(failure) = failure.filter(|_| hop.is_none()) {
        found.push(format!("no hop of the chain broke: the drill could not go on: {}", failure.reason));
    }
    if !has_finding(expect, outcome) {
        let missing = expect.finding.as_ref().map(|Text(id)| id.as_str()).unwrap_or_default();
        let seen: Vec<&str> = outcome.findings.iter().map(|finding| finding.id.as_str()).collect();
        let seen = if seen.is_empty() { "it has none".to_owned() } else { format!("it has {}", seen.join(", ")) };
        found.push(format!("the drill has no finding `{missing}`: {seen}"));
    }
    let said = said(expect, outcome, journal);
    let missing = expect.says.iter().filter(|Text(text)| !said.contains(text));
    found.extend(missing.map(|Text(text)| format!("nothing says `{text}`")));
    let calls = journal.calls();
    let count = |wanted: fn(&ApiCall) -> bool| calls.iter().filter(|call| call.error_code.is_none() && wanted(call)).count();
    for (what, expected, seen) in
        [("uploads", expect.uploads, count(is_upload)), ("commands", expect.commands, count(is_command))]
    {
        if let Some(expected) = expected.filter(|expected| *expected != seen) {
            found.push(format!("there are {seen} {what}, not {expected}"));
        }
    }
    if let Some(expected) = &expect.notifications {
        found.extend(missing_notifications(expected, &outcome.notifications));
    }
    if !outcome.leftovers.is_empty() {
        found.push(format!("something is left: {}", outcome.leftovers.join("; ")));
    }
    found
}

/// The id of the finding that the file names, if the drill has it.
pub fn remaining_finding<'a>(incident: &'a Incident, outcome: &Outcome) -> Option<&'a str> {
    let Text(id) = incident.expect.finding.as_ref()?;
    named(id, outcome).map(|_| id.as_str())
}

/// Whether the drill has the finding that the file names, if it names one.
fn has_finding(expect: &Expectation, outcome: &Outcome) -> bool {
    expect.finding.as_ref().is_none_or(|Text(id)| named(id, outcome).is_some())
}

fn named<'a>(id: &str, outcome: &'a Outcome) -> Option<&'a Finding> {
    outcome.findings.iter().find(|finding| finding.id == id)
}

/// The text in which `says` is looked for: the failure with its evidence, or what happened in nights that passed. A finding, named as it may
/// be, is no text of a failure.
fn said(expect: &Expectation, outcome: &Outcome, journal: &Journal) -> String {
    let texts: Vec<String> = match expect.result {
        ExpectedResult::Failed => {
            let failure = outcome.failure.iter();
            failure.flat_map(|failure| iter::once(&failure.reason).chain(&failure.evidence)).cloned().collect()
        }
        ExpectedResult::Passed => {
            let finding = expect.finding.as_ref().and_then(|Text(id)| named(id, outcome));
            happened(outcome, journal).chain(finding.map(|finding| finding.detail.clone())).collect()
        }
    };
    texts.join("\n")
}

/// The details of steps, faults that struck, and boots of instances.
fn happened(outcome: &Outcome, journal: &Journal) -> impl Iterator<Item = String> {
    let steps = outcome.steps.iter().map(|step| step.detail.clone());
    let events = journal.records().into_iter().filter_map(|record| match record.event {
        Event::Fault { detail, .. } => Some(detail),
        Event::Booted { instance, first: false } => Some(format!("{instance} booted again")),
        _ => None,
    });
    steps.chain(events)
}

/// Compares the notifications of all nights; those before the first are of the deployment.
fn missing_notifications(expected: &[Text], sent: &[Notification]) -> Vec<String> {
    let sentences: Vec<String> = sent.iter().filter(|one| one.night > 0).map(Notification::whole).collect();
    if expected.is_empty() {
        return sentences.iter().map(|sentence| format!("no notification was expected, and {sentence}")).collect();
    }
    let missing = expected.iter().filter(|Text(text)| !sentences.iter().any(|sentence| sentence.contains(text)));
    let seen = if sentences.is_empty() { "no notification was sent".to_owned() } else { sentences.join("; ") };
    missing.map(|Text(text)| format!("no notification has `{text}`: {seen}")).collect()
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
