//! The service `secretsmanager`: secrets whose values are encrypted under KMS keys, their versions and staging labels, and policies.
//! Rotation and replicas are not implemented.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html>

mod authorization;
mod encryption;
mod error;
mod filter;
mod operations;
mod page;
mod password;
mod records;
mod resources;
mod secret;
mod service;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use nightproof_core::service::Service;
pub use records::SecretsManager;
pub use resources::resource_types;

/// The service, for a region to install.
pub fn service() -> Arc<dyn Service> {
    SecretsManager::new()
}
