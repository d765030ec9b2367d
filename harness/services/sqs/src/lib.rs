//! The service `sqs`: standard and FIFO queues, with time-outs, retention and dead-letter queues on the region's clock.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html>

mod address;
mod authorization;
mod encryption;
mod error;
mod fifo;
mod message_attributes;
mod metrics;
mod move_task;
mod operations;
mod queue_attributes;
mod receipt;
mod records;
mod redrive_allow;
mod remote;
mod resources;
mod service;
#[cfg(test)]
mod tests;

pub use records::Sqs;
pub use remote::RemoteSqs;
pub use resources::resource_types;
