//! The operations, by what they are about.

pub(crate) mod activities;
pub(crate) mod capacities;
pub(crate) mod filter;
pub(crate) mod group_changes;
pub(crate) mod groups;
pub(crate) mod hooks;
pub(crate) mod instances;
pub(crate) mod launch_configurations;
pub(crate) mod processes;
pub(crate) mod refreshes;
pub(crate) mod scheduled_actions;
pub(crate) mod settings;
pub(crate) mod tags;
