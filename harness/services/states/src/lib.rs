//! The service `states`: Step Functions' standard workflows in Amazon States Language with JSONPath, carried out on region time by the state
//! machine's role.
//!
//! Express workflows, JSONata, distributed maps, activities, versions and aliases are refused by name. [`States::next_wake`] is when a state
//! goes on that waits, so that whoever moves the clock can have it come.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/welcome.html>

mod authorization;
mod configuration;
mod error;
mod execution;
mod language;
mod machine;
mod operations;
mod records;
mod resources;
mod role;
mod run;
mod service;
mod status_event;
#[cfg(test)]
mod tests;
mod token;

pub use records::States;
pub use resources::resource_types;
