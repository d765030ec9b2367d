//! The resource types of CloudFormation that this service has.

mod event_invoke_config;
mod function;
mod inline_code;
mod permission;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[&function::Function, &permission::Permission, &event_invoke_config::EventInvokeConfig]
}
