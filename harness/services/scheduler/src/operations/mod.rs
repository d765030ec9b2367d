//! The service's operations.

pub(crate) mod groups;
pub(crate) mod schedules;
pub(crate) mod tags;
