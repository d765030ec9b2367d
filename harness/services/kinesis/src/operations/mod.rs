//! The service's operations.

pub(crate) mod consumers;
pub(crate) mod put;
pub(crate) mod read;
pub(crate) mod resource_policy;
pub(crate) mod settings;
pub(crate) mod shards;
pub(crate) mod streams;
pub(crate) mod tags;
