//! Users.

use nightproof_core::Principal;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{already_exists, delete_conflict, validation};
use crate::identity;
use crate::identity::{Identity, Kind};
use crate::names::{checked_name, path};
use crate::operations::permissions_boundary::boundary;
use crate::page::page;
use crate::records::{Records, User};
use crate::tags::{Tag, Tags};

impl User {
    pub(crate) fn describe(&self, account: &str, full: bool) -> Value {
        let identity = &self.identity;
        let mut user = json!({
            "Path": identity.path,
            "UserName": identity.name,
            "UserId": identity.id,
            "Arn": identity.arn(Kind::User, account),
            "CreateDate": identity.created.to_string(),
        });
        if full && let Some(user) = user.as_object_mut() {
            if !identity.tags.is_empty() {
                user.insert("Tags".to_owned(), identity.tags.describe().into());
            }
            if let Some(boundary) = identity.describe_boundary() {
                user.insert("PermissionsBoundary".to_owned(), boundary);
            }
        }
        user
    }
}

/// The user that a request names, or the one who calls when it names none.
pub(crate) fn named_or_calling(call: &Call, given: Option<String>) -> Result<String, AwsError> {
    if let Some(name) = given {
        return Ok(name);
    }
    match &call.caller.principal {
        Principal::User { name, .. } => Ok(name.clone()),
        _ => Err(validation("Must specify userName when calling with non-User credentials")),
    }
}

/// `CreateUser`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateUser {
    path: Option<String>,
    user_name: String,
    permissions_boundary: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(crate) fn create(records: &mut Records, call: &Call, input: CreateUser) -> Result<Value, AwsError> {
    let name = checked_name(&input.user_name, "userName", 64)?;
    let path = path(input.path.as_deref())?;
    let tags = Tags::given(&input.tags)?;
    if records.users.keys().any(|existing| existing.eq_ignore_ascii_case(name)) {
        return Err(already_exists(format!("User with name {name} already exists.")));
    }
    let boundary = boundary(records, input.permissions_boundary)?;
    let identity = Identity::new(Kind::User, path, name, call.now, tags, boundary);
    let user = User { identity, keys: Vec::new(), login: None };
    let described = user.describe(call.account(), true);
    records.users.insert(name.to_owned(), user);
    Ok(json!({ "User": described }))
}

/// `GetUser`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetUser {
    user_name: Option<String>,
}

pub(crate) fn get(records: &Records, call: &Call, input: GetUser) -> Result<Value, AwsError> {
    if input.user_name.as_deref().is_none() && call.caller.principal == Principal::Root {
        let account = call.account();
        return Ok(json!({ "User": {
            "Path": "/", "UserName": "root", "UserId": account, "Arn": call.caller.arn(), "CreateDate": "2020-01-01T00:00:00Z",
        }}));
    }
    let name = named_or_calling(call, input.user_name)?;
    let user = records.users.get(&name).ok_or_else(|| identity::not_found(Kind::User, &name))?;
    Ok(json!({ "User": user.describe(call.account(), true) }))
}

/// `ListUsers`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListUsers {
    path_prefix: Option<String>,
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(crate) fn list(records: &Records, call: &Call, input: ListUsers) -> Result<Value, AwsError> {
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let users = records
        .users
        .values()
        .filter(|user| user.identity.path.starts_with(prefix))
        .map(|user| user.describe(call.account(), false))
        .collect();
    page("Users", users, input.max_items, input.marker.as_deref())
}

/// `UpdateUser`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateUser {
    user_name: String,
    new_path: Option<String>,
    new_user_name: Option<String>,
}

/// Another name, another path. Access keys know their user by its name, so that one with keys keeps it here.
pub(crate) fn update(records: &mut Records, _: &Call, input: UpdateUser) -> Result<Value, AwsError> {
    let name = input.user_name.as_str();
    let renamed = input.new_user_name.filter(|new| new != name);
    if let Some(new) = renamed.as_deref().filter(|new| !new.eq_ignore_ascii_case(name))
        && records.users.keys().any(|existing| existing.eq_ignore_ascii_case(new))
    {
        return Err(already_exists(format!("User with name {new} already exists.")));
    }
    let user = records.users.get(name).ok_or_else(|| identity::not_found(Kind::User, name))?;
    if renamed.is_some() && !user.keys.is_empty() {
        return Err(AwsError::not_implemented("iam", "UpdateUser with NewUserName for a user with access keys"));
    }
    let Some(mut user) = records.users.remove(name) else { return Ok(json!({})) };
    user.identity.path = input.new_path.unwrap_or(user.identity.path);
    if let Some(new) = renamed {
        for group in records.groups.values_mut() {
            if group.members.remove(name) {
                group.members.insert(new.clone());
            }
        }
        user.identity.name = new;
    }
    records.users.insert(user.identity.name.clone(), user);
    Ok(json!({}))
}

/// `DeleteUser`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteUser {
    user_name: String,
}

pub(crate) fn delete(records: &mut Records, _: &Call, input: DeleteUser) -> Result<Value, AwsError> {
    let name = input.user_name.as_str();
    let user = records.users.get(name).ok_or_else(|| identity::not_found(Kind::User, name))?;
    if !user.keys.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must delete access keys first."));
    }
    if user.login.is_some() {
        return Err(delete_conflict("Cannot delete entity, must delete login profile first."));
    }
    if records.groups_of(name).next().is_some() {
        return Err(delete_conflict("Cannot delete entity, must remove users from group first."));
    }
    if !user.identity.attached.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    if !user.identity.inline.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must delete policies first."));
    }
    records.users.remove(name);
    Ok(json!({}))
}
