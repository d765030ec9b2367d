//! Options of what explains nightproof and prepares its use.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("of").required(true).args(["template", "stack"])))]
pub(crate) struct InitOptions {
    /// The CloudFormation template.
    #[arg(long, value_name = "FILE")]
    pub(crate) template: Option<PathBuf>,
    /// Name or ARN of a stack of a real account instead: its template is written beside the drill file, which has the values of its parameters.
    /// It is only read, with the credentials that AWS's own tools would use.
    #[arg(long, value_name = "NAME")]
    pub(crate) stack: Option<String>,
    /// The region of the account.
    #[arg(long, value_name = "REGION", env = "AWS_REGION", default_value = "us-east-1")]
    pub(crate) region: String,
    /// Where to write; nightproof.yaml beside the template, or in the working folder, when left out. A file that is there already stays.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaOptions {
    /// Of which file.
    #[arg(value_enum)]
    pub(crate) of: SchemaKind,
}

/// A file with a published schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaKind {
    /// A drill file.
    Drill,
    /// An incident file.
    Incident,
    /// The record of a drill that `--evidence` writes.
    Evidence,
}

#[derive(Debug, Args)]
pub(crate) struct TypesOptions {
    /// A resource type, such as `AWS::S3::Bucket`; all that are acted upon when left out.
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// How to tell.
    #[arg(long, value_enum, default_value_t = TypesFormat::Text)]
    pub(crate) format: TypesFormat,
}

/// The formats in which resource types are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypesFormat {
    /// For a terminal.
    Text,
    /// A JSON line a type.
    Json,
    /// A page for the documentation.
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorOptions {
    /// Print commands for root's shell that provide what is lacking, and run none: `nightproof doctor --fix | sudo sh`.
    #[arg(long)]
    pub(crate) fix: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainOptions {
    /// An exit code (0 to 5), the id of a finding (open-port), or where a drill failed (script). All names when left out.
    #[arg(value_name = "CODE|FINDING")]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsOptions {
    /// Of which shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManOptions {
    /// Folder for the pages.
    #[arg(value_name = "DIR", required_unless_present = "markdown")]
    pub(crate) out: Option<PathBuf>,
    /// Prints all commands as one page of Markdown instead.
    #[arg(long, conflicts_with = "out")]
    pub(crate) markdown: bool,
}
