//! Capture: what an account can tell of a night, by reading alone. What it does not tell is noted, and no reason to stop.

mod account;
mod answer;
mod chain;
mod evidence;
mod history;
mod run_command;

pub use crate::steps::function_log::Lines;
pub use crate::steps::observe::was_delivered;
pub use account::capture;
pub use evidence::{
    Evidence, FunctionState, Invocation, LogLine, ManagedInstance, RuleState, SentCommand, Stack, StackEvent, StackParameter,
    StackResource, StoredObject, Target, Window,
};
