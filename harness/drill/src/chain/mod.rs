//! The chain of a backup: its hops, and what breaks one.

pub(crate) mod failure;
pub(crate) mod hop;
