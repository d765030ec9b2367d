//! Updates that are cancelled, and rollbacks that are taken up again.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::{Stack, StackStatus};
use crate::submitted::lacking;
use crate::{creation, rollback, service_role};

/// `CancelUpdateStack`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CancelUpdateStack.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CancelUpdateStack {
    stack_name: String,
    client_request_token: Option<String>,
}

/// `ContinueUpdateRollback`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ContinueUpdateRollback {
    stack_name: String,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    #[serde(default)]
    resources_to_skip: Vec<String>,
    client_request_token: Option<String>,
}

/// `RollbackStack`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RollbackStack {
    stack_name: String,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    client_request_token: Option<String>,
    #[serde(default)]
    retain_except_on_create: bool,
}

impl CloudFormation {
    pub(crate) async fn rollback_stack(&self, call: &Call, input: RollbackStack) -> Result<Value, AwsError> {
        let (name, token) = (input.stack_name, input.client_request_token.as_deref());
        let stack = self.existing(call, &name)?;
        if self.repeated(call.account(), &name, token, "RollbackStack")?.is_some() {
            return Ok(json!({"StackId": stack.id}));
        }
        let deployer = service_role::deployer(call, &stack, input.role_arn.as_deref()).await?;
        match stack.status {
            StackStatus::CreateFailed => {
                creation::take_back(self, call, &stack.id, deployer, (token, input.retain_except_on_create))?;
            }
            StackStatus::UpdateFailed => {
                lacking(input.retain_except_on_create, "RetainExceptOnCreate", "RollbackStack of an update")?;
                rollback::resume(self, call, &stack.id, deployer, Vec::new(), (token, "RollbackStack"))?;
            }
            status => {
                let (id, status) = (&stack.id, status.word());
                return Err(validation(format!("Stack:{id} is in {status} state and can not be rolled back.")));
            }
        }
        Ok(json!({"StackId": stack.id}))
    }

    pub(crate) fn cancel_update_stack(&self, call: &Call, input: CancelUpdateStack) -> Result<Value, AwsError> {
        let (name, token) = (input.stack_name, input.client_request_token.as_deref());
        let stack = self.existing(call, &name)?;
        if self.repeated(call.account(), &name, token, "CancelUpdateStack")?.is_some() {
            return Ok(json!({}));
        }
        let cancelled = self.with(call.account(), &stack.id, |stack| {
            if stack.status != StackStatus::UpdateInProgress {
                return false;
            }
            stack.take_token(token, "CancelUpdateStack");
            stack.cancel.cancel();
            true
        });
        match cancelled {
            Some(true) => Ok(json!({})),
            _ => Err(validation("CancelUpdateStack cannot be called from current stack status")),
        }
    }

    pub(crate) async fn continue_update_rollback(&self, call: &Call, input: ContinueUpdateRollback) -> Result<Value, AwsError> {
        let (name, token) = (input.stack_name, input.client_request_token.as_deref());
        let stack = self.existing(call, &name)?;
        if self.repeated(call.account(), &name, token, "ContinueUpdateRollback")?.is_some() {
            return Ok(json!({}));
        }
        if stack.status != StackStatus::UpdateRollbackFailed {
            let (id, status) = (&stack.id, stack.status.word());
            return Err(validation(format!("Stack:{id} is in {status} state and can not continue rollback.")));
        }
        let has_failed = |id: &String| stack.resources.iter().any(|one| one.id == *id && one.status == "UPDATE_FAILED");
        if let Some(other) = input.resources_to_skip.iter().find(|id| !has_failed(id)) {
            return Err(validation(format!("Resource {other} is not in UPDATE_FAILED state and cannot be skipped")));
        }
        let deployer = service_role::deployer(call, &stack, input.role_arn.as_deref()).await?;
        rollback::resume(self, call, &stack.id, deployer, input.resources_to_skip, (token, "ContinueUpdateRollback"))?;
        Ok(json!({}))
    }

    fn existing(&self, call: &Call, name: &str) -> Result<Stack, AwsError> {
        let found = self.find(call.account(), name).ok().filter(|stack| stack.status != StackStatus::DeleteComplete);
        found.ok_or_else(|| validation(format!("Stack [{name}] does not exist")))
    }
}
