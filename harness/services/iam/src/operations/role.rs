//! Roles.

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::document::{Use, checked, counted_size, encoded};
use crate::error::{already_exists, delete_conflict, limit_exceeded, validation};
use crate::identity::{Identity, Kind};
use crate::names::{checked_name, path};
use crate::operations::permissions_boundary::boundary;
use crate::page::page;
use crate::records::{Records, Role};
use crate::service_linked_roles;
use crate::tags::Tags;

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

pub(crate) fn create(records: &mut Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let name = checked_name(input, "RoleName", 64)?;
    let path = path(input)?;
    let trust = trust(input.required("AssumeRolePolicyDocument"))?;
    let max_session = max_session(input)?.unwrap_or(3600);
    let tags = Tags::given(input)?;
    if records.roles.keys().any(|existing| existing.eq_ignore_ascii_case(name)) {
        return Err(already_exists(format!("Role with name {name} already exists.")));
    }
    if records.roles.len() >= 1000 {
        return Err(limit_exceeded("Cannot exceed quota for RolesPerAccount: 1000"));
    }
    let boundary = boundary(records, input)?;
    let role = Role {
        identity: Identity::new(Kind::Role, path, name, call.now, tags, boundary),
        trust,
        description: input.text("Description").filter(|text| !text.is_empty()).map(str::to_owned),
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

pub(crate) fn get(records: &Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let role = records.role(input.required("RoleName"))?;
    Ok(json!({ "Role": role.describe(call.account(), true) }))
}

pub(crate) fn list(records: &Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let prefix = input.text("PathPrefix").unwrap_or("/");
    let roles = records
        .roles
        .values()
        .filter(|role| role.identity.path.starts_with(prefix))
        .map(|role| role.describe(call.account(), false))
        .collect();
    page("Roles", roles, input)
}

pub(crate) fn delete(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let name = input.required("RoleName");
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

pub(crate) fn update(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let max_session = max_session(input)?;
    let role = records.role_mut(input.required("RoleName"))?;
    if let Some(description) = input.text("Description") {
        role.description = Some(description.to_owned());
    }
    if let Some(max_session) = max_session {
        role.max_session = max_session;
    }
    Ok(json!({}))
}

pub(crate) fn update_description(records: &mut Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let role = records.role_mut(input.required("RoleName"))?;
    role.description = input.text("Description").map(str::to_owned);
    Ok(json!({ "Role": role.describe(call.account(), true) }))
}

pub(crate) fn update_trust(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    records.role(input.required("RoleName"))?;
    let trust = trust(input.required("PolicyDocument"))?;
    records.role_mut(input.required("RoleName"))?.trust = trust;
    Ok(json!({}))
}

fn trust(document: &str) -> Result<PolicyDocument, AwsError> {
    let document = checked(document, Use::Trust)?;
    if counted_size(&document) > 2048 {
        return Err(limit_exceeded("Cannot exceed quota for ACLSizePerRole: 2048"));
    }
    Ok(document)
}

fn max_session(input: &Value) -> Result<Option<i64>, AwsError> {
    match input.number("MaxSessionDuration") {
        Some(seconds) if !(3600..=43200).contains(&seconds) => Err(validation(format!(
            "1 validation error detected: Value '{seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200"
        ))),
        other => Ok(other),
    }
}
