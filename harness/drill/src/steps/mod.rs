//! The steps of a drill.

pub(crate) mod access_log;
pub(crate) mod automation;
pub(crate) mod boot;
pub(crate) mod chains;
pub(crate) mod dead_letter;
pub(crate) mod deploy;
pub(crate) mod existing;
pub(crate) mod fire;
pub(crate) mod function;
pub(crate) mod function_log;
pub(crate) mod metrics;
pub(crate) mod observe;
pub(crate) mod orchestration;
pub(crate) mod package;
pub(crate) mod progress;
pub(crate) mod restore_script;
pub(crate) mod review;
pub(crate) mod reviewer;
pub(crate) mod rule;
pub(crate) mod schedule;
pub(crate) mod seed;
pub(crate) mod state_machine;
pub(crate) mod step;
pub(crate) mod trigger;
pub(crate) mod verify;
pub(crate) mod window;
