//! Managed policies: the customer's own with their versions, AWS's, and what they are attached to.

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_registry::ManagedPolicy as AwsManaged;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::arn::arn;
use crate::aws_managed;
use crate::document::{Use, checked, counted_size, encoded};
use crate::error::{already_exists, delete_conflict, invalid_input, limit_exceeded, no_such_entity, validation};
use crate::identity::{Identity, Kind};
use crate::names::{checked_name, path, unique_id};
use crate::page::page;
use crate::records::{ManagedPolicy, PolicyVersion, Records, policy_not_found};
use crate::tags::{Tag, Tags};

fn attachments(records: &Records, arn: &str) -> usize {
    records.identities().filter(|(_, identity)| identity.attached.iter().any(|attached| attached == arn)).count()
}

fn boundaries(records: &Records, arn: &str) -> usize {
    records.identities().filter(|(_, identity)| identity.boundary.as_deref() == Some(arn)).count()
}

fn describe(records: &Records, policy: &ManagedPolicy, full: bool) -> Value {
    let mut described = json!({
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": format!("v{}", policy.default_version),
        "AttachmentCount": attachments(records, &policy.arn),
        "PermissionsBoundaryUsageCount": boundaries(records, &policy.arn),
        "IsAttachable": true,
        "CreateDate": policy.created.to_string(),
        "UpdateDate": policy.updated.to_string(),
    });
    if full && let Some(described) = described.as_object_mut() {
        if let Some(description) = &policy.description {
            described.insert("Description".to_owned(), description.as_str().into());
        }
        described.insert("Tags".to_owned(), policy.tags.describe().into());
    }
    described
}

fn describe_aws(records: &Records, policy: &AwsManaged, full: bool) -> Value {
    let mut described = json!({
        "PolicyName": policy.name(),
        "Arn": policy.arn,
        "Path": policy.path(),
        "DefaultVersionId": policy.version,
        "AttachmentCount": attachments(records, policy.arn),
        "PermissionsBoundaryUsageCount": boundaries(records, policy.arn),
        "IsAttachable": true,
        "CreateDate": policy.created,
        "UpdateDate": policy.updated,
    });
    if let Some(described) = described.as_object_mut() {
        let known = aws_managed::described(policy);
        if let Some((id, _)) = known {
            described.insert("PolicyId".to_owned(), id.into());
        }
        if full {
            described.extend(known.map(|(_, description)| ("Description".to_owned(), description.into())));
            described.insert("Tags".to_owned(), json!([]));
        }
    }
    described
}

/// `CreatePolicy`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreatePolicy {
    policy_name: String,
    path: Option<String>,
    policy_document: String,
    description: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(crate) fn create(records: &mut Records, call: &Call, input: CreatePolicy) -> Result<Value, AwsError> {
    let name = checked_name(&input.policy_name, "policyName", 128)?;
    let path = path(input.path.as_deref())?;
    let document = accepted(&input.policy_document)?;
    if records.policies.values().any(|existing| existing.name.eq_ignore_ascii_case(name)) {
        return Err(already_exists(format!("A policy called {name} already exists. Duplicate names are not allowed.")));
    }
    let policy = ManagedPolicy {
        arn: arn(call.account(), format!("policy{path}{name}")),
        name: name.to_owned(),
        path,
        id: unique_id("ANPA"),
        description: input.description.as_deref().map(str::to_owned),
        created: call.now,
        updated: call.now,
        versions: vec![PolicyVersion { number: 1, document, created: call.now }],
        default_version: 1,
        last_version: 1,
        tags: Tags::given(&input.tags)?,
    };
    let mut described = describe(records, &policy, true);
    if let Some(members) = described.as_object_mut().filter(|_| policy.tags.is_empty()) {
        members.remove("Tags");
    }
    records.policies.insert(policy.arn.clone(), policy);
    Ok(json!({ "Policy": described }))
}

fn accepted(document: &str) -> Result<PolicyDocument, AwsError> {
    let document = checked(document, Use::Managed)?;
    if counted_size(&document) > 6144 {
        return Err(limit_exceeded("Cannot exceed quota for PolicySize: 6144"));
    }
    Ok(document)
}

/// `GetPolicy`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetPolicy {
    policy_arn: String,
}

pub(crate) fn get(records: &Records, _: &Call, input: GetPolicy) -> Result<Value, AwsError> {
    let arn = input.policy_arn.as_str();
    if let Some(policy) = aws_managed::find(arn) {
        return Ok(json!({ "Policy": describe_aws(records, &policy, true) }));
    }
    let policy = records.policies.get(arn).ok_or_else(|| policy_not_found(arn))?;
    Ok(json!({ "Policy": describe(records, policy, true) }))
}

/// `ListPolicies`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListPolicies {
    scope: Option<String>,
    #[serde(default)]
    only_attached: bool,
    path_prefix: Option<String>,
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(crate) fn list(records: &Records, _: &Call, input: ListPolicies) -> Result<Value, AwsError> {
    let scope = input.scope.as_deref().unwrap_or("All");
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let only_attached = input.only_attached;
    let mut policies = Vec::new();
    if scope != "AWS" {
        let local = records.policies.values().filter(|policy| policy.path.starts_with(prefix));
        policies.extend(local.map(|policy| describe(records, policy, false)));
    }
    if scope != "Local" {
        let aws = nightproof_registry::managed_policies().filter(|policy| policy.path().starts_with(prefix));
        policies.extend(aws.map(|policy| describe_aws(records, &policy, false)));
    }
    policies.retain(|policy| !only_attached || policy.number("AttachmentCount") != Some(0));
    page("Policies", policies, input.max_items, input.marker.as_deref())
}

/// `DeletePolicy`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeletePolicy {
    policy_arn: String,
}

pub(crate) fn delete(records: &mut Records, _: &Call, input: DeletePolicy) -> Result<Value, AwsError> {
    let arn = records.policy_mut(&input.policy_arn)?.arn.clone();
    if attachments(records, &arn) + boundaries(records, &arn) > 0 {
        return Err(delete_conflict("Cannot delete a policy attached to entities."));
    }
    if records.policy_mut(&input.policy_arn)?.versions.len() > 1 {
        return Err(delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        ));
    }
    records.policies.remove(&arn);
    Ok(json!({}))
}

fn describe_version(version: &PolicyVersion, default: u32, with_document: bool) -> Value {
    let mut described = json!({
        "VersionId": format!("v{}", version.number),
        "IsDefaultVersion": version.number == default,
        "CreateDate": version.created.to_string(),
    });
    if with_document && let Some(described) = described.as_object_mut() {
        described.insert("Document".to_owned(), encoded(&version.document).into());
    }
    described
}

/// `CreatePolicyVersion`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreatePolicyVersion {
    policy_arn: String,
    policy_document: String,
    #[serde(default)]
    set_as_default: bool,
}

pub(crate) fn create_version(records: &mut Records, call: &Call, input: CreatePolicyVersion) -> Result<Value, AwsError> {
    let document = accepted(&input.policy_document)?;
    let policy = records.policy_mut(&input.policy_arn)?;
    if policy.versions.len() >= 5 {
        return Err(limit_exceeded(
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
        ));
    }
    policy.last_version += 1;
    let version = PolicyVersion { number: policy.last_version, document, created: call.now };
    if input.set_as_default {
        policy.default_version = version.number;
    }
    policy.updated = call.now;
    let described = describe_version(&version, policy.default_version, false);
    policy.versions.insert(0, version);
    Ok(json!({ "PolicyVersion": described }))
}

/// `v3` as a number.
fn version_number(id: &str) -> Result<u32, AwsError> {
    id.strip_prefix('v').and_then(|number| number.parse().ok()).ok_or_else(|| {
        invalid_input(format!("The specified value for versionId is invalid: {id}. It must be of the form v1, v2, …"))
    })
}

fn version_not_found(arn: &str, number: u32) -> AwsError {
    no_such_entity(format!("Policy {arn} version v{number} does not exist or is not attachable."))
}

/// `GetPolicyVersion`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetPolicyVersion {
    policy_arn: String,
    version_id: String,
}

pub(crate) fn get_version(records: &Records, _: &Call, input: GetPolicyVersion) -> Result<Value, AwsError> {
    let arn = input.policy_arn.as_str();
    let number = version_number(&input.version_id)?;
    if let Some(policy) = aws_managed::find(arn) {
        if policy.version != input.version_id.as_str() {
            return Err(version_not_found(arn, number));
        }
        return Ok(json!({ "PolicyVersion": {
            "Document": encoded(&policy.document()), "VersionId": policy.version, "IsDefaultVersion": true, "CreateDate": policy.updated,
        }}));
    }
    let policy = records.policies.get(arn).ok_or_else(|| policy_not_found(arn))?;
    let version =
        policy.versions.iter().find(|version| version.number == number).ok_or_else(|| version_not_found(arn, number))?;
    Ok(json!({ "PolicyVersion": describe_version(version, policy.default_version, true) }))
}

/// `ListPolicyVersions`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListPolicyVersions {
    policy_arn: String,
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(crate) fn list_versions(records: &Records, _: &Call, input: ListPolicyVersions) -> Result<Value, AwsError> {
    let arn = input.policy_arn.as_str();
    let versions = if let Some(policy) = aws_managed::find(arn) {
        vec![json!({ "VersionId": policy.version, "IsDefaultVersion": true, "CreateDate": policy.updated })]
    } else {
        let policy = records.policies.get(arn).ok_or_else(|| policy_not_found(arn))?;
        policy.versions.iter().map(|version| describe_version(version, policy.default_version, false)).collect()
    };
    page("Versions", versions, input.max_items, input.marker.as_deref())
}

/// `SetDefaultPolicyVersion`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetDefaultPolicyVersion {
    policy_arn: String,
    version_id: String,
}

pub(crate) fn set_default_version(records: &mut Records, call: &Call, input: SetDefaultPolicyVersion) -> Result<Value, AwsError> {
    let number = version_number(&input.version_id)?;
    let policy = records.policy_mut(&input.policy_arn)?;
    if !policy.versions.iter().any(|version| version.number == number) {
        return Err(version_not_found(&policy.arn, number));
    }
    policy.default_version = number;
    policy.updated = call.now;
    Ok(json!({}))
}

/// `DeletePolicyVersion`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeletePolicyVersion {
    policy_arn: String,
    version_id: String,
}

pub(crate) fn delete_version(records: &mut Records, _: &Call, input: DeletePolicyVersion) -> Result<Value, AwsError> {
    let number = version_number(&input.version_id)?;
    let policy = records.policy_mut(&input.policy_arn)?;
    if !policy.versions.iter().any(|version| version.number == number) {
        return Err(version_not_found(&policy.arn, number));
    }
    if policy.default_version == number {
        return Err(delete_conflict("Cannot delete the default version of a policy."));
    }
    policy.versions.retain(|version| version.number != number);
    Ok(json!({}))
}

/// `ListEntitiesForPolicy`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListEntitiesForPolicy {
    policy_arn: String,
    entity_filter: Option<String>,
    path_prefix: Option<String>,
    policy_usage_filter: Option<String>,
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(crate) fn list_entities(records: &Records, _: &Call, input: ListEntitiesForPolicy) -> Result<Value, AwsError> {
    let arn = input.policy_arn.as_str();
    if records.managed_document(arn).is_none() {
        return Err(policy_not_found(arn));
    }
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let (permits, bounds) = match input.policy_usage_filter.as_deref() {
        None => (true, true),
        Some(usage) => (usage == "PermissionsPolicy", usage == "PermissionsBoundary"),
    };
    let wanted = |kind: Kind, identity: &Identity| {
        let attached = permits && identity.attached.iter().any(|attached| attached == arn);
        let kinds = input.entity_filter.as_deref();
        kinds.is_none_or(|wanted| wanted.eq_ignore_ascii_case(kind.word()))
            && identity.path.starts_with(prefix)
            && (attached || bounds && identity.boundary.as_deref() == Some(arn))
    };
    let found = records.identities().filter(|(kind, identity)| wanted(*kind, identity));
    let entities = found.map(|(kind, identity)| match kind {
        Kind::Role => json!({ "RoleName": identity.name, "RoleId": identity.id }),
        Kind::User => json!({ "UserName": identity.name, "UserId": identity.id }),
        Kind::Group => json!({ "GroupName": identity.name, "GroupId": identity.id }),
    });
    let mut output = page("Entities", entities.collect(), input.max_items, input.marker.as_deref())?;
    if let Some(members) = output.as_object_mut() {
        let page = members.remove("Entities").unwrap_or_default();
        for (list, name) in [("PolicyGroups", "GroupName"), ("PolicyUsers", "UserName"), ("PolicyRoles", "RoleName")] {
            let of_kind = page.as_array().into_iter().flatten().filter(|entity| entity.get(name).is_some());
            members.insert(list.to_owned(), of_kind.cloned().collect());
        }
    }
    Ok(output)
}

/// `AttachRolePolicy`, and the same of users and groups.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttachPolicy {
    #[serde(alias = "RoleName", alias = "UserName", alias = "GroupName")]
    identity: String,
    policy_arn: String,
}

/// `DetachRolePolicy`, and the same of users and groups.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DetachPolicy {
    #[serde(alias = "RoleName", alias = "UserName", alias = "GroupName")]
    identity: String,
    policy_arn: String,
}

/// `ListAttachedRolePolicies`, and the same of users and groups.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListAttachedPolicies {
    #[serde(alias = "RoleName", alias = "UserName", alias = "GroupName")]
    identity: String,
    path_prefix: Option<String>,
    max_items: Option<usize>,
    marker: Option<String>,
}

pub(crate) fn attach(records: &mut Records, kind: Kind, input: AttachPolicy) -> Result<Value, AwsError> {
    let arn = input.policy_arn.as_str();
    records.refuse_protected(kind, &input.identity)?;
    records.identity(kind, &input.identity)?;
    if !arn.starts_with("arn:") {
        return Err(validation("Invalid ARN:  Could not be parsed!"));
    }
    if arn.starts_with("arn:aws:iam::aws:policy/aws-service-role/") {
        return Err(AwsError::new("PolicyNotAttachable", 400, "Cannot attach a Service Role Policy to a Customer Role."));
    }
    // One that AWS manages is read now, as the others are when they are made.
    if records.managed_document(arn).is_none_or(|document| document.policy().is_err()) {
        return Err(no_such_entity(format!("Policy {arn} does not exist or is not attachable.")));
    }
    let identity = records.identity_mut(kind, &input.identity)?;
    if identity.attached.iter().any(|attached| attached == arn) {
        return Ok(json!({}));
    }
    if identity.attached.len() >= 10 {
        let quota = match kind {
            Kind::Role => "PoliciesPerRole",
            Kind::User => "PoliciesPerUser",
            Kind::Group => "PoliciesPerGroup",
        };
        return Err(limit_exceeded(format!("Cannot exceed quota for {quota}: 10")));
    }
    identity.attached.push(arn.to_owned());
    Ok(json!({}))
}

pub(crate) fn detach(records: &mut Records, kind: Kind, input: DetachPolicy) -> Result<Value, AwsError> {
    let arn = input.policy_arn.as_str();
    records.refuse_protected(kind, &input.identity)?;
    let identity = records.identity_mut(kind, &input.identity)?;
    let before = identity.attached.len();
    identity.attached.retain(|attached| attached != arn);
    if identity.attached.len() == before { Err(policy_not_found(arn)) } else { Ok(json!({})) }
}

pub(crate) fn list_attached(records: &Records, kind: Kind, input: ListAttachedPolicies) -> Result<Value, AwsError> {
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let attached = records
        .identity(kind, &input.identity)?
        .attached
        .iter()
        .filter_map(|arn| arn.split_once(":policy").map(|(_, rest)| (arn, rest)))
        .filter(|(_, rest)| rest.starts_with(prefix))
        .map(|(arn, rest)| json!({ "PolicyName": rest.rsplit('/').next(), "PolicyArn": arn }))
        .collect();
    page("AttachedPolicies", attached, input.max_items, input.marker.as_deref())
}
