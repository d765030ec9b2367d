//! The resource types of CloudFormation that this service has.

mod alias;
mod event_invoke_config;
mod function;
mod inline_code;
mod permission;
mod version;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[&function::Function, &version::Version, &alias::Alias, &permission::Permission, &event_invoke_config::EventInvokeConfig]
}
