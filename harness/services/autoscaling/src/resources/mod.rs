//! The resource types of CloudFormation that this service has.
#![expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are assigned by name")]

mod auto_scaling_group;
mod gone;
mod launch_configuration;
mod lifecycle_hook;
mod rolling_update;
mod scheduled_action;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[
        &auto_scaling_group::AutoScalingGroup,
        &launch_configuration::LaunchConfiguration,
        &lifecycle_hook::LifecycleHook,
        &scheduled_action::ScheduledAction,
    ]
}
