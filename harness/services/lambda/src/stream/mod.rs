//! Event source mappings of streams: Kinesis, and what is read as it is. A stream's shards are read by iterators, each in order, and its
//! records are tried until the function takes them, or until the mapping gives them up.
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>

mod attempts;
mod batch;
mod destination;
mod dynamodb;
mod kinesis;
mod poller;
mod settings;
mod shard;
mod source;
mod sources;

pub(crate) use poller::StreamPoller;
pub(crate) use settings::{Checkpoints, StartingPosition, StreamSettings};
pub(crate) use source::StreamSource;
pub(crate) use sources::source_of;
