//! The operations, a file for each kind of record.

mod event_query;
pub(crate) mod insights;
mod log_group;
mod log_stream;
pub(crate) mod metric_filter;
mod put_log_events;
pub(crate) mod resource_policy;
pub(crate) mod subscription_filter;
