//! The service `tagging`: resources of all services by their tags, as the Resource Groups Tagging API finds them.
//! <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/overview.html>
//!
//! On AWS what was made or deleted a moment ago may be missing or found for a while; here the answer is of this moment.

mod search;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use nightproof_wire::SERVICES;
use serde_json::{Value, json};

/// The service `tagging`. It keeps nothing: tags are where the resources are.
#[derive(Debug, Default)]
pub struct Tagging;

impl Tagging {
    /// A service that asks the others of the region that it is called in.
    pub fn new() -> Arc<Self> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Service for Tagging {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let answer = match operation {
            "GetResources" => search::get_resources(&resources(call).await, &input)?,
            "GetTagKeys" => {
                let keys = |tags: Vec<(String, String)>| tags.into_iter().map(|(key, _)| key);
                json!({ "TagKeys": resources(call).await.into_iter().flat_map(|one| keys(one.tags)).collect::<BTreeSet<_>>() })
            }
            "GetTagValues" => {
                let wanted = input.required("Key");
                let tags = resources(call).await.into_iter().flat_map(|one| one.tags);
                let values = tags.filter(|(key, _)| key == wanted).map(|(_, value)| value);
                json!({ "TagValues": values.collect::<BTreeSet<_>>() })
            }
            _ => return Err(AwsError::not_implemented("tagging", operation)),
        };
        Ok(answer.into())
    }
}

/// Everything in the caller's account that has tags, by ARN. IAM's roles and users are not found by this service.
/// <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html>
async fn resources(call: &Call) -> Vec<Tagged> {
    let mut found = Vec::new();
    for service in SERVICES.iter().filter_map(|name| call.region.service(name)) {
        found.extend(service.tagged(call).await);
    }
    found.retain(|one| !one.tags.is_empty());
    found.sort_by(|one, other| one.arn.cmp(&other.arn));
    found
}
