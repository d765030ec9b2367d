//! `SignalResource`.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::{Signal, Stack};

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SignalResource.html>
pub(crate) fn signal(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let (id, unique_id) = (input.required("LogicalResourceId"), input.required("UniqueId"));
    let is_success = input.required("Status") == "SUCCESS";
    let stack = service.read(call.account(), input.required("StackName"), |stack| stack.id.clone())?;
    let told = service.with(call.account(), &stack, |stack: &mut Stack| {
        let Some(resource) = stack.resource(id) else {
            return Err(validation(format!("Resource {id} does not exist for stack {}", stack.name)));
        };
        let status = resource.status;
        if !matches!(status, "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS") {
            return Err(validation(format!("Resource {id} is in {status} state and cannot be signaled")));
        }
        let told = stack.signals.entry(id.to_owned()).or_default();
        // The same one may be sent again.
        if told.iter().all(|signal| signal.unique_id != unique_id) {
            told.push(Signal { unique_id: unique_id.to_owned(), is_success });
            let word = if is_success { "SUCCESS" } else { "FAILURE" };
            stack.resource_becomes(id, status, Some(format!("Received {word} signal with UniqueId {unique_id}")), call.now);
        }
        Ok(())
    });
    told.unwrap_or(Ok(())).map(|()| json!({}))
}
