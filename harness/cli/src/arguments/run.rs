//! Options of drills on a local region.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::bare::Bare;
use super::evidence::EvidenceOptions;
use super::machine::MachineOptions;
use super::stack::{DrillOptions, ExistingOptions, StackOptions, Telling};
use crate::format::Format;
use crate::partition::Partition;

#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub(crate) stack: StackOptions,
    #[command(flatten)]
    pub(crate) existing: ExistingOptions,
    #[command(flatten)]
    pub(crate) drill: DrillOptions,
    /// How many nights to rehearse, moving the clock from one to the next; 1 when left out.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=366))]
    pub(crate) nights: Option<u32>,
    /// When the last night is over, have each role of the stack, and the operator, try to destroy, overwrite, hide or unlock its archives and
    /// what protects them. What a role can do is a finding.
    #[arg(long)]
    pub(crate) attack: bool,
    /// Keep the stack and the region's folder for inspection, until interrupted.
    #[arg(long)]
    pub(crate) keep: bool,
    #[command(flatten)]
    pub(crate) telling: Telling,
    /// Keep this drill's numbers in this file, a JSON line appended for each drill; its report shows the trend.
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) evidence: EvidenceOptions,
    /// Folder with a real amazon-ssm-agent to run on instances instead of our own agent.
    #[arg(long, value_name = "DIR")]
    pub(crate) ssm_agent: Option<PathBuf>,
    /// Drill as an IAM user who has this identity policy, a JSON document, and nothing else, instead of as the account's root user.
    #[arg(long, value_name = "FILE")]
    pub(crate) operator_policy: Option<PathBuf>,
    /// Whose CloudFormation deploys. With `--cloud localstack`, `native` has LocalStack's own deploy the template too, and fails at what it
    /// dropped or changed: each property is compared by what the services' own describe calls say.
    #[arg(long, value_enum, default_value_t = CloudFormationKind::Region)]
    pub(crate) cloudformation: CloudFormationKind,
    /// With `--cloudformation native`: sets what was dropped or changed by direct calls, and fails only at what is still different then.
    #[arg(long)]
    pub(crate) mend: bool,
    #[command(flatten)]
    pub(crate) machine: MachineOptions,
}

/// Whose CloudFormation deploys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CloudFormationKind {
    /// The region's.
    Region,
    /// The region's, and LocalStack's to be compared with it.
    Native,
}

#[derive(Debug, Args)]
pub(crate) struct BenchOptions {
    /// How many drills; medians are printed.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) runs: u32,
    /// How many nights each drill has: with many, what is done once for a region weighs little.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=366))]
    pub(crate) nights: u32,
    /// Measure a fleet instead: this many simulated agents, without machines, answer one command at once and upload an archive of 1 MiB each.
    #[arg(long, value_name = "N", conflicts_with_all = ["runs", "nights", "files"], value_parser = clap::value_parser!(u32).range(1..=4000))]
    pub(crate) machines: Option<u32>,
    /// Back up as many generated files, and print beside it how long `diff -r` takes to compare them with a copy.
    #[arg(long, value_name = "COUNT", requires = "bytes", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub(crate) files: Option<u64>,
    /// How large these files are together.
    #[arg(long, value_name = "BYTES", requires = "files")]
    pub(crate) bytes: Option<u64>,
    /// How to report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) machine: MachineOptions,
}

impl RunOptions {
    /// Those of `nightproof run` without an argument.
    pub(crate) fn from_environment() -> Self {
        Bare::from_environment()
    }
}

/// What a check of this machine runs in.
#[derive(Debug, Args)]
pub(crate) struct SelfCheckOptions {
    #[command(flatten)]
    pub(crate) machine: MachineOptions,
}

#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// Folder for the reports of both nights.
    #[arg(long, value_name = "DIR", default_value = "nightproof-demo")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) machine: MachineOptions,
}

#[derive(Debug, Args)]
pub(crate) struct SuiteOptions {
    /// The suite file, whose `drills` are drill files or globs of them.
    #[arg(value_name = "FILE", default_value = "nightproof.suite.yaml")]
    pub(crate) file: PathBuf,
    /// How many drills run at once; as many as there are processors when left out.
    #[arg(long, short, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1024))]
    pub(crate) jobs: Option<usize>,
    /// Drill a part of the suite alone: hash:1/4 is the first of four. The parts run on machines of their own, and `nightproof report merge` joins them.
    #[arg(long, value_name = "hash:PART/OF")]
    pub(crate) partition: Option<Partition>,
    /// Folder for what the drills leave: journals, pages, logs, and suite.json for `nightproof report merge`.
    #[arg(long, value_name = "DIR", default_value = "nightproof-suite")]
    pub(crate) out: PathBuf,
    /// Write a report of all drills: a page (.html) or JUnit XML (.xml); may be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Vec<PathBuf>,
    /// Further arguments of `nightproof run` for each drill, after `--`.
    #[arg(last = true, value_name = "ARGUMENT")]
    pub(crate) arguments: Vec<String>,
}
