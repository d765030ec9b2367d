//! The operations, by what they are about.

pub(crate) mod account_settings;
pub(crate) mod aliases;
pub(crate) mod code_signing;
pub(crate) mod concurrency;
pub(crate) mod event_invoke_config;
pub(crate) mod event_source_mappings;
pub(crate) mod function_urls;
pub(crate) mod functions;
pub(crate) mod invoke;
pub(crate) mod layer_permissions;
pub(crate) mod layers;
pub(crate) mod management;
pub(crate) mod network_interfaces;
pub(crate) mod permissions;
pub(crate) mod provisioned_concurrency;
pub(crate) mod tags;
pub(crate) mod versions;
