//! The operations, by what they are about.

pub(crate) mod get_resources;
pub(crate) mod tags;
