//! The service `sns`: standard and FIFO topics, their policies, filter policies, and delivery to queues, functions and HTTP endpoints of this host,
//! signed. A message to any other endpoint is not sent; the journal records that it would have been.
//! <https://docs.aws.amazon.com/sns/latest/api/welcome.html>

mod address;
mod attributes;
mod authorization;
mod delivery;
mod delivery_policy;
mod envelope;
mod error;
mod fifo;
mod filter_policy;
mod message;
mod mobile;
mod mobile_access;
mod operations;
mod page;
mod phone_number;
mod protocol;
mod records;
mod resources;
mod service;
mod signing;
#[cfg(test)]
mod tests;
mod topic_attributes;
mod web_endpoint;

use std::sync::Arc;

use nightproof_core::service::Service;
pub use records::Sns;
pub use resources::resource_types;

/// The service, for a region to install.
pub fn service() -> Arc<dyn Service> {
    Sns::new()
}
