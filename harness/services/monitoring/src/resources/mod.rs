//! The resource types of CloudFormation that this service has.
#![expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are assigned by name")]

mod alarm;
mod alarm_calls;
mod composite_alarm;
mod dashboard;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[&alarm::Alarm, &composite_alarm::CompositeAlarm, &dashboard::Dashboard]
}
