//! Stacks in a region without machines: instances boot nothing.

mod alarms;
mod change_set;
mod create;
mod custom_resource;
mod delete;
mod difference;
mod dynamic_reference;
mod event_bus;
mod lambda_sources;
mod lambda_version;
mod language;
mod nat_gateway;
mod nested;
mod oidc_provider;
mod preflight;
mod recorded;
mod scalar;
mod secret;
mod service_role;
mod signal;
mod support;
mod tags;
mod topic;
mod update;
mod update_rollback;
mod world;
