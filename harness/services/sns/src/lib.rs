//! The service `sns`: standard and FIFO topics, their policies, filter policies, and delivery to queues. A message to any other endpoint is not sent;
//! the journal records that it would have been.
//! <https://docs.aws.amazon.com/sns/latest/api/welcome.html>

mod authorization;
mod delivery;
mod error;
mod fifo;
mod filter_policy;
mod message;
mod operations;
mod page;
mod records;
mod resources;
mod service;
#[cfg(test)]
mod tests;
mod topic_attributes;

use std::sync::Arc;

use nightproof_core::service::Service;
pub use records::Sns;
pub use resources::resource_types;

/// The service, for a region to install.
pub fn service() -> Arc<dyn Service> {
    Sns::new()
}
