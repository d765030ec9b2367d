//! A function as it is kept, and how requests name it.

use std::sync::Arc;

use serde_json::Value;

use super::environment::Definition;
use crate::service::{AwsError, Call};
use crate::services::document::Members as _;

/// A function of an account.
#[derive(Debug)]
pub(super) struct Function {
    /// What `GetFunctionConfiguration` answers.
    pub configuration: Value,
    /// What invocations run: the code and configuration of the last update that has settled.
    pub serving: Arc<Definition>,
    /// What they are going to run when the update in progress has settled.
    pub coming: Option<Arc<Definition>>,
    pub tags: Value,
    pub statements: Vec<Value>,
    pub invoke_config: Option<Value>,
    pub policy_revision: String,
}

impl Function {
    pub(super) fn arn(&self) -> &str {
        self.configuration.required("FunctionArn")
    }

    /// The code and configuration of `$LATEST`, whether or not they have settled.
    pub(super) fn latest(&self) -> &Arc<Definition> {
        self.coming.as_ref().unwrap_or(&self.serving)
    }

    /// Refuses what cannot be done before the function is created: a new function must be waited for.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
    pub(super) fn require_active(&self) -> Result<(), AwsError> {
        if self.configuration.text("State") != Some("Pending") {
            return Ok(());
        }
        let message = "The operation cannot be performed at this time. The function is currently in the following state: Pending";
        Err(AwsError::new("ResourceConflictException", 409, message))
    }

    /// Refuses what cannot be done while the function is being created or updated.
    pub(super) fn require_settled(&self) -> Result<(), AwsError> {
        self.require_active()?;
        if self.configuration.text("LastUpdateStatus") != Some("InProgress") {
            return Ok(());
        }
        let message =
            format!("The operation cannot be performed at this time. An update is in progress for resource: {}", self.arn());
        Err(AwsError::new("ResourceConflictException", 409, message))
    }

    /// Refuses a change that was meant for another revision.
    pub(super) fn require_revision(&self, input: &Value) -> Result<(), AwsError> {
        match input.text("RevisionId") {
            Some(revision) if revision != self.configuration.required("RevisionId") => Err(revision_mismatch()),
            _ => Ok(()),
        }
    }
}

pub(super) fn revision_mismatch() -> AwsError {
    let message = "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id";
    AwsError::new("PreconditionFailedException", 412, message)
}

/// The name in a name, a partial ARN or an ARN.
pub(super) fn function_name(reference: &str) -> &str {
    match reference.split_once("function:") {
        Some((_, rest)) => rest.split(':').next().unwrap_or(rest),
        None => reference.split(':').next_back().unwrap_or(reference),
    }
}

pub(super) fn arn(call: &Call, name: &str) -> String {
    format!("arn:aws:lambda:{}:{}:function:{name}", call.region.name(), call.account())
}
