//! Running the programs that a step consists of.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// A step that did not pass.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    /// A program could not be started.
    #[error("cannot run `{program}`: {source}")]
    Start {
        /// Its command line.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// A program said no.
    #[error("`{program}` failed ({status})")]
    Failed {
        /// Its command line.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// A check of our own found something.
    #[error("{0}")]
    Found(String),
}

/// Runs cargo with `arguments` and further environment variables.
pub(crate) fn cargo(arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), StepError> {
    run(cargo_command().args(arguments).envs(environment.iter().copied()))
}

/// Cargo, as a shell would run it.
pub(crate) fn cargo_command() -> Command {
    without_package(Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())))
}

/// A program without what the cargo that runs this one says of its package: build scripts that read it (ring's) would run anew, and all that
/// depends on them would be compiled again, each time that cargo is called in turns from here and from a shell.
pub(crate) fn without_package(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

/// How many tests run at a time: five times as many as there are processors, since tests of whole nights wait longer than they work.
pub(crate) fn threads() -> String {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (5 * processors).to_string()
}

/// Runs a program to its end; its output goes where ours goes.
pub(crate) fn run(command: &mut Command) -> Result<(), StepError> {
    let program = format!("{command:?}");
    say(&format!("xtask: {program}"));
    let status = command.status().map_err(|source| StepError::Start { program: program.clone(), source })?;
    if status.success() { Ok(()) } else { Err(StepError::Failed { program, status }) }
}

/// The standard output of a program.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>, StepError> {
    let program = format!("{command:?}");
    let output = command.output().map_err(|source| StepError::Start { program: program.clone(), source })?;
    if output.status.success() { Ok(output.stdout) } else { Err(StepError::Failed { program, status: output.status }) }
}

/// The same, as text.
pub(crate) fn said(command: &mut Command) -> Result<String, StepError> {
    output(command).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Cargo's folder for what it builds.
pub(crate) fn target() -> PathBuf {
    let folder = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"))
}

/// A line on standard output.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints `error` and answers the exit code of a failed step.
pub(crate) fn fail(error: &StepError) -> ExitCode {
    say(&format!("xtask: {error}"));
    ExitCode::FAILURE
}

/// A line on standard error; where there is none, nobody listens.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
