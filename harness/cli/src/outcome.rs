//! What a command makes of the outcome of a drill.

use nightproof_drill::{DrillResult, FailurePoint, Outcome};

use crate::{Exit, printer};

/// The exit code for an outcome.
pub(crate) fn exit(outcome: &Outcome) -> Exit {
    match outcome.result {
        DrillResult::Failed if outcome.failure.as_ref().is_some_and(|failure| failure.point == FailurePoint::Input) => {
            Exit::Input
        }
        DrillResult::Failed | DrillResult::Interrupted => Exit::Failed,
        DrillResult::NotSupported => Exit::NotSupported,
        DrillResult::Passed if !outcome.leftovers.is_empty() => Exit::Leftovers,
        DrillResult::Passed => Exit::Passed,
    }
}

/// Prints the summary of a drill.
pub(crate) fn summary(outcome: &Outcome) {
    printer::line(&nightproof_report::summary(outcome));
}
