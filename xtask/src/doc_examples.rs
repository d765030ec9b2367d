//! No doc comment has an example. Doctests are off in every crate: to compile none of fifty crates' took a minute of each test run. The first
//! crate that has an example turns them on for itself (`doctest = true`), and is excepted here.

use std::process::Command;

use crate::step::StepError;

/// Names every line that begins or ends an example.
pub(crate) fn check() -> Result<(), StepError> {
    let mut search = Command::new("git");
    search.args(["grep", "--line-number", "--extended-regexp", r"^\s*//[/!].*```", "--", "*.rs"]);
    let program = format!("{search:?}");
    let found = search.output().map_err(|source| StepError::Start { program: program.clone(), source })?;
    match found.status.code() {
        Some(0) => Err(StepError::Found(format!(
            "examples in doc comments, which nothing runs:\n{}",
            String::from_utf8_lossy(&found.stdout)
        ))),
        // None is found.
        Some(1) => Ok(()),
        _ => Err(StepError::Failed { program, status: found.status }),
    }
}
