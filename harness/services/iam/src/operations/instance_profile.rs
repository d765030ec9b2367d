//! Instance profiles: the box that carries one role to an instance.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::arn::arn;
use crate::error::{already_exists, delete_conflict, limit_exceeded, no_such_entity};
use crate::names::{checked_name, path, unique_id};
use crate::page::page;
use crate::records::{InstanceProfile, Records};
use crate::tags::Tags;

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

pub(crate) fn create(records: &mut Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let name = checked_name(input, "InstanceProfileName", 128)?;
    let path = path(input)?;
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
        tags: Tags::given(input)?,
    };
    let described = describe(records, &profile, call.account());
    records.profiles.insert(name.to_owned(), profile);
    Ok(json!({ "InstanceProfile": described }))
}

pub(crate) fn get(records: &Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let profile = records.profile(input)?;
    Ok(json!({ "InstanceProfile": describe(records, profile, call.account()) }))
}

pub(crate) fn delete(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    if records.profile(input)?.role.is_some() {
        return Err(delete_conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    records.profiles.remove(input.required("InstanceProfileName"));
    Ok(json!({}))
}

pub(crate) fn list(records: &Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let prefix = input.text("PathPrefix").unwrap_or("/");
    let profiles = records
        .profiles
        .values()
        .filter(|profile| profile.path.starts_with(prefix))
        .map(|profile| describe(records, profile, call.account()))
        .collect();
    page("InstanceProfiles", profiles, input)
}

pub(crate) fn list_for_role(records: &Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let role = input.required("RoleName");
    records.role(role)?;
    let profiles = records
        .profiles
        .values()
        .filter(|profile| profile.role.as_deref() == Some(role))
        .map(|profile| describe(records, profile, call.account()))
        .collect();
    page("InstanceProfiles", profiles, input)
}

pub(crate) fn add_role(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let role = input.required("RoleName").to_owned();
    if records.profile(input)?.role.is_some() {
        return Err(limit_exceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"));
    }
    records.role(&role)?;
    records.profile_mut(input)?.role = Some(role);
    Ok(json!({}))
}

pub(crate) fn remove_role(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let role = input.required("RoleName");
    records.role(role)?;
    let profile = records.profile_mut(input)?;
    if profile.role.as_deref() != Some(role) {
        return Err(no_such_entity(format!("The role with name {role} cannot be found.")));
    }
    profile.role = None;
    Ok(json!({}))
}
