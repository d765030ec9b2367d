//! KMS: symmetric, RSA, elliptic-curve and HMAC keys, made here or imported; their policies, grants, aliases and states. Symmetric encryption is
//! AES-256-GCM with the encryption context bound in.
//! <https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html>

mod authorization;
mod document;
mod elliptic;
mod error;
mod grant;
mod import;
mod key;
mod key_policy;
mod material;
mod multi_region;
mod operations;
mod page;
mod records;
mod resources;
mod rsa_key;
mod scope;
mod service;
mod spec;
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
