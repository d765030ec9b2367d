//! Inline policies of roles, users and groups.

use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::{Use, checked, counted_size, encoded};
use crate::error::{limit_exceeded, no_such_entity};
use crate::identity::Kind;
use crate::names::checked_name;
use crate::page::page;
use crate::records::Records;

/// `PutRolePolicy`, and the same of users and groups.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutPolicy {
    #[serde(alias = "RoleName", alias = "UserName", alias = "GroupName")]
    identity: String,
    policy_name: String,
    policy_document: String,
}

/// `GetRolePolicy`, and the same of users and groups.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetPolicy {
    #[serde(alias = "RoleName", alias = "UserName", alias = "GroupName")]
    identity: String,
    policy_name: String,
}

/// `DeleteRolePolicy`, and the same of users and groups.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeletePolicy {
    #[serde(alias = "RoleName", alias = "UserName", alias = "GroupName")]
    identity: String,
    policy_name: String,
}

/// `ListRolePolicies`, and the same of users and groups.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListPolicies {
    #[serde(alias = "RoleName", alias = "UserName", alias = "GroupName")]
    identity: String,
    max_items: Option<usize>,
    marker: Option<String>,
}

pub(crate) fn put(records: &mut Records, kind: Kind, input: PutPolicy) -> Result<Value, AwsError> {
    records.refuse_protected(kind, &input.identity)?;
    let name = checked_name(&input.policy_name, "policyName", 128)?;
    let identity = records.identity_mut(kind, &input.identity)?;
    let document = checked(&input.policy_document, Use::Inline)?;
    // All inline policies of an identity count together.
    // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length>
    let most = match kind {
        Kind::Role => 10_240,
        Kind::User => 2_048,
        Kind::Group => 5_120,
    };
    let others: usize =
        identity.inline.iter().filter(|(other, _)| *other != name).map(|(_, document)| counted_size(document)).sum();
    if others + counted_size(&document) > most {
        return Err(limit_exceeded(format!(
            "Maximum policy size of {most} bytes exceeded for {} {}",
            kind.word(),
            identity.name
        )));
    }
    identity.inline.insert(name.to_owned(), document);
    Ok(json!({}))
}

pub(crate) fn get(records: &Records, kind: Kind, input: GetPolicy) -> Result<Value, AwsError> {
    let name = input.policy_name.as_str();
    let identity = records.identity(kind, &input.identity)?;
    let document = identity.inline.get(name).ok_or_else(|| not_found(kind, name))?;
    Ok(json!({ kind.member(): identity.name, "PolicyName": name, "PolicyDocument": encoded(document) }))
}

pub(crate) fn delete(records: &mut Records, kind: Kind, input: DeletePolicy) -> Result<Value, AwsError> {
    let name = input.policy_name.as_str();
    records.refuse_protected(kind, &input.identity)?;
    let removed = records.identity_mut(kind, &input.identity)?.inline.remove(name);
    removed.map(|_| json!({})).ok_or_else(|| not_found(kind, name))
}

pub(crate) fn list(records: &Records, kind: Kind, input: ListPolicies) -> Result<Value, AwsError> {
    let names = records.identity(kind, &input.identity)?.inline.keys().map(|name| name.as_str().into()).collect();
    page("PolicyNames", names, input.max_items, input.marker.as_deref())
}

fn not_found(kind: Kind, name: &str) -> AwsError {
    no_such_entity(format!("The {} policy with name {name} cannot be found.", kind.word()))
}
