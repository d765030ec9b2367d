//! Permissions boundaries of roles and users.

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::no_such_entity;
use crate::identity::Kind;
use crate::records::Records;

/// The boundary that a create or put request names; it must exist.
pub(crate) fn boundary(records: &Records, input: &Value) -> Result<Option<String>, AwsError> {
    let Some(arn) = input.text("PermissionsBoundary") else { return Ok(None) };
    if records.managed_document(arn).is_none() {
        if crate::aws_managed::is_lacking(arn) {
            return Err(AwsError::not_implemented("iam", &format!("the managed policy {arn}")));
        }
        return Err(no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable.")));
    }
    Ok(Some(arn.to_owned()))
}

pub(crate) fn put_boundary(records: &mut Records, kind: Kind, input: &Value) -> Result<Value, AwsError> {
    records.identity(kind, input)?;
    let boundary = boundary(records, input)?;
    records.identity_mut(kind, input)?.boundary = boundary;
    Ok(json!({}))
}

pub(crate) fn delete_boundary(records: &mut Records, kind: Kind, input: &Value) -> Result<Value, AwsError> {
    let identity = records.identity_mut(kind, input)?;
    if identity.boundary.take().is_none() {
        return Err(no_such_entity(format!("The {} {} does not have a permissions boundary.", kind.word(), identity.name)));
    }
    Ok(json!({}))
}
