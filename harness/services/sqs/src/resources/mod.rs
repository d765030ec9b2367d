//! The resource types of CloudFormation that this service has.

mod queue;
mod queue_inline_policy;
mod queue_policy;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[&queue::Queue, &queue_inline_policy::QueueInlinePolicy, &queue_policy::QueuePolicy]
}
