//! The operations, by what they are about.

pub(crate) mod agent_report;
pub(crate) mod associations;
pub(crate) mod automation;
pub(crate) mod cancel_command;
pub(crate) mod command_query;
pub(crate) mod documents;
pub(crate) mod invocation_query;
pub(crate) mod maintenance_windows;
pub(crate) mod managed_nodes;
pub(crate) mod parameter_query;
pub(crate) mod parameters;
pub(crate) mod resource_tags;
pub(crate) mod send_command;
pub(crate) mod sessions;
