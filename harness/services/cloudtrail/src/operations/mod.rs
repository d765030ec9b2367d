//! The operations, by what they are about.

pub(crate) mod lookup_events;
