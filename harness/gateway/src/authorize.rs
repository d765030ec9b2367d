//! May the caller do this? Asked for every call, from outside and from inside the region.

use nightproof_core::service::{AwsError, Call};
use serde_json::Value;

/// Puts the call before the policies. A denial is in the service's own words.
pub(super) async fn authorize(call: &Call, service: &str, operation: &str, input: &Value) -> Result<(), AwsError> {
    match call.region.authorizer() {
        Some(authorizer) => authorizer.authorize(call, service, operation, input).await,
        None => Ok(()),
    }
}
