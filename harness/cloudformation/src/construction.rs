//! Makes the service, with CloudFormation's own resource types.

use std::sync::Arc;

use nightproof_resource::ResourceProvider;

use crate::cloudformation::CloudFormation;
use crate::resource_types::ResourceTypes;
use crate::resources;
use crate::serverless::ServerlessTranslator;

/// The types of services, and CloudFormation's own.
pub(crate) fn with_own(types: impl IntoIterator<Item = &'static dyn ResourceProvider>) -> ResourceTypes {
    ResourceTypes::new(types.into_iter().chain(resources::resource_types().iter().copied()))
}

impl CloudFormation {
    /// A service without stacks, for resources of these types.
    pub fn new(types: impl IntoIterator<Item = &'static dyn ResourceProvider>) -> Arc<Self> {
        Self::with_translator(types, None)
    }

    /// As [`CloudFormation::new`], with a translator of serverless applications.
    pub fn with_translator(
        types: impl IntoIterator<Item = &'static dyn ResourceProvider>,
        translator: Option<Arc<dyn ServerlessTranslator>>,
    ) -> Arc<Self> {
        Self::with_types(with_own(types), translator)
    }
}
