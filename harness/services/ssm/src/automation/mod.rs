//! Automation: runbooks, and what runs by them.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-automation.html>

pub(crate) mod execution;
mod run;
pub(crate) mod runbook;
mod scope;
mod selector;
pub(crate) mod start;
mod step_run;
mod steps;
mod targets;
