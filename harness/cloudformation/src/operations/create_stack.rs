//! `CreateStack`.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::{ChangeSet, OnFailure, Stack, StackStatus};
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
    // A stack that is only reviewed is made all the same; what was reviewed is worth nothing then.
    let reviewed = service.find(call.account(), &name).ok().filter(|stack| stack.status == StackStatus::ReviewInProgress);
    let mut stack = reviewed.unwrap_or_else(|| Stack::new(&creation::new_id(call, &name), &name, call.now));
    let id = stack.id.clone();
    let submission = submission::read(service, call, input, (&name, &id), None).await?;
    let deployer = service_role::deployer(call, &stack, input.text("RoleARN")).await?;
    stack.on_failure = on_failure;
    stack.protected = input.flag("EnableTerminationProtection").unwrap_or(false);
    stack.created = call.now;
    stack.change_sets.iter_mut().for_each(ChangeSet::outdate);
    stack.take_token(token, "CreateStack");
    {
        let mut stacks = service.lock();
        let stacks = stacks.entry(call.account().to_owned()).or_default();
        let exists = |other: &Stack| other.name == name && other.status != StackStatus::DeleteComplete;
        if stacks.iter().any(|other| exists(other) && !(other.id == id && other.status == StackStatus::ReviewInProgress)) {
            return Err(AwsError::new("AlreadyExistsException", 400, format!("Stack [{name}] already exists")));
        }
        stacks.retain(|other| other.id != stack.id);
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
