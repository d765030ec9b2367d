//! Each step of CI as one command: `cargo xtask fmt|clippy|docs|deps|template|test|containers|localstack|ci`.

mod dependencies;
mod localstack;
mod models;
mod step;
mod template;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Steps of CI, each as a developer runs it.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Step {
    /// Is everything formatted?
    Fmt,
    /// Clippy with warnings denied, tests and benches included.
    Clippy,
    /// The documentation builds without a warning.
    Docs,
    /// Crates depend on each other only as ARCHITECTURE.md says, and on nothing with a licence that is not listed.
    Deps,
    /// cfn-lint passes on the bundled stack without a warning.
    Template,
    /// Extracts the service models of `harness/wire` anew from botocore.
    Models,
    /// All tests.
    Test,
    /// Tests that need Docker, and every scenario with machines as containers.
    Containers,
    /// The contract of a store, and every scenario, with objects and messages in LocalStack and machines as containers. Needs Docker.
    Localstack,
    /// All of the checks above that need no Docker, in that order.
    Ci,
}

fn main() -> ExitCode {
    match run(Arguments::parse().step) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => step::fail(&error),
    }
}

/// The tests of whole parts, wherever machines and objects are; of the whole workspace, since one of its packages alone would be built anew
/// with other features. But for what is about the sandbox, or the same everywhere: what clients see of the region's own services, what
/// policies come to, what is captured, and nights that are drawn by the dozen.
const SCENARIOS: &[&str] = &[
    "test",
    "--workspace",
    "--test",
    "it",
    "--",
    "--skip",
    "up::",
    "--skip",
    "access::",
    "--skip",
    "capture::",
    "--skip",
    "chaos::",
];

fn run(step: Step) -> Result<(), step::StepError> {
    match step {
        Step::Fmt => step::cargo(&["fmt", "--all", "--check"], &[]),
        Step::Clippy => step::cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"], &[]),
        Step::Docs => step::cargo(&["doc", "--workspace", "--no-deps"], &[("RUSTDOCFLAGS", "--deny warnings")]),
        Step::Deps => dependencies::check(),
        Step::Template => template::lint(),
        Step::Models => models::extract(),
        Step::Test => step::cargo(&["test", "--workspace"], &[]),
        Step::Containers => step::cargo(&[SCENARIOS, &["--include-ignored"]].concat(), &[("FIREDRILL_MACHINE", "container")]),
        Step::Localstack => localstack::test(),
        Step::Ci => [Step::Fmt, Step::Deps, Step::Template, Step::Clippy, Step::Docs, Step::Test].into_iter().try_for_each(run),
    }
}
