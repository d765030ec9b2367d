//! KMS: symmetric keys, their policies, aliases and states; encryption is AES-256-GCM with the encryption context bound in.
//! <https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html>

mod authorization;
mod error;
mod key;
mod key_policy;
mod operations;
mod page;
mod records;
mod resources;
mod scope;
mod service;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use nightproof_core::service::Service;
pub use records::Kms;
pub use resources::resource_types;

/// The service, for a region to install.
pub fn service() -> Arc<dyn Service> {
    Kms::new()
}
