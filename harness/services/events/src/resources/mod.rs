//! The resource types of CloudFormation that this service has.
#![expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are assigned by name")]

mod api_destination;
mod archive;
mod connection;
mod event_bus;
mod event_bus_policy;
mod rule;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[
        &api_destination::ApiDestination,
        &archive::Archive,
        &connection::Connection,
        &event_bus::EventBus,
        &event_bus_policy::EventBusPolicy,
        &rule::Rule,
    ]
}
