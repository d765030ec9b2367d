//! Stacks in a region without machines: instances boot nothing.

mod change_set;
mod create;
mod delete;
mod oidc_provider;
mod preflight;
mod scalar;
mod service_role;
mod tags;
mod topic;
mod update;
mod update_rollback;
mod world;
