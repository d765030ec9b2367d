//! What of a drill is compared: what it says, not when, and not how often it looked.

use std::collections::BTreeSet;

use nightproof_drill::{Outcome, Step};
use nightproof_journal::{ApiCall, Event, Record};
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
    /// Whether the drill ran on an account, where the operator's own calls are all that its journal has.
    pub(super) on_account: bool,
    /// Whether there are calls at all.
    pub(super) has_calls: bool,
    /// What can be compared with a drill that ran elsewhere.
    pub(super) outside: Outside,
}

/// A drill as any operator sees it, whatever it ran on. How the stack was asked for, how the rule's time came and whether the access log
/// was delivered depend on where a drill runs, and are left out.
#[derive(Debug, Default)]
pub(super) struct Outside {
    pub(super) steps: BTreeSet<String>,
    /// The operator's.
    pub(super) calls: BTreeSet<String>,
}

impl Summary {
    /// Nothing, if the drill did not come to its end.
    pub(super) fn new(records: &[Record]) -> Option<Self> {
        let run = records.iter().find_map(|record| match &record.event {
            Event::DrillStarted { run, .. } => Some(run.as_str()),
            _ => None,
        })?;
        let mut summary = Self::default();
        let operator = operator(records);
        let (mut destroying, mut firing) = (false, false);
        for record in records {
            match &record.event {
                // How often a bucket is found full again while it is removed is chance.
                Event::StepStarted { step, .. } => {
                    destroying |= *step == Step::Destroy;
                    firing = *step == Step::Fire;
                }
                Event::ApiCall(_) if destroying => {}
                Event::StepFinished { step, night, outcome, detail, .. } => {
                    let outcome = format!("{outcome:?}").to_lowercase();
                    let whole = normal(&format!("{step} (night {night}) {outcome}: {detail}"), run);
                    let by_place = [Step::Fire, Step::AccessLog, Step::Metrics].iter().any(|by_place| step == by_place)
                        && outcome == "passed";
                    let outside = if by_place { format!("{step} (night {night}) {outcome}") } else { whole.clone() };
                    // Who was told is known to a local region alone.
                    if *step != Step::Notice {
                        summary.outside.steps.insert(outside);
                    }
                    summary.steps.insert(whole);
                    firing = false;
                }
                Event::Finding { id, detail } => {
                    summary.findings.insert(normal(&format!("{id}: {detail}"), run));
                }
                Event::ApiCall(call) => {
                    summary.has_calls = true;
                    summary.calls.extend(told(call, run, None));
                    if operator.is_some_and(|operator| is_by(call, operator)) && !(by_place(call) || firing && succeeded(call)) {
                        summary.outside.calls.extend(told(call, run, Some("operator")));
                    }
                }
                Event::Outcome(document) => {
                    summary.conclude(&Outcome::from_event(document)?, run);
                    return Some(summary);
                }
                Event::DrillStarted { cloud, .. } => summary.on_account = cloud == "aws",
                Event::LocalTimes { .. }
                | Event::History { .. }
                | Event::Authorization { .. }
                | Event::Fault { .. }
                | Event::Port { .. }
                | Event::Booted { .. }
                | Event::Recorded { .. }
                | Event::Notification { .. }
                | Event::Resource { .. } => {}
            }
        }
        None
    }

    fn conclude(&mut self, outcome: &Outcome, run: &str) {
        let why =
            outcome.failure.as_ref().map(|failure| format!(" at {}: {}", failure.point, failure.reason)).unwrap_or_default();
        self.results.insert(normal(&format!("{:?}{why}", outcome.result), run));
        for archive in outcome.nights.iter().flat_map(|night| &night.archives) {
            let identical = if archive.identical { "identical" } else { "not identical" };
            let text = format!("{} by {}, {} entries, {identical}", archive.key, archive.encryption, archive.files);
            self.archives.insert(normal(&text, run));
        }
    }
}

/// ARN of who asks for the stack: who drills.
fn operator(records: &[Record]) -> Option<&str> {
    records.iter().find_map(|record| match &record.event {
        Event::ApiCall(call) if call.event_source == "cloudformation.amazonaws.com" && asks_for_stack(call) => {
            call.user_identity.arn.as_deref()
        }
        _ => None,
    })
}

/// Whether the operator called, and not CloudFormation in the operator's name.
fn is_by(call: &ApiCall, operator: &str) -> bool {
    call.user_identity.arn.as_deref() == Some(operator) && call.source_ip_address != "AWS Internal"
}

/// At home a stack is made at once; on an account a change set comes before.
fn asks_for_stack(call: &ApiCall) -> bool {
    matches!(call.event_name.as_str(), "CreateStack" | "CreateChangeSet" | "ExecuteChangeSet")
}

fn by_place(call: &ApiCall) -> bool {
    asks_for_stack(call) && succeeded(call)
}

fn succeeded(call: &ApiCall) -> bool {
    call.error_code.is_none()
}

/// A call in a line: who (or `name` instead), what, with which members, and what came of it.
fn told(call: &ApiCall, run: &str, name: Option<&str>) -> Option<String> {
    let identity = &call.user_identity;
    // When access logs are delivered is chance too.
    let chance = identity.invoked_by.as_deref() == Some("logging.s3.amazonaws.com");
    if chance || (call.read_only && call.error_code.is_none()) {
        return None;
    }
    let who = name.or(identity.arn.as_deref()).or(identity.invoked_by.as_deref()).unwrap_or("nobody");
    let mut members: Vec<&str> = match &call.request_parameters {
        Value::Object(members) => members.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    // The order in which they were read off the wire says nothing.
    members.sort_unstable();
    let error = match (&call.error_code, &call.error_message) {
        (Some(code), Some(message)) => format!(" -> {code}: {message}"),
        (Some(code), None) => format!(" -> {code}"),
        _ => String::new(),
    };
    let service = call.event_source.trim_end_matches(".amazonaws.com");
    Some(normal(&format!("{who} {service}:{}({}){error}", call.event_name, members.join(", ")), run))
}
