//! `SignalResource`.

use nightproof_core::service::{AwsError, Call};
use nightproof_resource::ResourceSignal;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::Stack;

/// `SignalResource`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SignalResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SignalResource {
    stack_name: String,
    logical_resource_id: String,
    unique_id: String,
    status: String,
}

impl CloudFormation {
    pub(crate) fn signal_resource(&self, call: &Call, input: SignalResource) -> Result<Value, AwsError> {
        let (service, id, unique_id) = (self, input.logical_resource_id.as_str(), input.unique_id.as_str());
        let is_success = input.status == "SUCCESS";
        let stack = service.read(call.account(), &input.stack_name, |stack| stack.id.clone())?;
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
                told.push(ResourceSignal { unique_id: unique_id.to_owned(), is_success });
                let word = if is_success { "SUCCESS" } else { "FAILURE" };
                stack.resource_becomes(id, status, Some(format!("Received {word} signal with UniqueId {unique_id}")), call.now);
            }
            Ok(())
        });
        told.unwrap_or(Ok(())).map(|()| json!({}))
    }
}
