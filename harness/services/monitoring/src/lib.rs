//! The service `monitoring`, CloudWatch: what EventBridge counts of rules (TriggeredRules, Invocations, FailedInvocations,
//! InvocationsSentToDlq), Lambda of functions (Invocations, Errors, Duration) and SNS of topics, and alarms on it. On AWS metrics come
//! minutes later; here they are there at once. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html>

mod alarm;
mod error;
mod evaluation;
mod metric;
mod notification;
mod operations;
mod records;
mod resources;
mod service;
#[cfg(test)]
mod tests;
mod watch;

pub use records::CloudWatch;
pub use resources::resource_types;
