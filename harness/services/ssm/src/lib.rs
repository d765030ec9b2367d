//! The service `ssm`: Run Command, sessions, managed nodes, documents, Automation, maintenance windows, State Manager and Parameter Store.
//!
//! A command's records are shared with the agent's side, the service `ec2messages`, which takes messages from the same
//! mailboxes and reports back into the same invocations, and with the service `ssmmessages`, which has the channels of agents and sessions.

mod agent;
mod agent_reply;
mod association;
mod association_run;
mod authorization;
mod automation;
mod aws_documents;
mod command;
mod command_parameters;
mod command_status;
mod delivery;
mod document;
pub mod ec2messages;
mod invocation;
mod mailbox;
mod maintenance_windows;
mod node;
mod operations;
mod page;
mod progress;
mod public_parameters;
mod rate_control;
mod records;
mod resources;
mod service;
mod sessions;
pub mod ssmmessages;
mod stamp;
mod status_event;
mod stored_document;
mod stored_parameter;
mod targets;
#[cfg(test)]
mod tests;
mod timing;
mod waiting;
mod yaml;

pub use records::Ssm;
pub use resources::resource_types;
