//! Reports of a drill: text for a terminal, a page for people, JUnit XML for CI. Any can be made later from the journal's file.

mod attack;
mod chain;
mod document;
mod drill_record;
mod explanation;
mod html;
mod junit;
mod numbers;
mod progress;
mod proof;
mod suite;
mod summary;
#[cfg(test)]
mod tests;
mod trend;

use nightproof_journal::Record;

use crate::drill_record::DrillRecord;
pub use crate::explanation::{Explanation, explain, explain_failure, explained, explanations_page};
pub use crate::progress::{Mark, ProgressLine, port_line, progress_line};
pub use crate::proof::proof_page;
pub use crate::suite::{SuiteDrill, suite_junit, suite_page};
pub use crate::summary::summary;
pub use crate::trend::{past_drill, trend};

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One page that needs nothing else.
    Html,
    /// JUnit XML. It has the steps of a drill, so that a journal without a drill has none.
    Junit,
}

/// The report of a journal; `None` if the form needs a drill and the journal has none.
pub fn report(records: &[Record], form: Form) -> Option<String> {
    let drill = DrillRecord::new(records);
    match form {
        Form::Html => Some(html::page(&drill)),
        Form::Junit if drill.run.is_empty() => None,
        Form::Junit => Some(junit::xml(&drill)),
    }
}
