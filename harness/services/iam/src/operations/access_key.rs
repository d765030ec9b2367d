//! Long-lived access keys of users. The secret is shown once, on creation.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::{Caller, Principal};
use serde_json::{Value, json};

use crate::error::{limit_exceeded, no_such_entity, validation};
use crate::identity;
use crate::identity::Kind;
use crate::operations::user::named_or_calling;
use crate::page::page;
use crate::records::{AccessKey, Records};

pub(crate) fn create(records: &mut Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let name = named_or_calling(call, input)?;
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

pub(crate) fn list(records: &Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let name = named_or_calling(call, input)?;
    let user = records.users.get(&name).ok_or_else(|| identity::not_found(Kind::User, &name))?;
    let keys = user.keys.iter().map(|AccessKey { id, created, active }| {
        let status = if *active { "Active" } else { "Inactive" };
        json!({ "UserName": name, "AccessKeyId": id, "Status": status, "CreateDate": created.to_string() })
    });
    let keys = keys.collect();
    page("AccessKeyMetadata", keys, input)
}

/// Turns a key off, or on again. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html>
pub(crate) fn update(records: &mut Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let name = named_or_calling(call, input)?;
    let id = input.required("AccessKeyId");
    let active = match input.required("Status") {
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

pub(crate) fn delete(records: &mut Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let name = named_or_calling(call, input)?;
    let id = input.required("AccessKeyId");
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
