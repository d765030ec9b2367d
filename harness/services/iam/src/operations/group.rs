//! Groups of users.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use std::collections::BTreeSet;

use crate::error::{already_exists, delete_conflict};
use crate::identity::{self, Identity, Kind};
use crate::names::{checked_name, path};
use crate::page::page;
use crate::records::{Group, Records, User};
use crate::tags::Tags;

/// `AddUserToGroup` and `RemoveUserFromGroup`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddUserToGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Membership {
    group_name: String,
    user_name: String,
}

/// `UpdateGroup`: another name, another path. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateGroup {
    group_name: String,
    new_path: Option<String>,
    new_group_name: Option<String>,
}

impl Group {
    fn describe(&self, account: &str) -> Value {
        let identity = &self.identity;
        json!({
            "Path": identity.path,
            "GroupName": identity.name,
            "GroupId": identity.id,
            "Arn": identity.arn(Kind::Group, account),
            "CreateDate": identity.created.to_string(),
        })
    }
}

/// `CreateGroup`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateGroup {
    path: Option<String>,
    group_name: String,
}

pub(crate) fn create(records: &mut Records, call: &Call, input: CreateGroup) -> Result<Value, AwsError> {
    let name = checked_name(&input.group_name, "groupName", 128)?;
    let path = path(input.path.as_deref())?;
    refuse_taken(records, name)?;
    let identity = Identity::new(Kind::Group, path, name, call.now, Tags::default(), None);
    let group = Group { identity, members: BTreeSet::new() };
    let described = group.describe(call.account());
    records.groups.insert(name.to_owned(), group);
    Ok(json!({ "Group": described }))
}

/// `GetGroup`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetGroup {
    group_name: String,
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(crate) fn get(records: &Records, call: &Call, input: GetGroup) -> Result<Value, AwsError> {
    let name = input.group_name.as_str();
    let group = records.groups.get(name).ok_or_else(|| identity::not_found(Kind::Group, name))?;
    let members = group.members.iter().filter_map(|name| records.users.get(name));
    let mut output = page(
        "Users",
        members.map(|user: &User| user.describe(call.account(), false)).collect(),
        input.max_items,
        input.marker.as_deref(),
    )?;
    if let Some(members) = output.as_object_mut() {
        members.insert("Group".to_owned(), group.describe(call.account()));
    }
    Ok(output)
}

/// `ListGroups`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroups.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListGroups {
    path_prefix: Option<String>,
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(crate) fn list(records: &Records, call: &Call, input: ListGroups) -> Result<Value, AwsError> {
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let groups = records.groups.values().filter(|group| group.identity.path.starts_with(prefix));
    page("Groups", groups.map(|group| group.describe(call.account())).collect(), input.max_items, input.marker.as_deref())
}

/// `ListGroupsForUser`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupsForUser.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListGroupsForUser {
    user_name: String,
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(crate) fn list_for_user(records: &Records, call: &Call, input: ListGroupsForUser) -> Result<Value, AwsError> {
    let user = records.identity(Kind::User, &input.user_name)?;
    page(
        "Groups",
        records.groups_of(&user.name).map(|group| group.describe(call.account())).collect(),
        input.max_items,
        input.marker.as_deref(),
    )
}

pub(crate) fn update(records: &mut Records, _: &Call, input: UpdateGroup) -> Result<Value, AwsError> {
    let name = input.group_name.as_str();
    if let Some(new) = input.new_group_name.as_deref().filter(|new| !new.eq_ignore_ascii_case(name)) {
        refuse_taken(records, new)?;
    }
    let mut group = records.groups.remove(name).ok_or_else(|| identity::not_found(Kind::Group, name))?;
    group.identity.path = input.new_path.unwrap_or(group.identity.path);
    group.identity.name = input.new_group_name.unwrap_or(group.identity.name);
    records.groups.insert(group.identity.name.clone(), group);
    Ok(json!({}))
}

/// `DeleteGroup`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteGroup {
    group_name: String,
}

pub(crate) fn delete(records: &mut Records, _: &Call, input: DeleteGroup) -> Result<Value, AwsError> {
    let name = input.group_name.as_str();
    let group = records.groups.get(name).ok_or_else(|| identity::not_found(Kind::Group, name))?;
    if !group.members.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must remove users from group first."));
    }
    if !group.identity.attached.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    if !group.identity.inline.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must delete policies first."));
    }
    records.groups.remove(name);
    Ok(json!({}))
}

pub(crate) fn add(records: &mut Records, _: &Call, input: Membership) -> Result<Value, AwsError> {
    members(records, &input)?.insert(input.user_name);
    Ok(json!({}))
}

/// Taking out a user who is not in the group is no error.
pub(crate) fn remove(records: &mut Records, _: &Call, input: Membership) -> Result<Value, AwsError> {
    members(records, &input)?.remove(&input.user_name);
    Ok(json!({}))
}

fn members<'r>(records: &'r mut Records, input: &Membership) -> Result<&'r mut BTreeSet<String>, AwsError> {
    let Membership { group_name, user_name } = input;
    let known = records.users.contains_key(user_name);
    let group = records.groups.get_mut(group_name).ok_or_else(|| identity::not_found(Kind::Group, group_name))?;
    if known { Ok(&mut group.members) } else { Err(identity::not_found(Kind::User, user_name)) }
}

fn refuse_taken(records: &Records, name: &str) -> Result<(), AwsError> {
    if records.groups.keys().any(|existing| existing.eq_ignore_ascii_case(name)) {
        return Err(already_exists(format!("Group with name {name} already exists.")));
    }
    Ok(())
}
