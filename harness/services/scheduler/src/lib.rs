//! The service `scheduler`: EventBridge Scheduler's schedules in their time zones, their groups, and the delivery to their targets, which may
//! be operations of other services (universal targets).
//!
//! A schedule runs on region time. Moved step by step, the clock makes every occurrence fire at its own time; moved over several at once, it
//! makes the last of them fire, once, since that is the one that is due then.
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/what-is-scheduler.html>

mod authorization;
mod delivery;
mod error;
mod firing;
mod group;
mod operations;
mod payload;
mod records;
mod resources;
mod schedule;
mod service;
mod settings;
mod target;
#[cfg(test)]
mod tests;

pub use records::Scheduler;
pub use resources::resource_types;
