//! Managed policies: the customer's own with their versions, AWS's, and what they are attached to.

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::arn::arn;
use crate::aws_managed;
use crate::aws_managed::AwsManaged;
use crate::document::{Use, checked, counted_size, encoded};
use crate::error::{already_exists, delete_conflict, invalid_input, limit_exceeded, no_such_entity, validation};
use crate::identity::Kind;
use crate::names::{checked_name, path, unique_id};
use crate::page::page;
use crate::records::{ManagedPolicy, PolicyVersion, Records, policy_not_found};
use crate::tags::Tags;

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
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path(),
        "DefaultVersionId": policy.version,
        "AttachmentCount": attachments(records, policy.arn),
        "PermissionsBoundaryUsageCount": boundaries(records, policy.arn),
        "IsAttachable": true,
        "CreateDate": policy.created,
        "UpdateDate": policy.updated,
    });
    if full && let Some(described) = described.as_object_mut() {
        described.insert("Description".to_owned(), policy.description.into());
        described.insert("Tags".to_owned(), json!([]));
    }
    described
}

pub(crate) fn create(records: &mut Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let name = checked_name(input, "PolicyName", 128)?;
    let path = path(input)?;
    let document = accepted(input)?;
    if records.policies.values().any(|existing| existing.name.eq_ignore_ascii_case(name)) {
        return Err(already_exists(format!("A policy called {name} already exists. Duplicate names are not allowed.")));
    }
    let policy = ManagedPolicy {
        arn: arn(call.account(), format!("policy{path}{name}")),
        name: name.to_owned(),
        path,
        id: unique_id("ANPA"),
        description: input.text("Description").map(str::to_owned),
        created: call.now,
        updated: call.now,
        versions: vec![PolicyVersion { number: 1, document, created: call.now }],
        default_version: 1,
        last_version: 1,
        tags: Tags::given(input)?,
    };
    let mut described = describe(records, &policy, true);
    if let Some(members) = described.as_object_mut().filter(|_| policy.tags.is_empty()) {
        members.remove("Tags");
    }
    records.policies.insert(policy.arn.clone(), policy);
    Ok(json!({ "Policy": described }))
}

fn accepted(input: &Value) -> Result<PolicyDocument, AwsError> {
    let document = checked(input.required("PolicyDocument"), Use::Managed)?;
    if counted_size(&document) > 6144 {
        return Err(limit_exceeded("Cannot exceed quota for PolicySize: 6144"));
    }
    Ok(document)
}

pub(crate) fn get(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let arn = input.required("PolicyArn");
    if let Some(policy) = aws_managed::find(arn) {
        return Ok(json!({ "Policy": describe_aws(records, policy, true) }));
    }
    let policy = records.policies.get(arn).ok_or_else(|| policy_not_found(arn))?;
    Ok(json!({ "Policy": describe(records, policy, true) }))
}

pub(crate) fn list(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let scope = input.text("Scope").unwrap_or("All");
    let prefix = input.text("PathPrefix").unwrap_or("/");
    if input.has("PolicyUsageFilter") {
        return Err(AwsError::not_implemented("iam", "ListPolicies with PolicyUsageFilter"));
    }
    let only_attached = input.flag("OnlyAttached").unwrap_or(false);
    let mut policies = Vec::new();
    if scope != "AWS" {
        let local = records.policies.values().filter(|policy| policy.path.starts_with(prefix));
        policies.extend(local.map(|policy| describe(records, policy, false)));
    }
    if scope != "Local" {
        let aws = aws_managed::ALL.iter().filter(|policy| policy.path().starts_with(prefix));
        policies.extend(aws.map(|policy| describe_aws(records, policy, false)));
    }
    policies.retain(|policy| !only_attached || policy.number("AttachmentCount") != Some(0));
    page("Policies", policies, input)
}

pub(crate) fn delete(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let arn = records.policy_mut(input)?.arn.clone();
    if attachments(records, &arn) + boundaries(records, &arn) > 0 {
        return Err(delete_conflict("Cannot delete a policy attached to entities."));
    }
    if records.policy_mut(input)?.versions.len() > 1 {
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

pub(crate) fn create_version(records: &mut Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let document = accepted(input)?;
    let policy = records.policy_mut(input)?;
    if policy.versions.len() >= 5 {
        return Err(limit_exceeded(
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
        ));
    }
    policy.last_version += 1;
    let version = PolicyVersion { number: policy.last_version, document, created: call.now };
    if input.flag("SetAsDefault").unwrap_or(false) {
        policy.default_version = version.number;
    }
    policy.updated = call.now;
    let described = describe_version(&version, policy.default_version, false);
    policy.versions.insert(0, version);
    Ok(json!({ "PolicyVersion": described }))
}

/// `v3` as a number.
fn version_number(input: &Value) -> Result<u32, AwsError> {
    let id = input.required("VersionId");
    id.strip_prefix('v').and_then(|number| number.parse().ok()).ok_or_else(|| {
        invalid_input(format!("The specified value for versionId is invalid: {id}. It must be of the form v1, v2, …"))
    })
}

fn version_not_found(arn: &str, number: u32) -> AwsError {
    no_such_entity(format!("Policy {arn} version v{number} does not exist or is not attachable."))
}

pub(crate) fn get_version(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let arn = input.required("PolicyArn");
    let number = version_number(input)?;
    if let Some(policy) = aws_managed::find(arn) {
        if policy.version != input.required("VersionId") {
            return Err(version_not_found(arn, number));
        }
        return Ok(json!({ "PolicyVersion": {
            "Document": encoded(policy.document), "VersionId": policy.version, "IsDefaultVersion": true, "CreateDate": policy.updated,
        }}));
    }
    let policy = records.policies.get(arn).ok_or_else(|| policy_not_found(arn))?;
    let version =
        policy.versions.iter().find(|version| version.number == number).ok_or_else(|| version_not_found(arn, number))?;
    Ok(json!({ "PolicyVersion": describe_version(version, policy.default_version, true) }))
}

pub(crate) fn list_versions(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let arn = input.required("PolicyArn");
    let versions = if let Some(policy) = aws_managed::find(arn) {
        vec![json!({ "VersionId": policy.version, "IsDefaultVersion": true, "CreateDate": policy.updated })]
    } else {
        let policy = records.policies.get(arn).ok_or_else(|| policy_not_found(arn))?;
        policy.versions.iter().map(|version| describe_version(version, policy.default_version, false)).collect()
    };
    page("Versions", versions, input)
}

pub(crate) fn set_default_version(records: &mut Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let number = version_number(input)?;
    let policy = records.policy_mut(input)?;
    if !policy.versions.iter().any(|version| version.number == number) {
        return Err(version_not_found(&policy.arn, number));
    }
    policy.default_version = number;
    policy.updated = call.now;
    Ok(json!({}))
}

pub(crate) fn delete_version(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let number = version_number(input)?;
    let policy = records.policy_mut(input)?;
    if !policy.versions.iter().any(|version| version.number == number) {
        return Err(version_not_found(&policy.arn, number));
    }
    if policy.default_version == number {
        return Err(delete_conflict("Cannot delete the default version of a policy."));
    }
    policy.versions.retain(|version| version.number != number);
    Ok(json!({}))
}

pub(crate) fn list_entities(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let arn = input.required("PolicyArn");
    if records.managed_document(arn).is_none() {
        return Err(policy_not_found(arn));
    }
    for member in ["EntityFilter", "PathPrefix", "PolicyUsageFilter"] {
        if input.has(member) {
            return Err(AwsError::not_implemented("iam", &format!("ListEntitiesForPolicy with {member}")));
        }
    }
    let named = |wanted: Kind| -> Vec<Value> {
        records
            .identities()
            .filter(|(kind, identity)| *kind == wanted && identity.attached.iter().any(|attached| attached == arn))
            .map(|(kind, identity)| match kind {
                Kind::Role => json!({ "RoleName": identity.name, "RoleId": identity.id }),
                Kind::User => json!({ "UserName": identity.name, "UserId": identity.id }),
                Kind::Group => json!({ "GroupName": identity.name, "GroupId": identity.id }),
            })
            .collect()
    };
    Ok(json!({
        "PolicyGroups": named(Kind::Group), "PolicyUsers": named(Kind::User), "PolicyRoles": named(Kind::Role),
        "IsTruncated": false,
    }))
}

pub(crate) fn list_tags(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let arn = input.required("PolicyArn");
    if aws_managed::find(arn).is_some() {
        return page("Tags", Vec::new(), input);
    }
    let policy = records.policies.get(arn).ok_or_else(|| policy_not_found(arn))?;
    page("Tags", policy.tags.describe(), input)
}

pub(crate) fn attach(records: &mut Records, kind: Kind, input: &Value) -> Result<Value, AwsError> {
    let arn = input.required("PolicyArn");
    records.identity(kind, input)?;
    if !arn.starts_with("arn:") {
        return Err(validation("Invalid ARN:  Could not be parsed!"));
    }
    // One that AWS manages is read now, as the others are when they are made.
    if records.managed_document(arn).is_none_or(|document| document.policy().is_err()) {
        if aws_managed::is_lacking(arn) {
            return Err(AwsError::not_implemented("iam", &format!("the managed policy {arn}")));
        }
        return Err(no_such_entity(format!("Policy {arn} does not exist or is not attachable.")));
    }
    let identity = records.identity_mut(kind, input)?;
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

pub(crate) fn detach(records: &mut Records, kind: Kind, input: &Value) -> Result<Value, AwsError> {
    let arn = input.required("PolicyArn");
    let identity = records.identity_mut(kind, input)?;
    let before = identity.attached.len();
    identity.attached.retain(|attached| attached != arn);
    if identity.attached.len() == before { Err(policy_not_found(arn)) } else { Ok(json!({})) }
}

pub(crate) fn list_attached(records: &Records, kind: Kind, input: &Value) -> Result<Value, AwsError> {
    let prefix = input.text("PathPrefix").unwrap_or("/");
    let attached = records
        .identity(kind, input)?
        .attached
        .iter()
        .filter_map(|arn| arn.split_once(":policy").map(|(_, rest)| (arn, rest)))
        .filter(|(_, rest)| rest.starts_with(prefix))
        .map(|(arn, rest)| json!({ "PolicyName": rest.rsplit('/').next(), "PolicyArn": arn }))
        .collect();
    page("AttachedPolicies", attached, input)
}
