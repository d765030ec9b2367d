//! CloudFormation's own resource types.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudFormation.html>

mod custom_resource;
mod own_macro;
mod stack;
mod wait_condition;
mod wait_condition_handle;

use nightproof_resource::ResourceProvider;

/// The types, each with its provider.
pub(crate) fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[
        &custom_resource::CustomResource,
        &own_macro::Macro,
        &stack::NestedStack,
        &wait_condition::WaitCondition,
        &wait_condition_handle::WaitConditionHandle,
    ]
}
