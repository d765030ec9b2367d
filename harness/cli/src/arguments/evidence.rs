//! Options of evidence, reports and their history.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

/// Evidence of a drill.
#[derive(Debug, Default, Args)]
pub(crate) struct EvidenceOptions {
    /// Write evidence of the drill into this folder: a record and a printable page, each signed by --evidence-key.
    #[arg(long, value_name = "DIR")]
    pub(crate) evidence: Option<PathBuf>,
    /// The secret key that signs evidence; `nightproof keys` makes one.
    #[arg(long, value_name = "FILE", env = "NIGHTPROOF_EVIDENCE_KEY")]
    pub(crate) evidence_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct KeysOptions {
    /// Folder for nightproof.key, which is to stay secret, and nightproof.pub. Files that are there already stay.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyEvidenceOptions {
    /// A file, or a folder of which all files are verified.
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,
    /// The public key.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCommand {
    /// Writes a printable page of the drills of a period, by their evidence, and of the days without one. All of the evidence is verified.
    Book(BookOptions),
}

#[derive(Debug, Args)]
pub(crate) struct BookOptions {
    /// Folders with evidence, or files of it.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// The first day, in UTC (2026-11-01).
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Date,
    /// The last day.
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Date,
    /// The public key.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Where to write the page (.html).
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct HistoryOptions {
    /// The file.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// Joins the parts of a suite that ran apart. The exit code is that of the worst drill.
    Merge(MergeOptions),
}

#[derive(Debug, Args)]
pub(crate) struct MergeOptions {
    /// What `nightproof suite --out` named, or suite.json in it.
    #[arg(value_name = "DIR", required = true)]
    pub(crate) parts: Vec<PathBuf>,
    /// Where to write: a page (.html) or JUnit XML (.xml); may be repeated.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ReportOptions {
    #[command(subcommand)]
    pub(crate) command: Option<ReportCommand>,
    /// The journal.
    #[arg(value_name = "JOURNAL", required = true)]
    pub(crate) journal: Option<PathBuf>,
    /// Where to write: a page (.html) or JUnit XML (.xml); may be repeated.
    #[arg(long, short, value_name = "FILE", required = true)]
    pub(crate) output: Vec<PathBuf>,
}
