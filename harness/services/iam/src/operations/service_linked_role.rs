//! Roles of AWS's services, which only AWS changes.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html>

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::{Arn, AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{invalid_input, no_such_entity};
use crate::identity::{Identity, Kind};
use crate::records::{Records, Role};
use crate::service_linked_roles::{self, PATH};
use crate::tags::Tags;

/// `CreateServiceLinkedRole`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateServiceLinkedRole {
    #[serde(rename = "AWSServiceName")]
    aws_service_name: String,
    description: Option<String>,
    custom_suffix: Option<String>,
}

/// `DeleteServiceLinkedRole`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteServiceLinkedRole.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteServiceLinkedRole {
    role_name: String,
}

/// `GetServiceLinkedRoleDeletionStatus`.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLinkedRoleDeletionStatus.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetServiceLinkedRoleDeletionStatus {
    deletion_task_id: String,
}

pub(crate) fn create(records: &mut Records, call: &Call, input: CreateServiceLinkedRole) -> Result<Value, AwsError> {
    let service = input.aws_service_name.as_str();
    let Some(known) = service_linked_roles::find(service) else {
        return Err(AwsError::not_implemented("iam", &format!("the service-linked role of {service}")));
    };
    let name = match input.custom_suffix.as_deref() {
        Some(_) if !known.suffixes => return Err(invalid_input(format!("Custom suffix is not allowed for {service}"))),
        Some(suffix) => format!("{}_{suffix}", known.role),
        None => known.role.to_owned(),
    };
    if records.roles.contains_key(&name) {
        return Err(invalid_input(format!(
            "Service role name {name} has been taken in this account, please try a different suffix."
        )));
    }
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Action": "sts:AssumeRole", "Effect": "Allow", "Principal": { "Service": service } }],
    });
    let mut identity = Identity::new(Kind::Role, format!("{PATH}{service}/"), &name, call.now, Tags::default(), None);
    identity.attached.push(Arn::new("iam", "", "aws", format!("policy{PATH}{}", known.policy)).to_string());
    let trust = PolicyDocument::new(trust.to_string(), nightproof_iam_policy::PolicyKind::Trust);
    let role = Role { identity, trust, description: input.description.filter(|text| !text.is_empty()), max_session: 3600 };
    let mut described = role.describe(call.account(), true);
    if let Some(members) = described.as_object_mut() {
        for member in ["RoleLastUsed", "MaxSessionDuration"] {
            members.remove(member);
        }
    }
    records.roles.insert(name, role);
    Ok(json!({ "Role": described }))
}

/// Nothing of the region works by a service-linked role, so that none is in use.
pub(crate) fn delete(records: &mut Records, _: &Call, input: DeleteServiceLinkedRole) -> Result<Value, AwsError> {
    let name = input.role_name.as_str();
    let role = records.role(name)?;
    if !role.is_service_linked() {
        return Err(no_such_entity(format!("The role with name {name} is not a service-linked role.")));
    }
    let task = format!("task{}{name}/{}", role.identity.path, uuid::Uuid::new_v4());
    records.roles.remove(name);
    records.deletions.insert(task.clone());
    Ok(json!({ "DeletionTaskId": task }))
}

pub(crate) fn deletion_status(records: &Records, _: &Call, input: GetServiceLinkedRoleDeletionStatus) -> Result<Value, AwsError> {
    let task = input.deletion_task_id;
    if records.deletions.contains(&task) {
        return Ok(json!({ "Status": "SUCCEEDED" }));
    }
    Err(no_such_entity(format!("Deletion task {task} cannot be found.")))
}
