//! The forms that a command reports in.

use clap::ValueEnum;

/// How to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A line a step, and a summary.
    Text,
    /// A JSON line an event; the last one is the outcome.
    Json,
}
