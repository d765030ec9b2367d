//! The command line: the commands, and their options by what they are about.

mod account;
mod bare;
mod check;
mod evidence;
mod machine;
mod reference;
mod region;
mod run;
mod stack;

use clap::{Parser, Subcommand};

pub(crate) use self::account::{
    AccountOptions, CaptureOptions, FireKind, RestoreOptions, ResumeOptions, SmokeOptions, SweepCloud, SweepOptions,
};
pub(crate) use self::check::{AccessOptions, CompareOptions, ProveOptions, ReproduceOptions};
pub(crate) use self::evidence::{
    BookOptions, EvidenceCommand, EvidenceOptions, HistoryOptions, KeysOptions, ReportCommand, ReportOptions,
    VerifyEvidenceOptions,
};
pub(crate) use self::machine::{CloudKind, MachineKind, MachineOptions, PullPolicy, StartedLocalstack};
pub(crate) use self::reference::{
    CompletionsOptions, DoctorOptions, ExplainOptions, InitOptions, ManOptions, SchemaKind, SchemaOptions, TypesFormat,
    TypesOptions,
};
pub(crate) use self::region::{ImageOptions, LocalstackOptions, PortForward, ShellOptions, UpOptions};
pub(crate) use self::run::{BenchOptions, CloudFormationKind, DemoOptions, RunOptions, SelfCheckOptions, SuiteOptions};
pub(crate) use self::stack::{DATA_PATH, DataProfileKind, DrillOptions, ExistingOptions, StackOptions, Telling};
use crate::Exit;

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
