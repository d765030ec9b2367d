//! Session Manager's side of the agent: the control channel, which announces sessions, and a process for each session.
//! <https://github.com/aws/amazon-ssm-agent/tree/mainline/agent/session>

mod command;
mod control;
mod end;
mod output;
mod port;
mod properties;
mod shell;
mod terminal;
pub(crate) mod worker;

pub(super) use control::keep;
pub(crate) use shell::main as shell_main;
