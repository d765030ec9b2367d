//! The resource types of CloudFormation that this service has.

mod alias;
mod event_invoke_config;
mod event_source_mapping;
mod function;
mod inline_code;
mod layer_version;
mod permission;
mod provisioned_concurrency;
mod url;
mod version;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[
        &function::Function,
        &version::Version,
        &alias::Alias,
        &permission::Permission,
        &event_invoke_config::EventInvokeConfig,
        &event_source_mapping::EventSourceMapping,
        &layer_version::LayerVersion,
        &layer_version::LayerVersionPermission,
        &url::Url,
    ]
}
