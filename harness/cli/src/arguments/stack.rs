//! What is rehearsed: the stack, its data, and how a drill of it is reported.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use nightproof_drill::{DataProfile, Demands};

use crate::format::Format;

/// The folder on instances that the data goes to, unless another is named.
pub(crate) const DATA_PATH: &str = "/var/www/html";

/// What is rehearsed.
#[derive(Debug, Default, Args)]
pub(crate) struct StackOptions {
    /// The drill file, which says what is rehearsed and what has to hold; nightproof.yaml in the working folder, if there is one. Options override
    /// it.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// CloudFormation template; the bundled stack (and --strict) when left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) template: Option<PathBuf>,
    /// A parameter of the template; may be repeated.
    #[arg(long = "parameter", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) parameters: Vec<(String, String)>,
    /// A file with parameters of the template: the AWS CLI's, CodePipeline's, samconfig.toml, names and values as JSON or YAML, or lines of
    /// KEY=VALUE; may be repeated. --parameter counts more.
    #[arg(long = "parameters", value_name = "FILE")]
    pub(crate) parameter_files: Vec<PathBuf>,
    /// Folder whose content the web server gets; a small generated web site when left out.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// What is generated. `hard` adds links to nowhere, hard links, a sparse file, names that are no text, long paths, thousands of small files
    /// and a large one. `usual` when left out.
    #[arg(long, value_enum, conflicts_with = "data")]
    pub(crate) data_profile: Option<DataProfileKind>,
    /// Where the data lives on the instance; /var/www/html when left out.
    #[arg(long, value_name = "PATH")]
    pub(crate) data_path: Option<String>,
    /// Parameters that a drill file gives; all others count more.
    #[arg(skip)]
    pub(crate) file_parameters: Vec<(String, String)>,
    /// What has to hold beside: of a drill file alone.
    #[arg(skip)]
    pub(crate) demands: Demands,
}

/// What exists already when the stack is deployed.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExistingOptions {
    /// A template of what exists already, deployed before and removed afterwards: its exports, parameters, networks and buckets are there, and
    /// its outputs are the values of parameters of the same names; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) existing: Vec<PathBuf>,
    /// Make values up for parameters that have none, and what they name: key pairs, networks, buckets. Prints them.
    #[arg(long)]
    pub(crate) guess_parameters: bool,
}

/// What is generated where no data is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DataProfileKind {
    /// A small web site.
    Usual,
    /// The same, with all that file systems allow.
    Hard,
}

impl From<DataProfileKind> for DataProfile {
    fn from(kind: DataProfileKind) -> Self {
        match kind {
            DataProfileKind::Usual => Self::Usual,
            DataProfileKind::Hard => Self::Hard,
        }
    }
}

/// What a drill looks at in the stack.
#[derive(Debug, Default, Args)]
pub(crate) struct DrillOptions {
    /// The rule, schedule, maintenance window or association to fire, or the bucket or alarm whose event starts the backup (logical id or name). Without it, each whose chain ends in a bucket is, one after the other.
    #[arg(long = "trigger", alias = "rule", value_name = "NAME")]
    pub(crate) rule: Option<String>,
    /// The bucket that backups go to (logical id or name), if the stack has several.
    #[arg(long)]
    pub(crate) bucket: Option<String>,
    /// A script that restores the backup, for forms that only you can open. It runs on a fresh instance like the one that was backed up; the
    /// night's objects are in $NIGHTPROOF_OBJECTS by their keys, and what is at $NIGHTPROOF_DATA_PATH afterwards is compared.
    #[arg(long, value_name = "FILE")]
    pub(crate) restore_script: Option<PathBuf>,
    /// A file that the restore script finds as $NIGHTPROOF_SECRETS/NAME, such as a key or a passphrase; may be repeated.
    #[arg(long = "secret", value_name = "NAME=FILE", value_parser = secret)]
    pub(crate) secrets: Vec<(String, PathBuf)>,
    /// What restores the database of a drill file, if there is no other script.
    #[arg(skip)]
    pub(crate) database_restore: Option<String>,
    /// Whether the restore script gets all objects: of a drill file alone.
    #[arg(skip)]
    pub(crate) all_objects: bool,
    /// Fail on findings too, such as an open port or a bucket without access log.
    #[arg(long)]
    pub(crate) strict: bool,
}

/// How a drill tells of itself.
#[derive(Debug, Args)]
pub(crate) struct Telling {
    /// How to report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Write the journal, on a local region every API call included, to this file as JSON lines.
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Write a report when the drill has ended: a page (.html) or JUnit XML (.xml); may be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Vec<PathBuf>,
}

pub(super) fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

pub(super) fn secret(text: &str) -> Result<(String, PathBuf), String> {
    let is_name = |name: &str| !name.starts_with('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && is_name(name) && !file.is_empty() => Ok((name.to_owned(), PathBuf::from(file))),
        _ => Err("expected NAME=FILE, with a name of letters, digits, `.`, `_` and `-`".to_owned()),
    }
}
