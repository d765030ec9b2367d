//! The operations.

mod alarms;
mod get_metric_statistics;
mod list_metrics;
mod tags;

pub(crate) use get_metric_statistics::get_metric_statistics;
pub(crate) use list_metrics::list_metrics;
