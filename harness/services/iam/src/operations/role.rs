//! Roles.

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::{Use, checked, counted_size, encoded};
use crate::error::{already_exists, delete_conflict, limit_exceeded, validation};
use crate::identity::{Identity, Kind};
use crate::names::{checked_name, path};
use crate::operations::permissions_boundary::boundary;
use crate::page::page;
use crate::records::{Records, Role};
use crate::service_linked_roles;
use crate::tags::{Tag, Tags};

impl Role {
    /// Whether it is one of AWS's services, whose role only AWS changes.
    pub(crate) fn is_service_linked(&self) -> bool {
        self.identity.path.starts_with(service_linked_roles::PATH)
    }

    /// The shape `Role`. Lists leave out the description's companions `Tags` and `PermissionsBoundary`, as AWS does.
    pub(crate) fn describe(&self, account: &str, full: bool) -> Value {
        let identity = &self.identity;
        let mut role = json!({
            "Path": identity.path,
            "RoleName": identity.name,
            "RoleId": identity.id,
            "Arn": identity.arn(Kind::Role, account),
            "CreateDate": identity.created.to_string(),
            "AssumeRolePolicyDocument": encoded(&self.trust),
            "MaxSessionDuration": self.max_session,
        });
        if let Some(role) = role.as_object_mut() {
            if let Some(description) = &self.description {
                role.insert("Description".to_owned(), description.as_str().into());
            }
            if full {
                role.insert("RoleLastUsed".to_owned(), json!({}));
                if !identity.tags.is_empty() {
                    role.insert("Tags".to_owned(), identity.tags.describe().into());
                }
                if let Some(boundary) = identity.describe_boundary() {
                    role.insert("PermissionsBoundary".to_owned(), boundary);
                }
            }
        }
        role
    }
}

/// `CreateRole`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateRole {
    path: Option<String>,
    role_name: String,
    assume_role_policy_document: String,
    description: Option<String>,
    max_session_duration: Option<i64>,
    permissions_boundary: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(crate) fn create(records: &mut Records, call: &Call, input: CreateRole) -> Result<Value, AwsError> {
    let name = checked_name(&input.role_name, "roleName", 64)?;
    let path = path(input.path.as_deref())?;
    let trust = trust(input.assume_role_policy_document.as_str())?;
    let max_session = max_session(input.max_session_duration)?.unwrap_or(3600);
    let tags = Tags::given(&input.tags)?;
    if records.roles.keys().any(|existing| existing.eq_ignore_ascii_case(name)) {
        return Err(already_exists(format!("Role with name {name} already exists.")));
    }
    if records.roles.len() >= 1000 {
        return Err(limit_exceeded("Cannot exceed quota for RolesPerAccount: 1000"));
    }
    let boundary = boundary(records, input.permissions_boundary)?;
    let role = Role {
        identity: Identity::new(Kind::Role, path, name, call.now, tags, boundary),
        trust,
        description: input.description.clone(),
        max_session,
    };
    let mut described = role.describe(call.account(), true);
    if let Some(described) = described.as_object_mut() {
        for member in ["RoleLastUsed", "MaxSessionDuration"] {
            described.remove(member);
        }
    }
    records.roles.insert(name.to_owned(), role);
    Ok(json!({ "Role": described }))
}

/// `GetRole`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetRole {
    role_name: String,
}

pub(crate) fn get(records: &Records, call: &Call, input: GetRole) -> Result<Value, AwsError> {
    let role = records.role(input.role_name.as_str())?;
    Ok(json!({ "Role": role.describe(call.account(), true) }))
}

/// `ListRoles`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListRoles {
    path_prefix: Option<String>,
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(crate) fn list(records: &Records, call: &Call, input: ListRoles) -> Result<Value, AwsError> {
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let roles = records
        .roles
        .values()
        .filter(|role| role.identity.path.starts_with(prefix))
        .map(|role| role.describe(call.account(), false))
        .collect();
    page("Roles", roles, input.max_items, input.marker.as_deref())
}

/// `DeleteRole`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteRole {
    role_name: String,
}

pub(crate) fn delete(records: &mut Records, _: &Call, input: DeleteRole) -> Result<Value, AwsError> {
    records.refuse_protected(Kind::Role, &input.role_name)?;
    let name = input.role_name.as_str();
    let role = records.role(name)?;
    if records.profiles.values().any(|profile| profile.role.as_deref() == Some(name)) {
        return Err(delete_conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    if !role.identity.attached.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    if !role.identity.inline.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must delete policies first."));
    }
    records.roles.remove(name);
    Ok(json!({}))
}

/// `UpdateRole`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateRole {
    role_name: String,
    description: Option<String>,
    max_session_duration: Option<i64>,
}

pub(crate) fn update(records: &mut Records, _: &Call, input: UpdateRole) -> Result<Value, AwsError> {
    records.refuse_protected(Kind::Role, &input.role_name)?;
    let max_session = max_session(input.max_session_duration)?;
    let role = records.role_mut(input.role_name.as_str())?;
    if let Some(description) = input.description.as_deref() {
        role.description = Some(description.to_owned());
    }
    if let Some(max_session) = max_session {
        role.max_session = max_session;
    }
    Ok(json!({}))
}

/// `UpdateRoleDescription`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRoleDescription.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateRoleDescription {
    role_name: String,
    description: String,
}

pub(crate) fn update_description(records: &mut Records, call: &Call, input: UpdateRoleDescription) -> Result<Value, AwsError> {
    let role = records.role_mut(input.role_name.as_str())?;
    role.description = Some(input.description);
    Ok(json!({ "Role": role.describe(call.account(), true) }))
}

/// `UpdateAssumeRolePolicy`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateAssumeRolePolicy {
    role_name: String,
    policy_document: String,
}

pub(crate) fn update_trust(records: &mut Records, _: &Call, input: UpdateAssumeRolePolicy) -> Result<Value, AwsError> {
    records.refuse_protected(Kind::Role, &input.role_name)?;
    records.role(input.role_name.as_str())?;
    let trust = trust(input.policy_document.as_str())?;
    records.role_mut(input.role_name.as_str())?.trust = trust;
    Ok(json!({}))
}

fn trust(document: &str) -> Result<PolicyDocument, AwsError> {
    let document = checked(document, Use::Trust)?;
    if counted_size(&document) > 2048 {
        return Err(limit_exceeded("Cannot exceed quota for ACLSizePerRole: 2048"));
    }
    Ok(document)
}

fn max_session(given: Option<i64>) -> Result<Option<i64>, AwsError> {
    match given {
        Some(seconds) if !(3600..=43200).contains(&seconds) => Err(validation(format!(
            "1 validation error detected: Value '{seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200"
        ))),
        other => Ok(other),
    }
}
