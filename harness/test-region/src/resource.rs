//! What the functions of a resource type are called with in a unit test, without the engine.

use std::sync::Arc;

use nightproof_core::{Caller, Region};
use nightproof_resource::{Context, Deployment, ResourceRecord};

/// For the resource `Logical` of the stack `stack`, deployed by the root user of the region's account.
pub fn resource_context(region: &Region, is_update: bool) -> Context {
    let deployment = Deployment {
        region: region.clone(),
        caller: Caller::root(&region.settings().account).via("cloudformation.amazonaws.com"),
        stack: "stack".to_owned(),
        logical_id: "Logical".to_owned(),
        cancel: region.stopping().clone(),
        record: Arc::new(Unrecorded),
        update_policy: None,
    };
    Context::new(deployment, is_update)
}

/// Nobody asks what exists.
struct Unrecorded;

impl ResourceRecord for Unrecorded {
    fn exists(&self, _physical: &str) {}
}
