//! The resource types of CloudFormation that this service has.

mod subscription;
mod topic;
mod topic_policy;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[&topic::Topic, &subscription::Subscription, &topic_policy::TopicPolicy]
}
