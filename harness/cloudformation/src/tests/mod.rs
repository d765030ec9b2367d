//! Stacks in a region without machines: instances boot nothing.

mod change_set;
mod create;
mod delete;
mod difference;
mod event_bus;
mod dynamic_reference;
mod lambda_version;
mod oidc_provider;
mod preflight;
mod scalar;
mod secret;
mod service_role;
mod support;
mod tags;
mod topic;
mod update;
mod update_rollback;
mod world;
