//! `UpdateStack`.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::change::Changes;
use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::{nested, service_role, submission, update};

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html>
pub(crate) async fn update(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let unsupported = [
        "StackPolicyBody",
        "StackPolicyURL",
        "StackPolicyDuringUpdateBody",
        "StackPolicyDuringUpdateURL",
        "NotificationARNs",
        "RollbackConfiguration",
        "ResourceTypes",
        "DisableRollback",
        "RetainExceptOnCreate",
        "DeploymentConfig",
    ];
    submission::refuse_unsupported(input, "UpdateStack", &unsupported)?;
    let name = input.required("StackName");
    let token = input.text("ClientRequestToken");
    let stack = update::find(service, call.account(), name)?;
    if service.repeated(call.account(), name, token, "UpdateStack")?.is_some() {
        return Ok(json!({"StackId": stack.id}));
    }
    let submission = submission::read(service, call, input, (&stack.name, &stack.id), Some(&stack)).await?;
    // Whether macros make something else of the same template is known only when they are applied, after the update has begun.
    let is_idle = submission.failure.is_none()
        && submission.processed.is_none()
        && Changes::new(service, call, &stack, &submission)?.are_none();
    if is_idle {
        return Err(validation(nested::NO_UPDATES));
    }
    let deployer = service_role::deployer(call, &stack, input.text("RoleARN")).await?;
    update::begin(service, call, &stack.id, submission, deployer, (token, "UpdateStack"))?;
    Ok(json!({"StackId": stack.id}))
}
