//! The service `tagging`: resources of all services by their tags, as the Resource Groups Tagging API finds them.
//! <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/overview.html>
//!
//! On AWS what was made or deleted a moment ago may be missing or found for a while; here the answer is of this moment.

mod operations;
mod records;
mod service;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use nightproof_core::service::Service;
pub use records::Tagging;

/// The service, for a region to install.
pub fn service() -> Arc<dyn Service> {
    Tagging::new()
}
