//! Many machines at once: agents without machines, which answer one command and upload an archive each, by the protocol of a real agent and by real calls.

mod agent;
mod measure;
mod provision;

pub use measure::{FleetPlan, FleetTimes, measure};
