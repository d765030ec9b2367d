//! Each step of CI as one command:
//! `cargo xtask fmt|clippy|docs|deps|cycles|publishable|template|yaml|book|test|protocols|containers|localstack|conformance|copy|coverage|score|agent-parity|fuzz|dist|ci`.

mod agent_parity;
mod beside;
mod book;
mod botocore;
mod conformance;
mod copy;
mod coverage;
mod dependencies;
mod dist;
mod doc_examples;
mod file_cycles;
mod fuzz;
mod gate;
mod lints;
mod localstack;
mod publishable;
mod pypi;
mod registry;
mod score;
mod source_package;
mod step;
mod template;
mod up;
mod yaml;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};

/// Steps of CI, each as a developer runs it.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Clone, Subcommand)]
enum Step {
    /// Is everything formatted?
    Fmt,
    /// Clippy with warnings denied, tests and benches included.
    Clippy,
    /// The documentation builds without a warning, and has no example that nothing runs.
    Docs,
    /// Crates depend on each other only as ARCHITECTURE.md says, and on nothing with a licence that is not listed.
    Deps,
    /// No files of a crate use each other in a circle.
    Cycles,
    /// Each crate can be published: its dependencies have versions, and what it includes is in its own folder.
    Publishable,
    /// cfn-lint passes on the bundled stack without a warning.
    Template,
    /// Templates are read as PyYAML reads them: those of cfn-lint's source package, and drawn ones.
    Yaml,
    /// The book builds, and no link of the documentation leads nowhere.
    Book,
    /// How many of cfn-lint's templates deploy, and what AWS's own validator says of them; writes `docs/coverage.md`.
    Coverage {
        /// Collections more: `NAME=FOLDER`.
        collections: Vec<String>,
    },
    /// How many of the tests pass whose answers were recorded from AWS; writes `docs/score.md` and `xtask/passed.txt`.
    Score(score::Options),
    /// Extracts the service models of `harness/wire` anew from botocore.
    Models,
    /// Extracts the facts of `harness/registry` anew from cfn-lint and moto.
    Registry,
    /// All tests.
    Test,
    /// Botocore's own cases of AWS's protocols, from its source package, pass in `harness/wire`.
    Protocols,
    /// A scenario for each mechanism of machines as containers, and all tests of containers. Needs Docker.
    Containers,
    /// The contract of a store, and a scenario for each mechanism of it, with objects and messages in LocalStack and machines as
    /// containers. Needs Docker.
    Localstack,
    /// Writes docs/conformance.md: every scenario in every place, with times. Needs Docker.
    Conformance,
    /// Measures how fast an instance's AWS CLI copies a file into a bucket, against one that copies straight into LocalStack. Needs Docker.
    Copy {
        /// The size of the file.
        #[arg(default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=4096))]
        mebibytes: u32,
    },
    /// Records anew what a real amazon-ssm-agent answers to the cases of `harness/region/tests/agent`, and compares the built-in agent's answers.
    AgentParity {
        /// The folder with its programs.
        #[arg(long)]
        ssm_agent: PathBuf,
    },
    /// Runs fuzz targets, each for a while. Needs cargo-fuzz and a C++ compiler; CONTRIBUTING.md says more.
    Fuzz {
        /// Seconds for each target.
        seconds: u32,
        /// Which; all of them if none is named.
        targets: Vec<String>,
    },
    /// Builds what a release consists of into `target/dist`: the wheel, a tarball, their checksums.
    Dist(dist::Options),
    /// The checks above that need no Docker and no fuzzer: the quick ones first, the others beside the tests. `docs` takes a check of all that we depend on,
    /// and is a job of its own.
    Ci,
}

fn main() -> ExitCode {
    match run(Arguments::parse().step) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => step::fail(&error),
    }
}

/// Runs a step and prints how long it took.
fn timed(step: Step) -> Result<(), step::StepError> {
    let (name, begun) = (format!("{step:?}").to_lowercase(), Instant::now());
    run(step)?;
    step::say(&format!("xtask: {name} took {} s", begun.elapsed().as_secs()));
    Ok(())
}

fn run(step: Step) -> Result<(), step::StepError> {
    match step {
        Step::Fmt => step::cargo(&["fmt", "--all", "--check"], &[]),
        Step::Clippy => lints::check(),
        Step::Docs => doc_examples::check().and_then(|()| {
            let mut command = lints::not_compiled(step::cargo_command());
            step::run(command.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings"))
        }),
        Step::Deps => dependencies::check(),
        Step::Cycles => file_cycles::check(),
        Step::Publishable => publishable::check(),
        Step::Template => template::lint(),
        Step::Yaml => yaml::compare(),
        Step::Book => book::build(),
        Step::Coverage { collections } => coverage::measure(&collections),
        Step::Score(options) => score::measure(&options),
        Step::Models => botocore::extract_models(),
        Step::Registry => registry::extract(),
        Step::Test => step::cargo(&["test", "--workspace"], &[("RUST_TEST_THREADS", &step::threads())]),
        Step::Protocols => botocore::test_protocols(),
        Step::Containers => gate::run(gate::CONTAINERS, &[("NIGHTPROOF_MACHINE", "container")]),
        Step::Localstack => localstack::test(),
        Step::Conformance => conformance::write(),
        Step::Copy { mebibytes } => copy::measure(mebibytes),
        Step::AgentParity { ssm_agent } => agent_parity::record(&ssm_agent),
        Step::Fuzz { seconds, targets } => fuzz::run(seconds, targets),
        Step::Dist(options) => dist::build(&options),
        Step::Ci => [Step::Fmt, Step::Deps, Step::Cycles, Step::Publishable, Step::Template, Step::Book]
            .into_iter()
            .try_for_each(timed)
            .and_then(|()| beside::the_tests(&["clippy", "yaml", "protocols"])),
    }
}
