//! The operations, a file for each kind of record.

pub(crate) mod event_query;
pub(crate) mod insights;
pub(crate) mod log_group;
pub(crate) mod log_stream;
pub(crate) mod metric_filter;
pub(crate) mod put_log_events;
pub(crate) mod resource_policy;
pub(crate) mod subscription_filter;
