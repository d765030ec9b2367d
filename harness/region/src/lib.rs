//! A local AWS region: one endpoint that speaks AWS's wire protocols, and all behind it.

pub mod authorization;
pub mod caller;
pub mod clock;
pub mod credentials;
pub mod embedded;
pub mod fault;
pub mod gateway;
mod interposed;
mod metrics;
pub mod outage;
pub mod per_instance;
pub mod region;
pub mod service;
pub mod services;
pub mod store;
mod under_way;
mod way;
mod wildcard;

pub use authorization::operations;
pub use caller::{Caller, Principal};
pub use clock::Clock;
pub use region::{Region, Settings};
