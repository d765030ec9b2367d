//! What a drill came to, as a value.

use std::fmt;
use std::ops::Deref;

use nightproof_drill::{DrillResult, FailurePoint, Outcome};
use nightproof_journal::{Journal, Record};
use nightproof_report::Form;

use super::Calls;
use crate::{Exit, outcome};

/// What a drill came to. It has all members of the drill's [`Outcome`].
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    outcome: Outcome,
    records: Vec<Record>,
    calls: Calls,
}

impl Verdict {
    pub(super) fn new(outcome: Outcome, journal: &Journal) -> Self {
        Self { outcome, records: journal.records(), calls: Calls::new(journal.calls()) }
    }

    /// Whether the backup restores. Findings fail a strict drill alone.
    pub fn passed(&self) -> bool {
        self.outcome.result == DrillResult::Passed
    }

    /// Where the drill failed, if it did.
    pub fn broken_at(&self) -> Option<FailurePoint> {
        self.outcome.failure.as_ref().map(|failure| failure.point)
    }

    /// The exit code of a command that comes to this.
    pub fn exit(&self) -> Exit {
        outcome::exit(&self.outcome)
    }

    /// Ids of the findings: `open-port`.
    pub fn finding_ids(&self) -> Vec<&str> {
        self.outcome.findings.iter().map(|finding| finding.id.as_str()).collect()
    }

    /// What the region was asked.
    pub fn calls(&self) -> Calls {
        self.calls.clone()
    }

    /// The whole journal, of which reports are made.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The report as a page that stands by itself.
    pub fn page(&self) -> String {
        nightproof_report::report(&self.records, Form::Html).unwrap_or_default()
    }

    /// The report as JUnit XML.
    pub fn junit(&self) -> String {
        nightproof_report::report(&self.records, Form::Junit).unwrap_or_default()
    }

    /// Asserts that the backup restores and that nothing was left behind.
    ///
    /// # Panics
    /// If not: with the summary.
    #[track_caller]
    pub fn assert_passed(&self) -> &Self {
        assert!(self.passed() && self.outcome.leftovers.is_empty(), "the drill {}\n{self}", self.outcome.result.as_str());
        self
    }

    /// Asserts that the drill failed at `point`, a hop of the chain or another, for a reason or with evidence that has `text` in it.
    ///
    /// # Panics
    /// If not: with the summary.
    #[track_caller]
    pub fn assert_broken(&self, point: impl Into<FailurePoint>, text: &str) -> &Self {
        let point = point.into();
        assert_eq!(self.broken_at(), Some(point), "the drill {}\n{self}", self.outcome.result.as_str());
        let failure = self.outcome.failure.as_ref();
        let has = failure.is_some_and(|failure| {
            failure.reason.contains(text) || failure.evidence.iter().any(|evidence| evidence.contains(text))
        });
        assert!(has, "the drill failed at {point}, for another reason than `{text}`\n{self}");
        self
    }
}

impl Deref for Verdict {
    type Target = Outcome;

    fn deref(&self) -> &Outcome {
        &self.outcome
    }
}

impl fmt::Display for Verdict {
    /// The summary that `nightproof run` prints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&nightproof_report::summary(&self.outcome))
    }
}
