//! The resource types of CloudFormation that this service has.

mod queue;
mod queue_policy;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[&queue::Queue, &queue_policy::QueuePolicy]
}
