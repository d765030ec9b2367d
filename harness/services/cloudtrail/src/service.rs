//! The service's operations by name.

use async_trait::async_trait;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use serde_json::Value;

use crate::operations::lookup_events::{LookupEvents, lookup_events};
use crate::records::CloudTrail;

// The event history is of the account, not of resources.
operations!("cloudtrail", CloudTrail:
    LookupEvents => lookup_events: ["= *"],
);

impl CloudTrail {
    fn lookup_events(&self, call: &Call, input: LookupEvents) -> Result<Value, AwsError> {
        lookup_events(call, &input)
    }
}

#[async_trait]
impl Service for CloudTrail {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }
}
