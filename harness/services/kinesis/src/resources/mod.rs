//! The resource types of CloudFormation that this service has.
#![expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are read by name")]

mod resource_policy;
mod stream;
mod stream_consumer;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[&resource_policy::ResourcePolicy, &stream::Stream, &stream_consumer::StreamConsumer]
}
