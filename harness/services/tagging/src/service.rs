//! The service's operations by name.

use async_trait::async_trait;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use serde_json::Value;

use crate::operations::get_resources::{self, GetResources};
use crate::operations::tags::{self, GetTagKeys, GetTagValues};
use crate::records::{Tagging, resources};

// The IAM prefix of this service is `tag`. A search is of the account, not of resources.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonresourcegrouptaggingapi.html>
operations!("tagging", Tagging:
    GetResources => get_resources.await: ["tag:GetResources *"],
    GetTagKeys => get_tag_keys.await: ["tag:GetTagKeys *"],
    GetTagValues => get_tag_values.await: ["tag:GetTagValues *"],
);

impl Tagging {
    async fn get_resources(&self, call: &Call, input: GetResources) -> Result<Value, AwsError> {
        get_resources::get_resources(&resources(call).await, &input)
    }

    async fn get_tag_keys(&self, call: &Call, _: GetTagKeys) -> Result<Value, AwsError> {
        Ok(tags::get_tag_keys(resources(call).await))
    }

    async fn get_tag_values(&self, call: &Call, input: GetTagValues) -> Result<Value, AwsError> {
        Ok(tags::get_tag_values(resources(call).await, &input.key))
    }
}

#[async_trait]
impl Service for Tagging {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }
}
