//! The tagged resources, which the other services of the region keep.

use std::sync::Arc;

use nightproof_core::service::{Call, Tagged};
use nightproof_wire::SERVICES;

/// The service `tagging`. It keeps nothing: tags are where the resources are.
#[derive(Debug, Default)]
pub struct Tagging;

impl Tagging {
    /// A service that asks the others of the region that it is called in.
    pub fn new() -> Arc<Self> {
        Arc::new(Self)
    }
}

/// Everything in the caller's account that has tags, by ARN. IAM's roles and users are not found by this service.
/// <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html>
pub(crate) async fn resources(call: &Call) -> Vec<Tagged> {
    let mut found = Vec::new();
    for service in SERVICES.iter().filter_map(|name| call.region.service(name)) {
        found.extend(service.tagged(call).await);
    }
    found.retain(|one| !one.tags.is_empty());
    found.sort_by(|one, other| one.arn.cmp(&other.arn));
    found
}
