//! Permissions boundaries of roles and users.

use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::no_such_entity;
use crate::identity::Kind;
use crate::records::Records;

/// The boundary that a create or put request names; it must exist.
pub(crate) fn boundary(records: &Records, given: Option<String>) -> Result<Option<String>, AwsError> {
    let Some(arn) = given else { return Ok(None) };
    if records.managed_document(&arn).is_none() {
        return Err(no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable.")));
    }
    Ok(Some(arn))
}

/// `PutRolePermissionsBoundary`, and the same of users.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutBoundary {
    #[serde(alias = "RoleName", alias = "UserName")]
    identity: String,
    permissions_boundary: String,
}

/// `DeleteRolePermissionsBoundary`, and the same of users.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePermissionsBoundary.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteBoundary {
    #[serde(alias = "RoleName", alias = "UserName")]
    identity: String,
}

pub(crate) fn put_boundary(records: &mut Records, kind: Kind, input: PutBoundary) -> Result<Value, AwsError> {
    records.refuse_protected(kind, &input.identity)?;
    records.identity(kind, &input.identity)?;
    let boundary = boundary(records, Some(input.permissions_boundary))?;
    records.identity_mut(kind, &input.identity)?.boundary = boundary;
    Ok(json!({}))
}

pub(crate) fn delete_boundary(records: &mut Records, kind: Kind, input: DeleteBoundary) -> Result<Value, AwsError> {
    records.refuse_protected(kind, &input.identity)?;
    let identity = records.identity_mut(kind, &input.identity)?;
    if identity.boundary.take().is_none() {
        return Err(no_such_entity(format!("The {} {} does not have a permissions boundary.", kind.word(), identity.name)));
    }
    Ok(json!({}))
}
