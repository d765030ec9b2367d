//! Operations on maintenance windows, their targets and tasks, and on what they did.

pub(crate) mod executions;
mod filter;
pub(crate) mod schedule;
pub(crate) mod targets;
pub(crate) mod tasks;
pub(crate) mod windows;
