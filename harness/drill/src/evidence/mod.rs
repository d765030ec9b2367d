//! Evidence: what was seen of a night beside its archive.

pub mod capture;
pub(crate) mod denial;
pub(crate) mod findings;
pub(crate) mod network;
pub(crate) mod not_supported;
pub mod notifications;
pub(crate) mod numbers;
pub(crate) mod open_port;
pub(crate) mod outage;
pub(crate) mod recorded;
