//! `CreateStack`.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::{OnFailure, Stack, StackStatus};
use crate::{creation, service_role, submission};

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
pub(crate) async fn create(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let unsupported = [
        "StackPolicyBody",
        "StackPolicyURL",
        "NotificationARNs",
        "RollbackConfiguration",
        "ResourceTypes",
        "TimeoutInMinutes",
        "RetainExceptOnCreate",
        "DeploymentConfig",
    ];
    submission::refuse_unsupported(input, "CreateStack", &unsupported)?;
    let name = input.required("StackName").to_owned();
    let token = input.text("ClientRequestToken");
    if let Some(id) = service.repeated(call.account(), &name, token, "CreateStack")? {
        return Ok(json!({"StackId": id}));
    }
    let on_failure = on_failure(input)?;
    let id = creation::new_id(call, &name);
    let submission = submission::read(service, call, input, (&name, &id), None).await?;
    let mut stack = Stack::new(&id, &name, call.now);
    let deployer = service_role::deployer(call, &stack, input.text("RoleARN")).await?;
    stack.on_failure = on_failure;
    stack.protected = input.flag("EnableTerminationProtection").unwrap_or(false);
    stack.take_token(token, "CreateStack");
    {
        let mut stacks = service.lock();
        let stacks = stacks.entry(call.account().to_owned()).or_default();
        if stacks.iter().any(|other| other.name == name && other.status != StackStatus::DeleteComplete) {
            return Err(AwsError::new("AlreadyExistsException", 400, format!("Stack [{name}] already exists")));
        }
        stacks.push(stack);
    }
    creation::begin(service, call, &id, submission, deployer);
    Ok(json!({"StackId": id}))
}

fn on_failure(input: &Value) -> Result<OnFailure, AwsError> {
    match (input.text("OnFailure").unwrap_or_default(), input.flag("DisableRollback")) {
        ("", Some(true)) | ("DO_NOTHING", None) => Ok(OnFailure::DoNothing),
        ("", _) | ("ROLLBACK", None) => Ok(OnFailure::Rollback),
        ("DELETE", None) => Ok(OnFailure::Delete),
        _ => Err(validation("You may only specify one of OnFailure, DisableRollback")),
    }
}
