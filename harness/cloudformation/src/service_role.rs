//! The role that CloudFormation takes on to work on a stack, if it was ever given one for it.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html>

use nightproof_core::Caller;
use nightproof_core::service::{AwsError, Call};
use serde_json::json;

use crate::error::validation;
use crate::records::Stack;

/// Who makes the calls for a stack.
pub(crate) struct Deployer {
    pub caller: Caller,
    /// The role's ARN, if the caller is a session of one.
    pub role: Option<String>,
}

/// Who makes the calls for the stack: a session of the role that is given with the call, else of the role that the stack was given
/// before, or without one whoever asks.
///
/// # Errors
/// `ValidationError` if the role does not exist, or does not trust CloudFormation.
pub(crate) async fn deployer(call: &Call, stack: &Stack, given: Option<&str>) -> Result<Deployer, AwsError> {
    let Some(role) = given.or(stack.role.as_deref()) else { return Ok(Deployer { caller: call.caller.clone(), role: None }) };
    let service = Caller::service(call.account(), "cloudformation.amazonaws.com").acting_for(&stack.id);
    let input = json!({"RoleArn": role, "RoleSessionName": "AWSCloudFormation"});
    let assumed = match call.region.call(&service, "sts", "AssumeRole", input).await {
        Ok(assumed) => assumed,
        Err(error) if error.status >= 500 => return Err(error),
        Err(_) => return Err(validation(format!("Role {role} is invalid or cannot be assumed"))),
    };
    let key = assumed.pointer("/Credentials/AccessKeyId").and_then(serde_json::Value::as_str).unwrap_or_default();
    let session = call.region.credentials().find(key).ok_or_else(|| AwsError::internal("the role's session was not kept"))?;
    Ok(Deployer { caller: session.caller, role: Some(role.to_owned()) })
}
