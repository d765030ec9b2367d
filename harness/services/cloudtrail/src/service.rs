//! The service's operations by name.

use async_trait::async_trait;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use serde_json::Value;

use crate::operations::lookup_events::lookup_events;
use crate::records::CloudTrail;

#[async_trait]
impl Service for CloudTrail {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        match operation {
            "LookupEvents" => lookup_events(call, &input).map(Reply::from),
            _ => Err(AwsError::not_implemented("cloudtrail", operation)),
        }
    }
}
