//! The operations.

pub(crate) mod alarm_history;
pub(crate) mod alarms;
pub(crate) mod dashboards;
pub(crate) mod get_metric_data;
pub(crate) mod get_metric_statistics;
pub(crate) mod list_metrics;
pub(crate) mod put_composite_alarm;
pub(crate) mod put_metric_alarm;
pub(crate) mod put_metric_data;
pub(crate) mod tags;
