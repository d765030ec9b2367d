//! The resource types that stacks may have: those that services register, and those of which there are records.

use std::collections::BTreeMap;

use nightproof_resource::ResourceProvider;

use crate::recorded;
use crate::resource_type::ResourceType;

/// What the types of custom resources begin with, all of which are one type.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html>
const CUSTOM: &str = "Custom::";
const CUSTOM_RESOURCE: &str = "AWS::CloudFormation::CustomResource";

/// Those that services act on, by name.
pub(crate) struct ResourceTypes(BTreeMap<&'static str, ResourceType>);

impl ResourceTypes {
    pub(crate) fn new(providers: impl IntoIterator<Item = &'static dyn ResourceProvider>) -> Self {
        let types = providers.into_iter().map(|provider| (provider.facts().name, ResourceType::acted(provider)));
        Self(types.collect())
    }

    /// The type with this name, if stacks may have it: one that is acted on, or one that is recorded.
    pub(crate) fn find(&self, name: &str) -> Option<&ResourceType> {
        if name.starts_with(CUSTOM) {
            return self.0.get(CUSTOM_RESOURCE);
        }
        self.0.get(name).or_else(|| recorded::find(name))
    }

    /// As [`ResourceTypes::find`], with CloudFormation's words for a type that there is not.
    pub(crate) fn get(&self, name: &str) -> Result<&ResourceType, String> {
        self.find(name).ok_or_else(|| format!("Unrecognized resource type {name}"))
    }

    /// Those that are acted upon, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ResourceType> {
        self.0.values()
    }
}
