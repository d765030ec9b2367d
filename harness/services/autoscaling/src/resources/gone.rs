//! Deleting what may be gone already, which Auto Scaling tells by the text of a `ValidationError`.

use nightproof_resource::{Context, Result};
use serde_json::Value;

/// Calls an operation that deletes something; that it is gone is no error.
pub(super) async fn unmake(context: &Context, operation: &str, input: Value) -> Result<()> {
    match context.call("autoscaling", operation, input).await {
        Err(error) if error.code == "ValidationError" && is_gone(&error.message) => Ok(()),
        Err(error) => Err(error.message),
        Ok(_) => Ok(()),
    }
}

fn is_gone(message: &str) -> bool {
    message.contains("not found") || message.starts_with("No Lifecycle Hook found")
}
