//! The resource types of CloudFormation that this service has.
#![expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are assigned by name")]

mod association;
mod document;
mod maintenance_window;
mod maintenance_window_target;
mod maintenance_window_task;
mod parameter;
mod tags;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[
        &association::Association,
        &document::Document,
        &maintenance_window::MaintenanceWindow,
        &maintenance_window_target::MaintenanceWindowTarget,
        &maintenance_window_task::MaintenanceWindowTask,
        &parameter::Parameter,
    ]
}
