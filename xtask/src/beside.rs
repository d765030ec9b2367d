//! Checks beside the tests: tests of whole nights wait longer than they work, and leave processor time to the compiler.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::step::{self, StepError};

/// Runs all tests, and `checks` (steps of this program, by name, in that order) as soon as the first of them runs: until then cargo holds
/// the target folder. What the checks print is shown after the tests. All of both run to their end; the first that failed is told.
pub(crate) fn the_tests(checks: &'static [&'static str]) -> Result<(), StepError> {
    // Named now: the tests' build may write this program anew.
    let this = std::env::current_exe().map_err(|source| StepError::Start { program: "xtask".to_owned(), source })?;
    let mut command = step::cargo_command();
    command.args(["test", "--workspace", "--no-fail-fast"]).env("RUST_TEST_THREADS", step::threads()).stderr(Stdio::piped());
    let program = format!("{command:?}");
    step::say(&format!("xtask: {program}"));
    let mut child = command.spawn().map_err(|source| StepError::Start { program: program.clone(), source })?;
    let mut beside: Option<JoinHandle<Result<(), StepError>>> = None;
    for line in child.stderr.take().into_iter().flat_map(|stderr| BufReader::new(stderr).split(b'\n')) {
        let Ok(line) = line else { break };
        let mut terminal = std::io::stderr();
        let _ = terminal.write_all(&line).and_then(|()| terminal.write_all(b"\n"));
        if beside.is_none() && line.trim_ascii_start().starts_with(b"Running ") {
            let this = this.clone();
            beside = Some(thread::spawn(move || checks.iter().try_for_each(|check| logged(&this, check))));
        }
    }
    let ended = child.wait().map_err(|source| StepError::Start { program: program.clone(), source });
    let checked =
        beside.map_or(Ok(()), |beside| beside.join().unwrap_or_else(|_| Err(StepError::Found("a check panicked".to_owned()))));
    for check in checks {
        step::say(&String::from_utf8_lossy(&std::fs::read(log(check)).unwrap_or_default()));
    }
    let status = ended?;
    if status.success() { checked } else { Err(StepError::Failed { program, status }) }
}

/// Runs a step of `this` program, which prints into a file.
fn logged(this: &Path, check: &str) -> Result<(), StepError> {
    let begun = Instant::now();
    let path = log(check);
    let file = File::create(&path).and_then(|file| Ok((file.try_clone()?, file)));
    let (stdout, stderr) = file.map_err(|error| StepError::Found(format!("cannot write {}: {error}", path.display())))?;
    let mut command = Command::new(this);
    let status = command.arg(check).stdout(stdout).stderr(stderr).status();
    let status = status.map_err(|source| StepError::Start { program: format!("{command:?}"), source })?;
    step::say(&format!("xtask: {check} took {} s beside the tests", begun.elapsed().as_secs()));
    if status.success() { Ok(()) } else { Err(StepError::Failed { program: format!("cargo xtask {check}"), status }) }
}

fn log(check: &str) -> PathBuf {
    step::target().join(format!("{check}.log"))
}
