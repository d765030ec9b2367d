//! The operations, by what they are about.

pub(crate) mod api_destinations;
pub(crate) mod archives;
pub(crate) mod connections;
pub(crate) mod event_buses;
pub(crate) mod permissions;
pub(crate) mod put_events;
pub(crate) mod replays;
pub(crate) mod rules;
pub(crate) mod tags;
pub(crate) mod targets;
