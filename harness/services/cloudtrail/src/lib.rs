//! The service `cloudtrail`: the event history of an account, which is the region's journal.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html>

mod data_event;
mod lookup;
mod resource;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use serde_json::Value;

/// The service `cloudtrail`. On AWS an event takes minutes to appear; here it is there at once.
#[derive(Debug, Default)]
pub struct CloudTrail;

impl CloudTrail {
    /// A service that reads the journal of the region that it is called in.
    pub fn new() -> Arc<Self> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Service for CloudTrail {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        match operation {
            "LookupEvents" => lookup::lookup_events(call, &input).map(Reply::from),
            _ => Err(AwsError::not_implemented("cloudtrail", operation)),
        }
    }
}
