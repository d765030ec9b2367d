//! The function's execution role, as Lambda assumes it.
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html>

use std::borrow::Cow;

use jiff::Timestamp;
use nightproof_core::credentials::Credential;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use crate::definition::Definition;

const REFUSED: &str = "The role defined for the function cannot be assumed by Lambda.";

/// A session of a function's role.
pub(super) struct Session {
    pub credential: Credential,
    /// Region time.
    pub expires: Option<Timestamp>,
}

/// Tries the role, as AWS does when a function gets one.
pub(super) async fn check(region: &Region, account: &str, role: &str, function: &str) -> Result<(), AwsError> {
    match assume_role(region, account, role, function).await {
        Ok(_) => Ok(()),
        Err(error) if error.status < 500 => Err(crate::error::invalid(REFUSED)),
        Err(error) => Err(error),
    }
}

/// A session of a role, which Lambda makes calls of its own in.
pub(super) async fn session(region: &Region, account: &str, role: &str, function: &str) -> Result<Caller, AwsError> {
    let assumed = assume_role(region, account, role, function).await.map_err(|error| match error.status {
        400..500 => crate::error::invalid(REFUSED),
        _ => error,
    })?;
    let key = crate::pointer::pointer(&assumed, "/Credentials/AccessKeyId");
    let credential = region.credentials().find(&key).ok_or_else(|| AwsError::internal("the role's session was not kept"))?;
    Ok(credential.caller)
}

/// A new session of the definition's role.
pub(super) async fn assume(region: &Region, account: &str, definition: &Definition) -> Result<Session, AwsError> {
    let assumed = assume_role(region, account, definition.text("Role"), definition.text("FunctionName")).await;
    let assumed = assumed.map_err(|error| match error.status {
        400..500 => AwsError::new("AccessDeniedException", 403, REFUSED),
        _ => error,
    })?;
    let key = crate::pointer::pointer(&assumed, "/Credentials/AccessKeyId");
    let credential = region.credentials().find(&key).ok_or_else(|| AwsError::internal("the role's session was not kept"))?;
    Ok(Session { expires: credential.expires, credential })
}

async fn assume_role(region: &Region, account: &str, role: &str, function: &str) -> Result<Value, AwsError> {
    let service = Caller::service(account, "lambda.amazonaws.com");
    let input = json!({ "RoleArn": role, "RoleSessionName": session_name(function) });
    region.call(&service, "sts", "AssumeRole", input).await
}

/// The session is named after the function. A function's name may have one character, a session's may not.
fn session_name(function: &str) -> Cow<'_, str> {
    if function.len() < 2 { Cow::Owned(format!("{function}@lambda_function")) } else { Cow::Borrowed(function) }
}
