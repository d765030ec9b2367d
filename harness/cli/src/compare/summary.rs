//! What of a drill is compared: what it says, not when, and not how often it looked.

use std::collections::BTreeSet;

use firedrill_drill::Outcome;
use firedrill_journal::{ApiCall, Event, Record};
use serde_json::Value;

use super::normal::normal;

/// A drill in normal form.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub(super) results: BTreeSet<String>,
    pub(super) steps: BTreeSet<String>,
    pub(super) archives: BTreeSet<String>,
    pub(super) findings: BTreeSet<String>,
    /// Who called what, with which members, and what was answered, up to the removal; calls that only read count by their errors
    /// alone, since how often somebody looks is chance.
    pub(super) calls: BTreeSet<String>,
}

impl Summary {
    /// Nothing, if the drill did not come to its end.
    pub(super) fn of(records: &[Record]) -> Option<Self> {
        let run = records.iter().find_map(|record| match &record.event {
            Event::DrillStarted { run, .. } => Some(run.as_str()),
            _ => None,
        })?;
        let mut summary = Self::default();
        let mut destroying = false;
        for record in records {
            match &record.event {
                // How often a bucket is found full again while it is removed is chance.
                Event::StepStarted { step, .. } => destroying |= step == "destroy",
                Event::ApiCall(_) if destroying => {}
                Event::StepFinished { step, night, outcome, detail, .. } => {
                    let outcome = format!("{outcome:?}").to_lowercase();
                    summary.steps.insert(normal(&format!("{step} (night {night}) {outcome}: {detail}"), run));
                }
                Event::Finding { id, detail } => {
                    summary.findings.insert(normal(&format!("{id}: {detail}"), run));
                }
                Event::ApiCall(call) => summary.calls.extend(told(call, run)),
                Event::Outcome(document) => {
                    summary.conclude(&Outcome::of_event(document)?, run);
                    return Some(summary);
                }
                Event::DrillStarted { .. } | Event::LocalTimes { .. } | Event::Authorization { .. } | Event::Fault { .. } => {}
            }
        }
        None
    }

    fn conclude(&mut self, outcome: &Outcome, run: &str) {
        let why = outcome.failure.as_ref().map(|failure| format!(" at {}: {}", failure.hop, failure.reason)).unwrap_or_default();
        self.results.insert(normal(&format!("{:?}{why}", outcome.result), run));
        for archive in outcome.nights.iter().flat_map(|night| &night.archives) {
            let identical = if archive.identical { "identical" } else { "not identical" };
            let text = format!("{} by {}, {} entries, {identical}", archive.key, archive.encryption, archive.files);
            self.archives.insert(normal(&text, run));
        }
    }
}

/// A call in a line: who, what, with which members, and what came of it.
fn told(call: &ApiCall, run: &str) -> Option<String> {
    let identity = &call.user_identity;
    // When access logs are delivered is chance too.
    let chance = identity.invoked_by.as_deref() == Some("logging.s3.amazonaws.com");
    if chance || (call.read_only && call.error_code.is_none()) {
        return None;
    }
    let who = identity.arn.as_deref().or(identity.invoked_by.as_deref()).unwrap_or("nobody");
    let members: Vec<&str> = match &call.request_parameters {
        Value::Object(members) => members.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let error = match (&call.error_code, &call.error_message) {
        (Some(code), Some(message)) => format!(" -> {code}: {message}"),
        (Some(code), None) => format!(" -> {code}"),
        _ => String::new(),
    };
    let service = call.event_source.trim_end_matches(".amazonaws.com");
    Some(normal(&format!("{who} {service}:{}({}){error}", call.event_name, members.join(", ")), run))
}
