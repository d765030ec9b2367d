//! Makes the service, with CloudFormation's own resource types.

use std::sync::Arc;

use nightproof_resource::ResourceProvider;

use crate::cloudformation::CloudFormation;
use crate::resource_types::ResourceTypes;
use crate::serverless::ServerlessTranslator;

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
        Self::with_types(ResourceTypes::with_own(types), translator)
    }
}
