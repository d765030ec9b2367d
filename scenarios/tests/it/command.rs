//! The command as a process, and what it says.

use std::path::Path;
use std::process::{Command, Output};

/// This package's build of the command.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_nightproof-scenario");

/// Runs it in `folder` to its end.
pub(crate) fn nightproof(folder: &Path, arguments: &[&str]) -> Output {
    // What is remembered of a person's drills is not of these.
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder).env("XDG_STATE_HOME", folder.join("state")).output().expect("nightproof")
}

/// Everything that a command said.
pub(crate) fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|stream| String::from_utf8_lossy(stream).into_owned()).concat()
}
