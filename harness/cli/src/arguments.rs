//! The command line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use nightproof_drill::{DataProfile, Demands, Wanted};
use nightproof_machine::{PLATFORMS, Platform};

use crate::Exit;
use crate::format::Format;
use crate::machine_choice;
pub(crate) use crate::partition::Partition;

/// The folder on instances that the data goes to, unless another is named.
pub(crate) const DATA_PATH: &str = "/var/www/html";

/// Rehearses the nightly backup of an AWS stack: deploys it to a local region, fires the rule, and restores the archive.
#[derive(Debug, Parser)]
#[command(name = "nightproof", version, arg_required_else_help = true, after_help = after_help())]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

fn after_help() -> String {
    let environment = "Environment:\n  NIGHTPROOF_LOG sets the log filter (debug, nightproof_region=trace); NO_COLOR is honoured; TMPDIR and \
        XDG_CACHE_HOME say where files go.";
    format!("{}\n{environment}", Exit::table())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs a whole drill and says whether the backup restores.
    Run(Box<RunOptions>),
    /// Drafts a drill file for a template, with comments.
    Init(InitOptions),
    /// Keeps a local region running for any AWS client, until interrupted.
    Up(UpOptions),
    /// Opens a session on an instance of a region that is up: a shell, one command, or a port. Needs what `nightproof up` exports.
    Shell(ShellOptions),
    /// Says which permissions a drill used, was denied and never needed, by statement and template line.
    Access(Box<AccessOptions>),
    /// Measures drills of the bundled stack: wall time by step, the part that is Python's, peak memory.
    Bench(BenchOptions),
    /// Runs the drill on a real account, with the credentials that AWS's own tools would use, and removes all that it made.
    Smoke(Box<SmokeOptions>),
    /// Has an incident happen as its file tells, and says whether it shows as described. Exit code 1 if it does not.
    Reproduce(ReproduceOptions),
    /// Runs the drill, then makes the backup go wrong on purpose, one way after the other, and says who notices each: the drill, which must, and who
    /// is notified. Exit code 1 if the drill misses one.
    Prove(Box<ProveOptions>),
    /// Restores the newest archive of a real account on a machine here, with the credentials that AWS's own tools would use. Of the account it only
    /// reads. Exit code 1 if there is none or it does not restore.
    Restore(Box<RestoreOptions>),
    /// Collects what an account tells of a night into a folder, without secrets, and drafts an incident from it. Only reads. Exit code 1
    /// if nothing in it says what failed.
    Capture(CaptureOptions),
    /// Makes reports of a journal that was written earlier.
    Report(ReportOptions),
    /// Says where two drills differ, by their journals; ids, times and sizes aside. Exit code 1 if they do.
    Compare(CompareOptions),
    /// Ends a smoke drill that could not end by itself: removes what it made.
    Resume(ResumeOptions),
    /// Says what this machine has and lacks for a drill, with the remedy.
    Doctor(DoctorOptions),
    /// Checks that this nightproof works on this machine: what it needs, and one whole drill of the bundled stack.
    SelfCheck(SelfCheckOptions),
    /// A minute's tour: a good night of the bundled stack, a night that lies, and what the report shows of it.
    Demo(DemoOptions),
    /// Says what an exit code, a finding or a failure means on AWS, and how to mend it.
    Explain(ExplainOptions),
    /// Drills many stacks, each by its drill file, with one summary. The exit code is that of the worst drill.
    Suite(SuiteOptions),
    /// Prints a script by which a shell completes nightproof's command line.
    Completions(CompletionsOptions),
    /// Writes the pages of the manual.
    Man(ManOptions),
    /// Says what a local region makes of resource types: which it acts upon, which it records, and what it refuses of each.
    Types(TypesOptions),
    /// Makes a pair of keys for evidence: one that signs, and one that verifies.
    Keys(KeysOptions),
    /// Says whether evidence is as it was signed. Exit code 1 if it is not.
    VerifyEvidence(VerifyEvidenceOptions),
    /// Puts evidence together.
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Prints how the numbers of drills change, of a file that `--history` keeps.
    History(HistoryOptions),
    /// Prints the JSON Schema of a file that nightproof reads or writes.
    Schema(SchemaOptions),
    /// Gets the Docker images ready: pulls public ones, makes the others. `--machine container` does so by itself.
    Images(ImageOptions),
    /// Keeps a LocalStack running in a container, which several drills share by `--localstack URL`, until interrupted. Prints its URL.
    Localstack(LocalstackOptions),
    /// Lists and removes what ended drills left: containers and temporary folders here, or with `--cloud aws` expired runs in an account.
    Sweep(SweepOptions),
}

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
pub(crate) struct UpOptions {
    /// Port of the HTTPS endpoint on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// The operator's account id.
    #[arg(long, default_value = "123456789012", value_parser = account_id)]
    pub(crate) account: String,
    /// Another account of the region: the exports have its root user's key too, as `NIGHTPROOF_ID_ACCESS_KEY_ID` and `NIGHTPROOF_ID_SECRET_ACCESS_KEY`;
    /// may be repeated.
    #[arg(long, value_name = "ID", value_parser = account_id)]
    pub(crate) other_account: Vec<String>,
    /// Also write the shell exports to this file, once the region is up.
    #[arg(long, value_name = "FILE")]
    pub(crate) env: Option<PathBuf>,
    /// Write the journal, every API call included, to this file as JSON lines.
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Write a page (.html) of what the region was asked when it has ended; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Vec<PathBuf>,
    /// Folder with a real amazon-ssm-agent to run on instances instead of our own agent.
    #[arg(long, value_name = "DIR")]
    pub(crate) ssm_agent: Option<PathBuf>,
    /// The credentials that are shown are of an IAM user who has this identity policy, a JSON document, and nothing else, instead of the
    /// root user's.
    #[arg(long, value_name = "FILE")]
    pub(crate) operator_policy: Option<PathBuf>,
    /// For the program that starts the region: it ends with its standard input, and the first line that it writes has, as JSON, the variables that point
    /// AWS's clients at it, and the address and the token of its API.
    #[arg(long)]
    pub(crate) control: bool,
    /// What goes wrong on purpose: a file with the `faults` of an incident.
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) machine: MachineOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ShellOptions {
    /// Id of the instance.
    pub(crate) instance: String,
    /// Run this by the instance's `sh` and end with its exit code, instead of a shell.
    #[arg(long, value_name = "COMMAND", conflicts_with = "port_forward")]
    pub(crate) command: Option<String>,
    /// Have a port of this host lead to one of the instance, until interrupted; a local port 0 takes a free one.
    #[arg(long, value_name = "LOCAL:REMOTE")]
    pub(crate) port_forward: Option<PortForward>,
    /// The region's name.
    #[arg(long, env = "AWS_REGION", default_value = "us-east-1")]
    pub(crate) region: String,
}

/// A port of this host, and the port of an instance that it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PortForward {
    pub(crate) local: u16,
    pub(crate) remote: u16,
}

impl std::str::FromStr for PortForward {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ports = text.split_once(':').and_then(|(local, remote)| Some((local.parse().ok()?, remote.parse().ok()?)));
        match ports {
            Some((local, remote @ 1..)) => Ok(Self { local, remote }),
            _ => Err("two ports are wanted, this host's and the instance's: 8080:80"),
        }
    }
}

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

/// What stands for AWS's store of objects and messages.
#[derive(Debug, Clone, Args)]
pub(crate) struct CloudOptions {
    /// Where the local region keeps objects and messages.
    #[arg(long, value_enum, env = "NIGHTPROOF_CLOUD", default_value_t = CloudKind::Embedded)]
    pub(crate) cloud: CloudKind,
    /// With `--cloud localstack`: one that runs already, or any endpoint of its kind, by its address (`http://127.0.0.1:4566`). Without it,
    /// one is started in a container.
    #[arg(long, value_name = "URL", env = "NIGHTPROOF_LOCALSTACK", conflicts_with = "localstack_image")]
    pub(crate) localstack: Option<String>,
    #[command(flatten)]
    pub(crate) started: StartedLocalstack,
}

/// The LocalStack that is started.
#[derive(Debug, Clone, Args)]
pub(crate) struct StartedLocalstack {
    /// The Docker image of LocalStack to start, instead of localstack/localstack:4.14.0.
    #[arg(long, value_name = "IMAGE", env = "NIGHTPROOF_LOCALSTACK_IMAGE")]
    pub(crate) localstack_image: Option<String>,
    /// How long the LocalStack that is started may take until it answers.
    #[arg(long, value_name = "SECONDS", env = "NIGHTPROOF_LOCALSTACK_TIMEOUT", default_value_t = 120)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) localstack_timeout: u64,
}

/// A LocalStack that is kept running.
#[derive(Debug, Args)]
pub(crate) struct LocalstackOptions {
    #[command(flatten)]
    pub(crate) started: StartedLocalstack,
    #[command(flatten)]
    pub(crate) images: ImageOptions,
}

/// Where a local region keeps objects and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CloudKind {
    /// In nightproof's own process and folder.
    Embedded,
    /// In LocalStack, or another endpoint of its kind.
    Localstack,
}

/// What stands for instances and functions, and for the store.
#[derive(Debug, Clone, Args)]
pub(crate) struct MachineOptions {
    #[command(flatten)]
    pub(crate) cloud: CloudOptions,
    /// What instances and functions run in. `auto` when left out: containers with `--cloud localstack`, else sandboxes, and containers where the kernel
    /// allows no sandbox and Docker is there.
    #[arg(long = "machine", value_enum, env = "NIGHTPROOF_MACHINE")]
    named: Option<MachineChoice>,
    /// Docker image for instances: Linux with sh, and whatever scripts need.
    #[arg(long, value_name = "IMAGE", env = "NIGHTPROOF_INSTANCE_IMAGE")]
    pub(crate) instance_image: Option<String>,
    /// Docker image for functions, with the runtime client as /var/runtime/bootstrap as in the official ones.
    #[arg(long, value_name = "IMAGE", env = "NIGHTPROOF_FUNCTION_IMAGE")]
    pub(crate) function_image: Option<String>,
    /// Whether public Docker images are asked for.
    #[arg(long, value_enum, env = "NIGHTPROOF_PULL", default_value_t = PullPolicy::Missing)]
    pub(crate) pull: PullPolicy,
    /// Create and update functions of runtimes that AWS blocks, as the functions of a stack that exists already go on running there.
    #[arg(long)]
    pub(crate) allow_blocked_runtimes: bool,
    /// What is on images that are neither public nor AWS's, such as your own. Without it an instance of one cannot be launched.
    #[arg(long, value_name = "PLATFORM", env = "NIGHTPROOF_PLATFORM", value_parser = platform())]
    pub(crate) platform: Option<&'static Platform>,
}

/// Reads a platform by its key.
fn platform() -> impl TypedValueParser<Value = &'static Platform> {
    let keys = PLATFORMS.map(|platform| platform.key);
    PossibleValuesParser::new(keys).try_map(|key| Platform::by_key(&key).ok_or("no such platform"))
}

/// The options of a command that is given no argument: those that have defaults, and those that the environment names.
#[derive(Debug, Parser)]
struct Bare<T: Args> {
    #[command(flatten)]
    options: T,
}

impl<T: Args> Bare<T> {
    /// A value of the environment that is wrong ends the program with what is wrong with it, as it ends the command.
    fn from_environment() -> T {
        Self::parse_from(["nightproof"]).options
    }
}

impl RunOptions {
    /// Those of `nightproof run` without an argument.
    pub(crate) fn from_environment() -> Self {
        Bare::from_environment()
    }
}

impl MachineOptions {
    /// Those of a command without an argument.
    pub(crate) fn from_environment() -> Self {
        Bare::from_environment()
    }

    /// Takes the kind from a drill file, if no option and no variable names one.
    pub(crate) fn set_kind(&mut self, kind: Option<MachineKind>) {
        self.named = self.named.or(kind.map(|kind| match kind {
            MachineKind::Sandbox => MachineChoice::Sandbox,
            MachineKind::Container => MachineChoice::Container,
        }));
    }

    /// What objects and messages are kept in, as reports call it.
    pub(crate) const fn cloud_name(&self) -> &'static str {
        match self.cloud.cloud {
            CloudKind::Embedded => "embedded",
            CloudKind::Localstack => "localstack",
        }
    }

    /// What instances and functions run in.
    pub(crate) fn kind(&self) -> MachineKind {
        match (self.named, self.cloud.cloud) {
            (Some(MachineChoice::Sandbox), _) => MachineKind::Sandbox,
            (Some(MachineChoice::Container), _) | (_, CloudKind::Localstack) => MachineKind::Container,
            (None | Some(MachineChoice::Auto), CloudKind::Embedded) if machine_choice::takes_containers() => {
                MachineKind::Container
            }
            (None | Some(MachineChoice::Auto), CloudKind::Embedded) => MachineKind::Sandbox,
        }
    }
}

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

/// The forms in which resource types are told.
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
pub(crate) struct ImageOptions {
    /// Whether public images are asked for.
    #[arg(long, value_enum, env = "NIGHTPROOF_PULL", default_value_t = PullPolicy::Missing)]
    pub(crate) pull: PullPolicy,
}

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
    /// Where the account has its archives, whose age is told: of a drill file alone.
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
pub(crate) struct DoctorOptions {
    /// Print commands for root's shell that provide what is lacking, and run none: `nightproof doctor --fix | sudo sh`.
    #[arg(long)]
    pub(crate) fix: bool,
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
pub(crate) struct ExplainOptions {
    /// An exit code (0 to 5), the id of a finding (open-port), or where a drill failed (script). All names when left out.
    #[arg(value_name = "CODE|FINDING")]
    pub(crate) name: Option<String>,
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

/// What instances and functions run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MachineKind {
    /// A Linux sandbox with the host's programs; fast, needs no Docker.
    Sandbox,
    /// A Docker container with the programs of an image.
    Container,
}

/// What instances and functions are to run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MachineChoice {
    /// The sandbox where it works, else containers where Docker is; says which.
    Auto,
    /// A Linux sandbox with the host's programs; fast, needs no Docker.
    Sandbox,
    /// A Docker container with the programs of an image.
    Container,
}

/// Whether public images are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PullPolicy {
    /// Where an image is not there yet; what cannot be pulled is made.
    Missing,
    /// Never: what is not there is made.
    Never,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

fn secret(text: &str) -> Result<(String, PathBuf), String> {
    let is_name = |name: &str| !name.starts_with('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && is_name(name) && !file.is_empty() => Ok((name.to_owned(), PathBuf::from(file))),
        _ => Err("expected NAME=FILE, with a name of letters, digits, `.`, `_` and `-`".to_owned()),
    }
}

fn account_id(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("expected 12 digits".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn every_command_explains_itself() {
        // What the environment of a test sets is no part of the text.
        insta::with_settings!({ filters => [(r"\[env: (\w+)=[^\]]*\]", "[env: $1=…]")] }, {
            insta::assert_snapshot!("help", Arguments::command().render_help());
            for command in Arguments::command().get_subcommands_mut() {
                insta::assert_snapshot!(format!("help_{}", command.get_name()), command.render_help());
            }
        });
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_parameter_without_an_equals_sign_is_refused() {
        assert!(Arguments::try_parse_from(["nightproof", "run", "--parameter", "Schedule"]).is_err());
        assert!(Arguments::try_parse_from(["nightproof", "up", "--account", "12"]).is_err());
    }
}
