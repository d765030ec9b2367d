//! The service's operations by name.

use async_trait::async_trait;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use serde_json::Value;

use crate::operations::{get_resources, tags};
use crate::records::{Tagging, resources};

#[async_trait]
impl Service for Tagging {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let output = match operation {
            "GetResources" => get_resources::get_resources(&resources(call).await, &input)?,
            "GetTagKeys" => tags::get_tag_keys(resources(call).await),
            "GetTagValues" => tags::get_tag_values(resources(call).await, &input),
            _ => return Err(AwsError::not_implemented("tagging", operation)),
        };
        Ok(output.into())
    }
}
