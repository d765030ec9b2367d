//! Maintenance windows: when they open, on what, and what runs in them.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/maintenance-windows.html>

pub(crate) mod execution;
mod group_target;
mod invoke;
mod opening;
pub(crate) mod overlay;
mod pseudo_parameters;
mod run;
mod state_machine;
pub(crate) mod target;
pub(crate) mod task;
mod task_run;
pub(crate) mod window;
