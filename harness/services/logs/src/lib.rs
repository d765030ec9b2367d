//! The service `logs`: CloudWatch Logs' groups, streams, events, metric filters, subscriptions and queries.
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html>

mod authorization;
mod comparison_operator;
mod error;
mod filter_pattern;
mod insights;
mod metric_filter;
mod operations;
mod page;
mod query_record;
mod records;
mod resource_policy;
mod resources;
mod service;
mod subscription;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use nightproof_core::service::Service;
pub use records::Logs;
pub use resources::resource_types;

/// The service, for a region to install.
pub fn service() -> Arc<dyn Service> {
    Logs::new()
}
