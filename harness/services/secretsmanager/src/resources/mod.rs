//! The resource types of CloudFormation that this service has.

mod resource_policy;
mod secret;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[&secret::Secret, &resource_policy::ResourcePolicy]
}
