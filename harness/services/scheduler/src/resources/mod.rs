//! The resource types of CloudFormation that this service has.

mod schedule;
mod schedule_group;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[&schedule::Schedule, &schedule_group::ScheduleGroup]
}
