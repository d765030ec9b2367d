//! Instance profiles: the box that carries one role to an instance.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::arn::arn;
use crate::error::{already_exists, delete_conflict, limit_exceeded, no_such_entity};
use crate::names::{checked_name, path, unique_id};
use crate::page::page;
use crate::records::{InstanceProfile, Records};
use crate::tags::{Tag, Tags};

fn describe(records: &Records, profile: &InstanceProfile, account: &str) -> Value {
    let roles: Vec<Value> =
        profile.role.iter().filter_map(|name| records.roles.get(name)).map(|role| role.describe(account, false)).collect();
    let mut described = json!({
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.id,
        "Arn": profile.arn,
        "CreateDate": profile.created.to_string(),
        "Roles": roles,
    });
    if !profile.tags.is_empty()
        && let Some(described) = described.as_object_mut()
    {
        described.insert("Tags".to_owned(), profile.tags.describe().into());
    }
    described
}

/// `CreateInstanceProfile`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateInstanceProfile {
    instance_profile_name: String,
    path: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(crate) fn create(records: &mut Records, call: &Call, input: CreateInstanceProfile) -> Result<Value, AwsError> {
    let name = checked_name(&input.instance_profile_name, "instanceProfileName", 128)?;
    let path = path(input.path.as_deref())?;
    if records.profiles.keys().any(|existing| existing.eq_ignore_ascii_case(name)) {
        return Err(already_exists(format!("Instance Profile {name} already exists.")));
    }
    let profile = InstanceProfile {
        arn: arn(call.account(), format!("instance-profile{path}{name}")),
        name: name.to_owned(),
        path,
        id: unique_id("AIPA"),
        created: call.now,
        role: None,
        tags: Tags::given(&input.tags)?,
    };
    let described = describe(records, &profile, call.account());
    records.profiles.insert(name.to_owned(), profile);
    Ok(json!({ "InstanceProfile": described }))
}

/// `GetInstanceProfile`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetInstanceProfile {
    instance_profile_name: String,
}

pub(crate) fn get(records: &Records, call: &Call, input: GetInstanceProfile) -> Result<Value, AwsError> {
    let profile = records.profile(&input.instance_profile_name)?;
    Ok(json!({ "InstanceProfile": describe(records, profile, call.account()) }))
}

/// `DeleteInstanceProfile`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteInstanceProfile.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteInstanceProfile {
    instance_profile_name: String,
}

pub(crate) fn delete(records: &mut Records, _: &Call, input: DeleteInstanceProfile) -> Result<Value, AwsError> {
    if records.profile(&input.instance_profile_name)?.role.is_some() {
        return Err(delete_conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    records.profiles.remove(input.instance_profile_name.as_str());
    Ok(json!({}))
}

/// `ListInstanceProfiles`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfiles.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListInstanceProfiles {
    path_prefix: Option<String>,
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(crate) fn list(records: &Records, call: &Call, input: ListInstanceProfiles) -> Result<Value, AwsError> {
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let profiles = records
        .profiles
        .values()
        .filter(|profile| profile.path.starts_with(prefix))
        .map(|profile| describe(records, profile, call.account()))
        .collect();
    page("InstanceProfiles", profiles, input.max_items, input.marker.as_deref())
}

/// `ListInstanceProfilesForRole`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfilesForRole.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListInstanceProfilesForRole {
    role_name: String,
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(crate) fn list_for_role(records: &Records, call: &Call, input: ListInstanceProfilesForRole) -> Result<Value, AwsError> {
    let role = input.role_name.as_str();
    records.role(role)?;
    let profiles = records
        .profiles
        .values()
        .filter(|profile| profile.role.as_deref() == Some(role))
        .map(|profile| describe(records, profile, call.account()))
        .collect();
    page("InstanceProfiles", profiles, input.max_items, input.marker.as_deref())
}

/// `AddRoleToInstanceProfile`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AddRoleToInstanceProfile {
    instance_profile_name: String,
    role_name: String,
}

pub(crate) fn add_role(records: &mut Records, _: &Call, input: AddRoleToInstanceProfile) -> Result<Value, AwsError> {
    let role = input.role_name.as_str().to_owned();
    if records.profile(&input.instance_profile_name)?.role.is_some() {
        return Err(limit_exceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"));
    }
    records.role(&role)?;
    records.profile_mut(&input.instance_profile_name)?.role = Some(role);
    Ok(json!({}))
}

/// `RemoveRoleFromInstanceProfile`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveRoleFromInstanceProfile.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RemoveRoleFromInstanceProfile {
    instance_profile_name: String,
    role_name: String,
}

pub(crate) fn remove_role(records: &mut Records, _: &Call, input: RemoveRoleFromInstanceProfile) -> Result<Value, AwsError> {
    let role = input.role_name.as_str();
    records.role(role)?;
    let profile = records.profile_mut(&input.instance_profile_name)?;
    if profile.role.as_deref() != Some(role) {
        return Err(no_such_entity(format!("The role with name {role} cannot be found.")));
    }
    profile.role = None;
    Ok(json!({}))
}
