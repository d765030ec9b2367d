//! Long-lived access keys of users. The secret is shown once, on creation.

use nightproof_core::service::{AwsError, Call};
use nightproof_core::{Caller, Principal};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{limit_exceeded, no_such_entity, validation};
use crate::identity;
use crate::identity::Kind;
use crate::operations::user::named_or_calling;
use crate::page::page;
use crate::records::{AccessKey, Records};

/// `CreateAccessKey`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateAccessKey {
    user_name: Option<String>,
}

pub(crate) fn create(records: &mut Records, call: &Call, input: CreateAccessKey) -> Result<Value, AwsError> {
    let name = named_or_calling(call, input.user_name)?;
    let user = records.users.get_mut(&name).ok_or_else(|| identity::not_found(Kind::User, &name))?;
    if user.keys.len() >= 2 {
        return Err(limit_exceeded("Cannot exceed quota for AccessKeysPerUser: 2"));
    }
    let principal = Principal::User { name: name.clone(), id: user.identity.id.clone() };
    let caller = Caller { account: call.account().to_owned(), principal, access_key_id: None, source_arn: None, via: None };
    let key = call.region.credentials().issue_key(caller);
    user.keys.push(AccessKey { id: key.access_key_id.clone(), created: call.now, active: true });
    Ok(json!({ "AccessKey": {
        "UserName": name,
        "AccessKeyId": key.access_key_id,
        "Status": "Active",
        "SecretAccessKey": key.secret_access_key,
        "CreateDate": call.now.to_string(),
    }}))
}

/// `ListAccessKeys`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListAccessKeys {
    user_name: Option<String>,
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(crate) fn list(records: &Records, call: &Call, input: ListAccessKeys) -> Result<Value, AwsError> {
    let name = named_or_calling(call, input.user_name)?;
    let user = records.users.get(&name).ok_or_else(|| identity::not_found(Kind::User, &name))?;
    let keys = user.keys.iter().map(|AccessKey { id, created, active }| {
        let status = if *active { "Active" } else { "Inactive" };
        json!({ "UserName": name, "AccessKeyId": id, "Status": status, "CreateDate": created.to_string() })
    });
    let keys = keys.collect();
    page("AccessKeyMetadata", keys, input.max_items, input.marker.as_deref())
}

/// `UpdateAccessKey`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateAccessKey {
    user_name: Option<String>,
    access_key_id: String,
    status: String,
}

/// Turns a key off, or on again. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html>
pub(crate) fn update(records: &mut Records, call: &Call, input: UpdateAccessKey) -> Result<Value, AwsError> {
    let name = named_or_calling(call, input.user_name)?;
    let id = input.access_key_id.as_str();
    let active = match input.status.as_str() {
        "Active" => true,
        "Inactive" => false,
        other => return Err(validation(format!("Value '{other}' of Status: a key is made Active or Inactive."))),
    };
    let user = records.users.get_mut(&name).ok_or_else(|| identity::not_found(Kind::User, &name))?;
    let key = user.keys.iter_mut().find(|key| key.id == id).ok_or_else(|| not_found(id))?;
    key.active = active;
    call.region.credentials().set_active(id, active);
    Ok(json!({}))
}

/// `DeleteAccessKey`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteAccessKey {
    user_name: Option<String>,
    access_key_id: String,
}

pub(crate) fn delete(records: &mut Records, call: &Call, input: DeleteAccessKey) -> Result<Value, AwsError> {
    let name = named_or_calling(call, input.user_name)?;
    let id = input.access_key_id.as_str();
    let user = records.users.get_mut(&name).ok_or_else(|| identity::not_found(Kind::User, &name))?;
    let before = user.keys.len();
    user.keys.retain(|key| key.id != id);
    if user.keys.len() == before {
        return Err(not_found(id));
    }
    call.region.credentials().revoke(id);
    Ok(json!({}))
}

fn not_found(id: &str) -> AwsError {
    no_such_entity(format!("The Access Key with id {id} cannot be found."))
}
