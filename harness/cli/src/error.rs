//! The one error of the command line: message, source, hint and exit code. `main` alone prints it.

use std::io;
use std::path::PathBuf;

use nightproof_drill::{DrillResult, EndpointError, Failure};
use nightproof_drill_file::DrillFileError;
use nightproof_evidence::EvidenceError;
use nightproof_incident::IncidentError;
use nightproof_machine::RootfsError;
use nightproof_machine::container::{EngineError, ImageError, LocalStackError};
use nightproof_machine::tools::ToolsError;
use nightproof_parameters::{FileError, Missing, Refused};
use nightproof_region::embedded::StartError;
use nightproof_store::StoreError;
use nightproof_template::Unsupported;
use thiserror::Error;

use crate::Exit;
use crate::assembly::AssemblyError;
use crate::template_errors::TemplateErrors;

/// Why a command could not do what it was asked.
#[derive(Debug, Error)]
pub(crate) enum Error {
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
    #[error("interrupted")]
    Interrupted,
    #[error("cannot find nightproof's own program")]
    OwnProgram(#[source] io::Error),
    #[error("cannot make a temporary folder")]
    Workspace(#[source] io::Error),
    #[error("cannot remove {}", .0.join("; "))]
    Leftovers(Vec<String>),

    #[error("`{}` is not a folder", .0.display())]
    DataFolder(PathBuf),
    #[error("cannot read the template `{}`", .path.display())]
    ReadTemplate { path: PathBuf, source: io::Error },
    #[error("{0}")]
    Template(TemplateErrors),
    #[error("cannot read the parameters in `{}`", .path.display())]
    ReadParameters { path: PathBuf, source: io::Error },
    #[error("`{}` {why}", .path.display())]
    Parameters { path: PathBuf, why: FileError },
    #[error("{missing}")]
    MissingParameters { missing: Missing, can_be_guessed: bool },
    #[error("`{}`, which is to exist already: {missing}", .path.display())]
    ExistingParameters { path: PathBuf, missing: Missing },
    #[error(transparent)]
    CannotGuess(Refused),
    #[error(transparent)]
    Assembly(AssemblyError),
    #[error("the assets of an assembly of the AWS CDK are put into a local region alone")]
    AssemblyOnAws,
    #[error("LocalStack's own CloudFormation finds nothing that exists already")]
    NativeWithExisting,
    #[error("cannot read the operator's policy `{}`", .path.display())]
    ReadOperatorPolicy { path: PathBuf, source: io::Error },
    #[error("the operator's policy `{file}` is refused: {why}")]
    OperatorPolicy { file: String, why: String },
    #[error("cannot read `{}`, which the restore takes", .path.display())]
    ReadRestoreFile { path: PathBuf, source: io::Error },
    #[error("`--cloudformation native` is LocalStack's")]
    NativeWithoutLocalstack,
    #[error("`--mend` sets what LocalStack's own CloudFormation dropped")]
    MendWithoutNative,

    #[error("no grant's name begins with `{name}`: {grants}")]
    UnknownGrant { name: String, grants: String },

    #[error("cannot write the journal `{}`", .path.display())]
    WriteJournal { path: PathBuf, source: io::Error },
    #[error("the journal is incomplete")]
    IncompleteJournal(#[source] io::Error),
    #[error("cannot read the journal `{}`", .path.display())]
    ReadJournal { path: PathBuf, source: io::Error },
    #[error("`{}`, {why}", .path.display())]
    Journal { path: PathBuf, why: nightproof_journal::ReadError },
    #[error("`{}` has no drill that came to its end", .0.display())]
    NoDrill(PathBuf),
    #[error("cannot read the history `{}`", .path.display())]
    ReadHistory { path: PathBuf, source: io::Error },
    #[error("`{}`, line {line}: {why}", .path.display())]
    History { path: PathBuf, line: usize, why: String },
    #[error("cannot write the history `{}`", .path.display())]
    WriteHistory { path: PathBuf, source: io::Error },
    #[error("cannot write the region's files")]
    WriteExports(#[source] io::Error),

    #[error("the form of the report `{}` is not known", .0.display())]
    ReportForm(PathBuf),
    #[error("there is no drill for `{}` to tell of", .0.display())]
    NoDrillToReport(PathBuf),
    #[error("cannot write the report `{}`", .path.display())]
    WriteReport { path: PathBuf, source: io::Error },

    #[error("there is no control `{id}`: there are {known}")]
    UnknownControl { id: String, known: String },
    #[error("`{0}` is no exit code, no finding and no point of failure")]
    NothingToExplain(String),
    #[error("cannot compare by `diff -r`")]
    Diff(#[source] io::Error),
    #[error("cannot write into `{}`", .path.display())]
    WriteFolder { path: PathBuf, source: io::Error },
    #[error("`{}` has no results of a suite: {why}", .path.display())]
    SuiteResults { path: PathBuf, why: String },
    #[error("CloudFormation's registry has no resource type `{0}`")]
    UnknownType(String),

    #[error(transparent)]
    Incident(IncidentError),
    #[error(transparent)]
    Evidence(EvidenceError),
    #[error("there is no key to sign the evidence by")]
    NoEvidenceKey,
    #[error(transparent)]
    DrillFile(DrillFileError),
    #[error("cannot read the seed script `{}`", .path.display())]
    ReadSeedScript { path: PathBuf, source: io::Error },
    #[error("cannot write the drill file `{}`", .path.display())]
    WriteDraft { path: PathBuf, source: io::Error },
    #[error("nothing says where the archives are")]
    NoArchives,
    #[error("there is a secret for a restore script, and no restore script")]
    SecretWithoutScript,

    #[error("the night ends at {to} and begins at {from}")]
    EmptyWindow { from: jiff::Timestamp, to: jiff::Timestamp },
    #[error("cannot write `{}`", .path.display())]
    CaptureFolder { path: PathBuf, source: io::Error },
    #[error("what was captured cannot be read without its secrets, so nothing is written")]
    Unscrubbed,

    #[error(transparent)]
    Tools(ToolsError),
    #[error(transparent)]
    Rootfs(RootfsError),
    #[error("containers have the files of their image, and no root file system beside")]
    RootfsInContainers,
    #[error(transparent)]
    Region(StartError),
    #[error(transparent)]
    Engine(EngineError),
    #[error(transparent)]
    Image(ImageError),
    #[error(transparent)]
    LocalStack(LocalStackError),
    #[error(transparent)]
    StoreUrl(StoreError),
    #[error(transparent)]
    Store(StoreError),

    #[error(transparent)]
    Environment(EndpointError),
    #[error("no account is allowed, so nothing is done in any")]
    NoAccountAllowed,
    #[error("these credentials are of account {0}, which is not allowed")]
    AccountNotAllowed(String),
    #[error("the run was in account {0}")]
    OtherAccount(String),
    #[error("nobody is there to approve the change set")]
    NobodyToApprove,
    #[error("nothing is noted of the run `{run}`")]
    UnknownRun { run: String, source: io::Error },
    #[error("cannot note the run in `{}`", .path.display())]
    WriteRunFile { path: PathBuf, source: io::Error },
    #[error("cannot remove `{}`", .path.display())]
    RemoveFile { path: PathBuf, source: io::Error },
    #[error("{}", .0.reason)]
    Refused(Failure),
    #[error("the region `{0}` is named twice")]
    RegionTwice(String),
    #[error("LocalStack keeps objects and messages of us-east-1 alone here")]
    RegionsOfStore,
    #[error("no region is named whose instances could be reached")]
    NoRegionForShell,
    #[error("cannot listen on port {port} of this host")]
    ListenForShell { port: u16, source: io::Error },
    #[error("the session cannot go on")]
    Session(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the connection to the session has ended")]
    SessionLost,
    #[error("a drill {}, so that there is nothing to compare", .0.as_str())]
    Drill(DrillResult),
}

impl Error {
    /// The exit code of the command that ends with this error.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Interrupted | Self::Unscrubbed | Self::Session(_) | Self::SessionLost => Exit::Failed,
            Self::Refused(failure) if Unsupported::items(&failure.reason).is_some() => Exit::NotSupported,
            Self::Refused(_) => Exit::Failed,
            Self::Evidence(EvidenceError::Refused { .. } | EvidenceError::Nothing(_) | EvidenceError::EmptyBook { .. }) => {
                Exit::Failed
            }
            Self::Assembly(AssemblyError::Image(_)) => Exit::NotSupported,
            Self::Rootfs(error) if error.is_of_input() => Exit::Input,
            Self::Drill(DrillResult::NotSupported) => Exit::NotSupported,
            Self::Drill(_) => Exit::Failed,
            Self::Leftovers(_) | Self::RemoveFile { .. } => Exit::Leftovers,
            Self::Runtime(_)
            | Self::Signals(_)
            | Self::OwnProgram(_)
            | Self::Workspace(_)
            | Self::Diff(_)
            | Self::IncompleteJournal(_)
            | Self::Tools(_)
            | Self::Rootfs(_)
            | Self::Region(_)
            | Self::Engine(_)
            | Self::Image(_)
            | Self::LocalStack(_)
            | Self::Store(_)
            | Self::Environment(_)
            | Self::ListenForShell { .. }
            | Self::WriteRunFile { .. } => Exit::Missing,
            Self::DataFolder(_)
            | Self::ReadTemplate { .. }
            | Self::Template(_)
            | Self::ReadParameters { .. }
            | Self::Parameters { .. }
            | Self::MissingParameters { .. }
            | Self::ExistingParameters { .. }
            | Self::CannotGuess(_)
            | Self::NativeWithExisting
            | Self::Assembly(_)
            | Self::AssemblyOnAws
            | Self::ReadOperatorPolicy { .. }
            | Self::OperatorPolicy { .. }
            | Self::ReadRestoreFile { .. }
            | Self::NativeWithoutLocalstack
            | Self::MendWithoutNative
            | Self::WriteJournal { .. }
            | Self::ReadJournal { .. }
            | Self::Journal { .. }
            | Self::NoDrill(_)
            | Self::ReadHistory { .. }
            | Self::History { .. }
            | Self::WriteHistory { .. }
            | Self::WriteExports(_)
            | Self::ReportForm(_)
            | Self::NoDrillToReport(_)
            | Self::UnknownControl { .. }
            | Self::UnknownType(_)
            | Self::NothingToExplain(_)
            | Self::WriteFolder { .. }
            | Self::SuiteResults { .. }
            | Self::UnknownGrant { .. }
            | Self::WriteReport { .. }
            | Self::Incident(_)
            | Self::DrillFile(_)
            | Self::Evidence(_)
            | Self::NoEvidenceKey
            | Self::RootfsInContainers
            | Self::ReadSeedScript { .. }
            | Self::WriteDraft { .. }
            | Self::SecretWithoutScript
            | Self::NoArchives
            | Self::EmptyWindow { .. }
            | Self::CaptureFolder { .. }
            | Self::StoreUrl(_)
            | Self::NoAccountAllowed
            | Self::AccountNotAllowed(_)
            | Self::OtherAccount(_)
            | Self::NobodyToApprove
            | Self::RegionTwice(_)
            | Self::RegionsOfStore
            | Self::NoRegionForShell
            | Self::UnknownRun { .. } => Exit::Input,
        }
    }

    /// What the user can do about it.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::RegionsOfStore => "leave `--cloud localstack` or `--regions` out",
            Self::NoRegionForShell => {
                "run what `nightproof up` exports, in this shell: `AWS_ENDPOINT_URL` says where the region is"
            }
            Self::ListenForShell { .. } => "end what listens there, or give the local port 0",
            Self::Workspace(_) => "`nightproof doctor` says what this machine lacks",
            Self::Diff(_) => "it is a program of GNU diffutils; `cp` copies the files before",
            Self::Leftovers(_) => "`nightproof sweep` removes what is left, once it can",
            Self::DataFolder(_) => "--data names a folder whose content the web server gets",
            Self::ReadRestoreFile { .. } | Self::SecretWithoutScript => {
                "--restore-script names a script for bash, --secret NAME=FILE a file for it alone"
            }
            Self::NativeWithoutLocalstack => "add `--cloud localstack`",
            Self::MissingParameters { can_be_guessed: true, .. } => {
                "give values by --parameter KEY=VALUE or --parameters FILE; --guess-parameters makes them up, and what they name"
            }
            Self::MissingParameters { can_be_guessed: false, .. } => "give values by --parameter KEY=VALUE or --parameters FILE",
            Self::ExistingParameters { .. } => "parameters of what exists already need defaults",
            Self::CannotGuess(_) => {
                "give values by --parameter KEY=VALUE or --parameters FILE; what exists already can be declared by --existing FILE"
            }
            Self::Assembly(AssemblyError::Read { .. } | AssemblyError::Form { .. }) => "`cdk synth` makes the assembly anew",
            Self::AssemblyOnAws => "`cdk deploy` puts them into an account",
            Self::NativeWithExisting => "leave out `--cloudformation native`, or give values by --parameter and no --existing",
            Self::MendWithoutNative => "add `--cloudformation native`",
            Self::ReadJournal { .. } | Self::Journal { .. } | Self::NoDrill(_) => "a journal is what --journal FILE writes",
            Self::NoEvidenceKey => "--evidence-key names one; `nightproof keys` makes one",
            Self::Evidence(EvidenceError::Key { .. }) => "`nightproof keys` makes a pair of keys",
            Self::Evidence(EvidenceError::Nothing(_)) => "evidence is what --evidence DIR writes",
            Self::ReadHistory { .. } | Self::History { .. } => {
                "a history is what --history FILE keeps, a JSON line for each drill"
            }
            Self::ReportForm(_) => "a report's name ends in .html (a page) or .xml (JUnit)",
            Self::NoDrillToReport(_) => "JUnit tells of the steps of a drill; a name that ends in .html gets a page of all calls",
            Self::UnknownType(_) => {
                "names are as in a template: AWS::S3::Bucket; `nightproof types` lists those that are acted upon"
            }
            Self::NothingToExplain(_) => "`nightproof explain` lists all names",
            Self::SuiteResults { .. } => "the parts are the folders that `nightproof suite --out` named",
            Self::Incident(error) => error.hint(),
            Self::DrillFile(_) | Self::ReadSeedScript { .. } => {
                "docs/drill-file.md explains the format; paths are relative to the file's folder"
            }
            Self::WriteDraft { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
                "it stays as it is; --output names another"
            }
            Self::NoArchives => "--bucket or --stack names them, or `archives` in a drill file",
            Self::EmptyWindow { .. } => "--from comes before --to",
            Self::CaptureFolder { .. } => "--out names a folder that is empty or not there",
            Self::Tools(error) => error.hint(),
            Self::Rootfs(error) => error.hint(),
            Self::RootfsInContainers => "leave `--machine container` out, or name an image by --instance-image",
            Self::Engine(error) => error.hint(),
            Self::Image(error) => error.hint(),
            Self::LocalStack(error) => error.hint(),
            Self::Region(StartError::Listen { .. }) => {
                "end what listens there (`ss -ltnp` says what does), or leave `--port` out to take a free one"
            }
            Self::StoreUrl(_) => "`--localstack` wants http://HOST:PORT",
            Self::Store(_) => "start it, with the services s3 and sqs, or leave `--localstack` out to have one started",
            Self::Environment(EndpointError::CaBundle { .. } | EndpointError::NoCertificates { .. }) => {
                "unset AWS_CA_BUNDLE, or name a PEM file"
            }
            Self::Environment(EndpointError::Credentials(_)) => {
                "set AWS_PROFILE or AWS_ACCESS_KEY_ID, or sign in as for the AWS CLI"
            }
            Self::NoAccountAllowed => {
                "name each account that drills may run in by --account ID, or all of them by NIGHTPROOF_ACCOUNTS=ID,ID"
            }
            Self::AccountNotAllowed(_) => "--account names the accounts that drills may run in",
            Self::OtherAccount(_) => "take credentials of that account",
            Self::NobodyToApprove => "--yes runs unattended; --dry-run only shows",
            Self::UnknownRun { .. } => {
                "a run that left nothing is forgotten; `nightproof sweep --cloud aws` finds others by their tags"
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
