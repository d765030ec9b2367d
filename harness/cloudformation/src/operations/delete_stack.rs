//! `DeleteStack`.

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::StackStatus;
use crate::{deletion, export, service_role};

/// `DeleteStack`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteStack {
    stack_name: String,
    #[serde(default)]
    retain_resources: Vec<String>,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    client_request_token: Option<String>,
    deletion_mode: Option<String>,
}

impl CloudFormation {
    /// A stack that is being created can be deleted: what is begun is not waited for longer than it takes to stop, and nothing else is
    /// begun.
    pub(crate) async fn delete_stack(&self, call: &Call, input: DeleteStack) -> Result<Value, AwsError> {
        let (name, account, service) = (input.stack_name.as_str(), call.account(), self);
        let token = input.client_request_token.as_deref();
        // Deleting what does not exist succeeds.
        let Ok(stack) = service.find(account, name) else { return Ok(json!({})) };
        if service.repeated(account, name, token, "DeleteStack")?.is_some() {
            return Ok(json!({}));
        }
        if matches!(stack.status, StackStatus::DeleteComplete | StackStatus::DeleteInProgress) {
            return Ok(json!({}));
        }
        if stack.protected {
            return Err(validation(format!("Stack [{}] cannot be deleted while TerminationProtection is enabled", stack.name)));
        }
        if stack.status.is_updating() {
            return Err(validation(format!("Stack [{}] cannot be deleted while in status {}", stack.name, stack.status.word())));
        }
        let force = input.deletion_mode.as_deref() == Some("FORCE_DELETE_STACK");
        let retained = input.retain_resources;
        if (force || !retained.is_empty()) && stack.status != StackStatus::DeleteFailed {
            let what = if force { "DeletionMode FORCE_DELETE_STACK" } else { "RetainResources" };
            return Err(validation(format!(
                "Invalid operation on stack [{}]. {what} can be specified only when the stack is in the DELETE_FAILED state",
                stack.id
            )));
        }
        if let Some(unknown) = retained.iter().find(|id| stack.resources.iter().all(|resource| resource.id != **id)) {
            return Err(validation(format!("Invalid resources to retain: [{unknown}] do not exist in stack {}", stack.name)));
        }
        let deployer = service_role::deployer(call, &stack, input.role_arn.as_deref()).await?;
        {
            let mut stacks = service.lock();
            let stacks = stacks.entry(account.to_owned()).or_default();
            if let Some(conflict) = export::conflict(stacks, &stack.id, &BTreeMap::new()) {
                return Err(validation(conflict));
            }
            if let Some(stack) = stacks.iter_mut().find(|other| other.id == stack.id) {
                stack.role = deployer.role;
                stack.notify(call, &deployer.caller);
                stack.take_token(token, "DeleteStack");
                stack.becomes(StackStatus::DeleteInProgress, Some("User Initiated".to_owned()), call.now);
            }
        }
        deletion::begin(service, call, &stack, deployer.caller, retained, force);
        Ok(json!({}))
    }
}
