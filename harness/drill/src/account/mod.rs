//! The account: clients, credentials, quotas and what a stack is on it.

pub(crate) mod dynamic_client;
pub(crate) mod endpoint;
pub(crate) mod http;
pub(crate) mod identity;
pub(crate) mod instances;
pub(crate) mod objects;
mod presigning;
pub(crate) mod quotas;
pub(crate) mod recorder;
pub(crate) mod resources;
pub(crate) mod run_command;
#[cfg(test)]
pub(crate) mod served;
pub(crate) mod sessions;
pub(crate) mod stack;
pub(crate) mod template_property;
pub(crate) mod template_source;
