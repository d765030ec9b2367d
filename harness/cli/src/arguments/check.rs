//! Options of what examines a backup beyond its drill.

use std::path::PathBuf;

use clap::Args;

use super::evidence::EvidenceOptions;
use super::machine::MachineOptions;
use super::stack::{DrillOptions, ExistingOptions, StackOptions, Telling};
use crate::format::Format;

#[derive(Debug, Args)]
pub(crate) struct AccessOptions {
    #[command(flatten)]
    pub(crate) stack: StackOptions,
    #[command(flatten)]
    pub(crate) existing: ExistingOptions,
    /// Of a drill file alone.
    #[arg(skip)]
    pub(crate) drill: DrillOptions,
    /// Also runs the drill without each grant, and says what each restriction holds back. Exit code 1 if a grant is needless or too wide,
    /// or if a night that goes wrong loses what it is to leave behind: an event its dead-letter queue, a failed script word to a topic.
    #[arg(long)]
    pub(crate) mutate: bool,
    /// With --mutate: take away only grants whose names, as it prints them, begin with this; may be repeated.
    #[arg(long = "grant", value_name = "NAME", requires = "mutate")]
    pub(crate) grants: Vec<String>,
    /// Drill as an IAM user who has this identity policy, a JSON document, and nothing else; its statements are then the grants that
    /// --mutate takes away, instead of the template's.
    #[arg(long, value_name = "FILE")]
    pub(crate) operator_policy: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) telling: Telling,
    #[command(flatten)]
    pub(crate) machine: MachineOptions,
}

#[derive(Debug, Args)]
pub(crate) struct CompareOptions {
    /// One journal.
    #[arg(value_name = "JOURNAL")]
    pub(crate) a: PathBuf,
    /// Another.
    #[arg(value_name = "JOURNAL")]
    pub(crate) b: PathBuf,
    /// How to report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ReproduceOptions {
    /// The incident.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Pass when the incident does not happen any more: the drill passes in spite of it.
    #[arg(long)]
    pub(crate) expect_fixed: bool,
    #[command(flatten)]
    pub(crate) telling: Telling,
    #[command(flatten)]
    pub(crate) machine: MachineOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ProveOptions {
    #[command(flatten)]
    pub(crate) stack: StackOptions,
    #[command(flatten)]
    pub(crate) existing: ExistingOptions,
    #[command(flatten)]
    pub(crate) drill: DrillOptions,
    /// A control to try, by its name; may be repeated. All when left out.
    #[arg(long, value_name = "CONTROL")]
    pub(crate) only: Vec<String>,
    /// Drill as an IAM user who has this identity policy, a JSON document, and nothing else, instead of as the account's root user.
    #[arg(long, value_name = "FILE")]
    pub(crate) operator_policy: Option<PathBuf>,
    /// How to report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Write the journal of the drill that must pass to this file as JSON lines.
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Write a page (.html) of what was noticed by whom; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) evidence: EvidenceOptions,
    #[command(flatten)]
    pub(crate) machine: MachineOptions,
}
