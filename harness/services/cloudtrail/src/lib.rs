//! The service `cloudtrail`: the event history of an account, which is the region's journal.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html>

mod data_event;
mod operations;
mod records;
mod resource;
mod service;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use nightproof_core::service::Service;
pub use records::CloudTrail;

/// The service, for a region to install.
pub fn service() -> Arc<dyn Service> {
    CloudTrail::new()
}
