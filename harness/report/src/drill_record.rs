//! A drill, as its journal has it.

use std::collections::BTreeMap;

use nightproof_drill::{Outcome, Step as DrillStep};
use nightproof_journal::{ApiCall, Event, LocalTime, PastDrill, Record, StepOutcome};

/// The events of a drill by kind. Times in microseconds since the journal was begun.
#[derive(Debug, Default)]
pub(crate) struct DrillRecord<'a> {
    pub(crate) run: String,
    pub(crate) cloud: String,
    pub(crate) stack: String,
    pub(crate) steps: Vec<Step<'a>>,
    /// Of the last local drill, where the journal has them.
    pub(crate) local: &'a [LocalTime],
    /// Drills before this one, where a history is kept.
    pub(crate) before: &'a [PastDrill],
    pub(crate) findings: Vec<(&'a str, &'a str)>,
    /// What topics got.
    pub(crate) notices: Vec<nightproof_drill::notifications::Notification>,
    pub(crate) faults: Vec<(u64, &'a str)>,
    pub(crate) calls: Vec<(u64, &'a ApiCall)>,
    /// Principal and action, with how often it was asked for and how often refused.
    pub(crate) permissions: BTreeMap<(&'a str, &'a str), (usize, usize)>,
    /// Logical id, type and physical id of what the stack made.
    pub(crate) resources: Vec<(&'a str, &'a str, &'a str)>,
    /// Absent if the drill was cut off.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) end: u64,
}

/// A step that has ended.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    pub(crate) name: &'a str,
    pub(crate) night: u32,
    pub(crate) milliseconds: f64,
    pub(crate) outcome: StepOutcome,
    pub(crate) detail: &'a str,
}

impl<'a> DrillRecord<'a> {
    pub(crate) fn new(records: &'a [Record]) -> Self {
        let mut drill = Self { notices: nightproof_drill::notifications::from_records(records), ..Self::default() };
        // What roles are refused when they are tried is told with the attack.
        let mut is_tried = false;
        for record in records {
            drill.end = drill.end.max(record.at);
            match &record.event {
                Event::DrillStarted { run, cloud, stack } => {
                    (drill.run, drill.cloud, drill.stack) = (run.clone(), cloud.clone(), stack.clone());
                }
                Event::LocalTimes { steps, .. } => drill.local = steps,
                Event::History { drills } => drill.before = drills,
                Event::StepFinished { step, night, milliseconds, outcome, detail } => {
                    is_tried = false;
                    drill.steps.push(Step { name: step, night: *night, milliseconds: *milliseconds, outcome: *outcome, detail });
                }
                Event::Resource { logical_id, kind, physical_id } => drill.resources.push((logical_id, kind, physical_id)),
                Event::Finding { id, detail } => drill.findings.push((id, detail)),
                Event::Fault { detail, .. } => drill.faults.push((record.at, detail)),
                Event::ApiCall(call) => drill.calls.push((record.at, call)),
                Event::Authorization { .. } if is_tried => {}
                Event::Authorization { principal, checks, .. } => {
                    for check in checks {
                        let (asked, refused) = drill.permissions.entry((principal, &check.action)).or_default();
                        *asked += 1;
                        *refused += usize::from(check.decision.get("effect").and_then(|effect| effect.as_str()) != Some("Allow"));
                    }
                }
                Event::Outcome(document) => {
                    drill.outcome = Outcome::from_event(document);
                    // What the region still does while it goes down is no part of the drill.
                    break;
                }
                Event::StepStarted { step, .. } => is_tried = *step == DrillStep::Attack,
                Event::Port { .. } | Event::Booted { .. } | Event::Recorded { .. } | Event::Notification { .. } => {}
            }
        }
        drill
    }
}
