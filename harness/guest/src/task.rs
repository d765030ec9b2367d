//! The task of the machine that this process is in.

use nightproof_machine_protocol::spec::{Task, inside};

/// Reads the task.
///
/// # Errors
/// What is wrong with its file, in words.
pub(crate) fn read() -> Result<Task, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", inside::TASK);
    let text = std::fs::read(inside::TASK).map_err(|error| wrong(&error))?;
    serde_json::from_slice(&text).map_err(|error| wrong(&error))
}
