//! The service `kinesis`: streams of records in shards, which are written by partition key and read by iterators.
//! <https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html>

mod authorization;
mod change;
mod consumer;
mod data_record;
mod encryption;
mod error;
mod hash_key;
mod metrics;
mod operations;
mod records;
mod resharding;
mod resources;
mod sequence_number;
mod service;
mod shard;
mod shard_iterator;
mod stream;
mod stream_name;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use nightproof_core::service::Service;
pub use records::Kinesis;
pub use resources::resource_types;

/// The service, for a region to install.
pub fn service() -> Arc<dyn Service> {
    Kinesis::new()
}
