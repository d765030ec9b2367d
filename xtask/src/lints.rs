//! Clippy, by itself or as the compiler.
//!
//! Where `RUSTC_WORKSPACE_WRAPPER` is `clippy-driver`, as in `.ci/run`, each crate of the workspace is linted while it is compiled, and only what
//! no test needs is left to be. <https://doc.rust-lang.org/cargo/reference/environment-variables.html>

use std::path::Path;
use std::process::Command;

use crate::step::{self, StepError};

const WRAPPER: &str = "RUSTC_WORKSPACE_WRAPPER";

/// Clippy with warnings denied, tests and benches included.
pub(crate) fn check() -> Result<(), StepError> {
    let wrapper = std::env::var_os(WRAPPER);
    if wrapper.is_some_and(|wrapper| Path::new(&wrapper).file_name().is_some_and(|name| name == "clippy-driver")) {
        step::cargo(&["build", "--workspace", "--all-targets"], &[])
    } else {
        step::cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"], &[])
    }
}

/// A command whose crates are compiled without clippy.
pub(crate) fn not_compiled(mut command: Command) -> Command {
    command.env_remove(WRAPPER);
    command
}
