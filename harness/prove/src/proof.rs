//! Who noticed what.

use std::fmt;

use nightproof_drill::{DrillResult, Hop, Outcome};
use nightproof_journal::Journal;
use serde::Serialize;

use crate::{Control, Made, Rehearsed};

/// Version of [`Proof`]'s serialized form.
const VERSION: u32 = 1;

/// The negative controls of a stack whose drill passed.
#[derive(Debug, Serialize)]
pub struct Proof {
    version: u32,
    /// Id of the drill that passed.
    pub run: String,
    /// Each control, in order.
    pub controls: Vec<Checked>,
}

/// What became of a control.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// Its name.
    pub id: String,
    /// What was done.
    pub title: String,
    /// Whether the drill noticed it.
    pub verdict: Verdict,
    /// Where the drill noticed: `at restore`, `by finding other-key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Why the drill failed, why it should have, or why there was none.
    pub reason: String,
    /// Who else learned of it: messages to topics, events in queues. Empty if nobody did.
    pub notified: Vec<String>,
}

/// Whether a control was noticed by the drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// At the right hop, or by a finding.
    Noticed,
    /// At another hop than where it was made: something else may have been noticed.
    Misplaced,
    /// The drill passed.
    Unnoticed,
    /// The drill could not be run to its end: nothing is known.
    Unfinished,
    /// There is nothing in this stack that it could befall.
    NotApplicable,
}

impl Verdict {
    /// Whether nothing is to be mended.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Noticed | Self::NotApplicable)
    }

    /// In a few words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Noticed => "noticed",
            Self::Misplaced => "noticed elsewhere",
            Self::Unnoticed => "NOT NOTICED",
            Self::Unfinished => "not tried",
            Self::NotApplicable => "does not apply",
        }
    }
}

impl Checked {
    /// What the drill made of it: `noticed at restore`.
    fn drill(&self) -> String {
        match &self.at {
            Some(at) => format!("{} {at}", self.verdict.as_str()),
            None => self.verdict.as_str().to_owned(),
        }
    }
}

impl Proof {
    /// For the drill that passed, without any control yet.
    pub fn new(good: &Rehearsed<'_>) -> Self {
        Self { version: VERSION, run: good.outcome.run.clone(), controls: Vec::new() }
    }

    /// Judges the drill of a control by the drill that passed, and adds it.
    pub fn check(&mut self, control: &Control, good: &Rehearsed<'_>, outcome: &Outcome, journal: &Journal) {
        let (verdict, at, reason) = judged(control.expected, good.outcome, outcome);
        let before = good.notified();
        let notified = match verdict {
            Verdict::NotApplicable => Vec::new(),
            _ => Rehearsed::new(outcome, journal).notified().into_iter().filter(|one| !before.contains(one)).collect(),
        };
        self.add(control, verdict, at, reason, notified);
    }

    /// Adds a control that does not apply.
    pub fn leave_out(&mut self, control: &Control) {
        let why = match &control.made {
            Made::NotApplicable(why) => why.clone(),
            Made::Archive(_) | Made::Incident(_) => String::new(),
        };
        self.add(control, Verdict::NotApplicable, None, why, Vec::new());
    }

    fn add(&mut self, control: &Control, verdict: Verdict, at: Option<String>, reason: String, notified: Vec<String>) {
        let (id, title) = (control.id.to_owned(), control.title.to_owned());
        self.controls.push(Checked { id, title, verdict, at, reason, notified });
    }

    /// Whether the drill noticed every control that applies, and one did.
    pub fn is_whole(&self) -> bool {
        self.controls.iter().all(|control| control.verdict.is_good())
            && self.controls.iter().any(|control| control.verdict == Verdict::Noticed)
    }

    /// How many controls the drill noticed, of how many that apply, and of how many nobody else learned.
    pub fn count(&self) -> (usize, usize, usize) {
        let applying = || self.controls.iter().filter(|control| control.verdict != Verdict::NotApplicable);
        let noticed = applying().filter(|control| control.verdict == Verdict::Noticed).count();
        (noticed, applying().count(), applying().filter(|control| control.notified.is_empty()).count())
    }
}

/// How the drill of a control ended, where it noticed, and why.
fn judged(expected: &[Hop], good: &Outcome, outcome: &Outcome) -> (Verdict, Option<String>, String) {
    if let Some(why) = &outcome.not_applicable {
        return (Verdict::NotApplicable, None, why.clone());
    }
    let fresh = outcome.findings.iter().find(|finding| !good.findings.iter().any(|known| known.id == finding.id));
    let failure = outcome.failure.as_ref();
    match (outcome.result, failure.and_then(|failure| failure.point.hop())) {
        (DrillResult::NotSupported | DrillResult::Interrupted, _) => {
            (Verdict::Unfinished, None, format!("the drill {}", outcome.result.as_str()))
        }
        (DrillResult::Failed, Some(hop)) => {
            let verdict = if expected.contains(&hop) { Verdict::Noticed } else { Verdict::Misplaced };
            (verdict, Some(format!("at {hop}")), failure.map(|failure| failure.reason.clone()).unwrap_or_default())
        }
        (_, None) if fresh.is_some() && failure.is_none_or(|failure| failure.point.as_str() == "findings") => {
            let (id, detail) = fresh.map(|finding| (finding.id.clone(), finding.detail.clone())).unwrap_or_default();
            (Verdict::Noticed, Some(format!("by finding {id}")), detail)
        }
        (DrillResult::Failed, None) => {
            let reason = failure.map(|failure| format!("{}: {}", failure.point, failure.reason)).unwrap_or_default();
            (Verdict::Unfinished, None, reason)
        }
        (DrillResult::Passed, _) => (Verdict::Unnoticed, None, "the drill passed".to_owned()),
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.controls.iter().map(|control| control.drill().len()).max().unwrap_or_default();
        writeln!(f, "{:23} {:width$} notified", "control", "drill")?;
        for control @ Checked { id, verdict, reason, notified, .. } in &self.controls {
            let drill = control.drill();
            let told = match (verdict, notified.as_slice()) {
                (Verdict::NotApplicable | Verdict::Unfinished, _) => reason.clone(),
                (_, []) => "nobody".to_owned(),
                (_, notified) => notified.join("; "),
            };
            writeln!(f, "{id:23} {drill:width$} {told}")?;
        }
        let (noticed, applying, alone) = self.count();
        writeln!(f)?;
        writeln!(f, "The drill noticed {noticed} of {applying} controls. Of {alone} of them nobody else is notified.")?;
        write!(f, "{}", if self.is_whole() { "PROVEN: the drill fails when the backup does." } else { "NOT PROVEN" })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn outcome(result: &str, more: Value) -> Outcome {
        let mut outcome = json!({ "version": 2, "run": "r", "stack": "s", "result": result, "nights": [], "findings": [],
            "leftovers": [], "steps": [] });
        if let (Some(outcome), Value::Object(more)) = (outcome.as_object_mut(), more) {
            outcome.extend(more);
        }
        serde_json::from_value(outcome).unwrap()
    }

    fn failed(point: &str) -> Value {
        json!({ "failure": { "hop": point, "reason": "why", "evidence": [] } })
    }

    fn finding(id: &str) -> Value {
        json!([{ "id": id, "detail": "what" }])
    }

    #[rstest]
    #[case::at_its_hop("failed", failed("restore"), Verdict::Noticed, Some("at restore"))]
    #[case::at_another("failed", failed("script"), Verdict::Misplaced, Some("at script"))]
    #[case::by_a_finding("passed", json!({ "findings": finding("other-key") }), Verdict::Noticed, Some("by finding other-key"))]
    #[case::by_a_finding_that_was_there("passed", json!({ "findings": finding("open-port") }), Verdict::Unnoticed, None)]
    #[case::not_at_all("passed", json!({}), Verdict::Unnoticed, None)]
    #[case::by_the_drill_itself("failed", failed("drill"), Verdict::Unfinished, None)]
    #[case::not_supported("not_supported", json!({}), Verdict::Unfinished, None)]
    #[case::interrupted("interrupted", json!({}), Verdict::Unfinished, None)]
    #[case::without_a_place("failed", json!({ "not_applicable": "it has no key" }), Verdict::NotApplicable, None)]
    fn a_control_is_noticed_where_it_was_made_or_not(
        #[case] result: &str,
        #[case] more: Value,
        #[case] verdict: Verdict,
        #[case] at: Option<&str>,
    ) {
        let good = outcome("passed", json!({ "findings": finding("open-port") }));
        let (seen, place, _) = judged(&[Hop::Restore], &good, &outcome(result, more));
        assert_eq!((seen, place.as_deref()), (verdict, at));
    }

    #[test]
    fn nothing_is_proven_by_controls_that_do_not_apply() {
        let (good, journal) = (outcome("passed", json!({})), Journal::default());
        let rehearsed = Rehearsed::new(&good, &journal);
        let controls = crate::controls(&rehearsed, "/data", crate::Able { disks: false, clocks: false });
        let mut proof = Proof::new(&rehearsed);
        proof.leave_out(&controls[0]);
        assert!(!proof.is_whole());
        proof.check(&controls[1], &rehearsed, &outcome("failed", failed("object")), &journal);
        assert!(proof.is_whole());
        proof.check(&controls[2], &rehearsed, &good, &journal);
        assert!(!proof.is_whole());
        assert_eq!(proof.count(), (1, 2, 2));
        assert!(proof.to_string().ends_with("NOT PROVEN"), "{proof}");
    }
}
