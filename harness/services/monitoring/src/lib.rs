//! The service `monitoring`, CloudWatch: metrics that callers put and that EventBridge counts of rules, Lambda of functions and SNS of
//! topics, metric math, alarms on it and on each other, and dashboards as records. On AWS metrics come minutes later; here they are there at
//! once. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html>

mod alarm;
mod dashboard;
mod double;
mod error;
mod label;
mod math;
mod metric;
mod notification;
mod operations;
mod query;
mod records;
mod resources;
mod service;
mod statistic;
#[cfg(test)]
mod tests;
mod transition;
mod watch;

pub use records::CloudWatch;
pub use resources::resource_types;
