//! What a journal tells of a drill.

use std::collections::BTreeMap;

use nightproof_drill::Outcome;
use nightproof_journal::{ApiCall, Event, LocalTime, Record, StepOutcome};

/// A drill, as its journal tells it. Times in microseconds since the journal was begun.
#[derive(Debug, Default)]
pub(super) struct Told<'a> {
    pub(super) run: String,
    pub(super) cloud: String,
    pub(super) stack: String,
    pub(super) steps: Vec<Step<'a>>,
    /// Of the last local drill, where the journal has them.
    pub(super) local: &'a [LocalTime],
    pub(super) findings: Vec<(&'a str, &'a str)>,
    /// What topics got.
    pub(super) notices: Vec<nightproof_drill::told::Told>,
    pub(super) faults: Vec<(u64, &'a str)>,
    pub(super) calls: Vec<(u64, &'a ApiCall)>,
    /// Principal and action, with how often it was asked for and how often refused.
    pub(super) permissions: BTreeMap<(&'a str, &'a str), (usize, usize)>,
    /// Logical id, type and physical id of what the stack made.
    pub(super) resources: Vec<(&'a str, &'a str, &'a str)>,
    /// Absent if the drill was cut off.
    pub(super) outcome: Option<Outcome>,
    pub(super) end: u64,
}

/// A step that has ended.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) name: &'a str,
    pub(super) night: u32,
    pub(super) milliseconds: f64,
    pub(super) outcome: StepOutcome,
    pub(super) detail: &'a str,
}

impl<'a> Told<'a> {
    pub(super) fn by(records: &'a [Record]) -> Self {
        let mut told = Self { notices: nightproof_drill::told::of(records), ..Self::default() };
        for record in records {
            told.end = told.end.max(record.at);
            match &record.event {
                Event::DrillStarted { run, cloud, stack } => {
                    (told.run, told.cloud, told.stack) = (run.clone(), cloud.clone(), stack.clone());
                }
                Event::LocalTimes { steps, .. } => told.local = steps,
                Event::StepFinished { step, night, milliseconds, outcome, detail } => {
                    told.steps.push(Step { name: step, night: *night, milliseconds: *milliseconds, outcome: *outcome, detail })
                }
                Event::Resource { logical_id, kind, physical_id } => told.resources.push((logical_id, kind, physical_id)),
                Event::Finding { id, detail } => told.findings.push((id, detail)),
                Event::Fault { detail, .. } => told.faults.push((record.at, detail)),
                Event::ApiCall(call) => told.calls.push((record.at, call)),
                Event::Authorization { principal, checks, .. } => {
                    for check in checks {
                        let (asked, refused) = told.permissions.entry((principal, &check.action)).or_default();
                        *asked += 1;
                        *refused += usize::from(check.decision.get("effect").and_then(|effect| effect.as_str()) != Some("Allow"));
                    }
                }
                Event::Outcome(document) => {
                    told.outcome = Outcome::of_event(document);
                    // What the region still does while it goes down is no part of the drill.
                    break;
                }
                Event::StepStarted { .. } | Event::Port { .. } | Event::Booted { .. } | Event::Notification { .. } => {}
            }
        }
        told
    }
}
