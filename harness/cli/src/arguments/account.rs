//! Options of what is done on a real account.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use nightproof_drill::{Demands, Wanted};

use super::evidence::EvidenceOptions;
use super::machine::MachineOptions;
use super::stack::{DrillOptions, StackOptions, Telling, secret};
use crate::format::Format;

#[derive(Debug, Args)]
pub(crate) struct SweepOptions {
    /// List only.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Where to look.
    #[arg(long, value_enum, default_value_t = SweepCloud::Docker)]
    pub(crate) cloud: SweepCloud,
    #[command(flatten)]
    pub(crate) account: AccountOptions,
    /// With `--cloud aws`: remove what is shown. Without it, it is only shown.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Where a sweep looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SweepCloud {
    /// Containers and temporary folders of this machine.
    Docker,
    /// Expired runs in an AWS account.
    Aws,
}

/// Which account may be touched.
#[derive(Debug, Clone, Args)]
pub(crate) struct AccountOptions {
    /// An account that drills may run in; may be repeated. In any other nothing is done.
    #[arg(long = "account", value_name = "ID", env = "NIGHTPROOF_ACCOUNTS", value_delimiter = ',', value_parser = account_id)]
    pub(crate) accounts: Vec<String>,
    /// The region to work in.
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub(crate) region: String,
}

#[derive(Debug, Args)]
pub(crate) struct SmokeOptions {
    #[command(flatten)]
    pub(crate) stack: StackOptions,
    #[command(flatten)]
    pub(crate) account: AccountOptions,
    #[command(flatten)]
    pub(crate) drill: DrillOptions,
    /// How the rule's time comes.
    #[arg(long, value_enum, default_value_t = FireKind::Schedule)]
    pub(crate) fire: FireKind,
    /// Show who, where, what and at what cost, and make nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask before making what the change set shows.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Hours after which a sweep may remove what this run could not.
    #[arg(long, value_name = "HOURS", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=168))]
    pub(crate) expires: u32,
    #[command(flatten)]
    pub(crate) telling: Telling,
    /// Keep this drill's numbers in this file, a JSON line appended for each drill; its report shows the trend.
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) evidence: EvidenceOptions,
    /// Where the account has its archives, whose age is reported; from a drill file only.
    #[arg(skip)]
    pub(crate) archives: Option<Wanted>,
}

#[derive(Debug, Args)]
pub(crate) struct ResumeOptions {
    /// The run's id, as the drill printed it.
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) account: AccountOptions,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreOptions {
    /// The bucket with the archives; that of the drill file's `archives` when left out.
    #[arg(long, conflicts_with = "stack")]
    pub(crate) bucket: Option<String>,
    /// Name or ARN of the stack with the buckets.
    #[arg(long)]
    pub(crate) stack: Option<String>,
    /// Look at keys alone that begin with this, such as those of one machine.
    #[arg(long, value_name = "PREFIX")]
    pub(crate) prefix: Option<String>,
    /// All that is there are files as they are, as `aws s3 sync` leaves them: restore them, and no archive.
    #[arg(long)]
    pub(crate) plain: bool,
    /// What is not as it should be fails: an archive that cannot be opened beside others, what is over its budget.
    #[arg(long)]
    pub(crate) strict: bool,
    /// The newest that there was at this time, RFC 3339 (2026-11-23T06:00:00Z); now when left out.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
    /// The region of the account.
    #[arg(long, value_name = "REGION", env = "AWS_REGION", default_value = "us-east-1")]
    pub(crate) region: String,
    /// The drill file, whose `archives`, `restore`, `database`, `fingerprint`, `data.path`, `budgets` and `strict` are gone by; nightproof.yaml in the working folder, if there is one.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// A script that restores the backup, as in a drill; without one what is opened here is unpacked.
    #[arg(long, value_name = "FILE")]
    pub(crate) restore_script: Option<PathBuf>,
    /// A file that the restore script finds as $NIGHTPROOF_SECRETS/NAME; may be repeated.
    #[arg(long = "secret", value_name = "NAME=FILE", value_parser = secret)]
    pub(crate) secrets: Vec<(String, PathBuf)>,
    /// Where the data belongs on the machine; /var/www/html when left out.
    #[arg(long, value_name = "PATH")]
    pub(crate) data_path: Option<String>,
    /// How to report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) machine: MachineOptions,
    /// What a drill file asks for.
    #[arg(skip)]
    pub(crate) demands: Demands,
    /// What restores the database of a drill file.
    #[arg(skip)]
    pub(crate) database_restore: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CaptureOptions {
    /// Name or ARN of the stack.
    #[arg(long)]
    pub(crate) stack: String,
    /// Begin of the night, RFC 3339 (2026-11-23T02:55:00Z).
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Timestamp,
    /// Its end.
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Timestamp,
    /// Folder for it, which must be empty or not there; named after stack and begin when left out.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The region to look in.
    #[arg(long, value_name = "REGION", env = "AWS_REGION", default_value = "us-east-1")]
    pub(crate) region: String,
}

/// How a rule's time comes on a real account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FireKind {
    /// A stack update makes the schedule `rate(1 minute)` until EventBridge has fired it.
    Schedule,
    /// The function is invoked with the schedule's event.
    Invoke,
}

pub(super) fn account_id(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("expected 12 digits".to_owned())
    }
}
