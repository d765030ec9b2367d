//! The service `events`: EventBridge's buses, rules by schedule and by pattern, delivery to their targets, archives and replays.
//!
//! A rule's schedule runs on region time. Moved step by step, the clock makes every occurrence fire at its own time; moved
//! over several at once, it makes the last of them fire, once, since that is the one that is due then.

mod archive;
mod authorization;
mod bus;
mod connection;
mod delivery;
mod document;
mod error;
mod firing;
mod input;
mod kinesis_target;
mod log_target;
mod operations;
mod page;
mod pattern;
mod records;
mod replay;
mod resources;
mod rule;
mod service;
mod target;
#[cfg(test)]
mod tests;

pub use records::Events;
pub use resources::resource_types;
