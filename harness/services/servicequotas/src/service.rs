//! The service's operations by name.

use async_trait::async_trait;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use serde_json::Value;

use crate::operations::quotas::{self, Values};
use crate::operations::services;
use crate::records::ServiceQuotas;

#[async_trait]
impl Service for ServiceQuotas {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let output = match operation {
            "GetServiceQuota" => quotas::get(call, &input, Values::Account)?,
            "GetAWSDefaultServiceQuota" => quotas::get(call, &input, Values::Default)?,
            "ListServiceQuotas" => quotas::list(call, &input, Values::Account)?,
            "ListAWSDefaultServiceQuotas" => quotas::list(call, &input, Values::Default)?,
            "ListServices" => services::list(),
            _ => return Err(AwsError::not_implemented("servicequotas", operation)),
        };
        Ok(output.into())
    }
}
