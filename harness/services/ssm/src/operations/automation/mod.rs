//! Operations of Automation.

pub(crate) mod query;
pub(crate) mod signal;
pub(crate) mod start;
