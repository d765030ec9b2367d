//! Keys: made, described, enabled, rotated, tagged and deleted.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::default_policy;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::key::{Key, NewKey, State};
use crate::key_policy::{check_lockout, checked_policy};
use crate::material::Material;
use crate::page::paged;
use crate::records::Records;
use crate::scope::Scope;
use crate::spec::{KeySpec, KeyUsage};

/// A tag of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    tag_key: String,
    tag_value: String,
}

/// `CreateKey`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateKey {
    policy: Option<String>,
    description: Option<String>,
    key_usage: Option<String>,
    customer_master_key_spec: Option<String>,
    key_spec: Option<String>,
    origin: Option<String>,
    custom_key_store_id: Option<String>,
    #[serde(default)]
    bypass_policy_lockout_safety_check: bool,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    multi_region: bool,
}

/// What the new key is, with its material; that of RSA takes a moment, and is made without a lock.
pub(crate) fn new_key(input: &CreateKey) -> Result<NewKey, AwsError> {
    let name = input.key_spec.as_deref().or(input.customer_master_key_spec.as_deref()).unwrap_or("SYMMETRIC_DEFAULT");
    let spec = KeySpec::parse(name)?;
    let external = match input.origin.as_deref() {
        None | Some("AWS_KMS") => false,
        Some("EXTERNAL") => true,
        Some(other) => return Err(AwsError::not_implemented("kms", &format!("key material of origin {other}"))),
    };
    if input.custom_key_store_id.is_some() {
        return Err(AwsError::not_implemented("kms", "custom key stores"));
    }
    let usage = match input.key_usage.as_deref() {
        Some(name) => KeyUsage::parse(name).ok_or_else(|| AwsError::not_implemented("kms", &format!("key usage {name}")))?,
        None if spec == KeySpec::Symmetric => KeyUsage::EncryptDecrypt,
        None => {
            return Err(AwsError::validation(
                "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
            ));
        }
    };
    if !spec.allows(usage) {
        return Err(AwsError::validation(format!("KeyUsage {} is not compatible with KeySpec {name}", usage.name())));
    }
    let material = if external { None } else { Some(Material::generate(spec)?) };
    Ok(NewKey { spec, usage, multi_region: input.multi_region, material })
}

pub(crate) fn create_key(records: &mut Records, scope: &Scope<'_>, input: &CreateKey, new: NewKey) -> Result<Value, AwsError> {
    let policy = match input.policy.as_deref() {
        Some(policy) => {
            let policy = checked_policy(policy)?;
            check_lockout(scope, &policy, input.bypass_policy_lockout_safety_check)?;
            policy
        }
        None => PolicyDocument::of_resource(default_policy::key(scope.account).to_string()),
    };
    let mut key = Key::new(scope.region, scope.account, policy, scope.now, new);
    key.description = input.description.as_deref().unwrap_or_default().to_owned();
    add_tags(&mut key, &input.tags)?;
    let output = json!({"KeyMetadata": key.metadata()});
    records.keys.insert(key.arn.clone(), key);
    Ok(output)
}

/// `DescribeKey`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeKey {
    key_id: String,
    #[serde(default)]
    grant_tokens: Vec<String>,
}

pub(crate) fn describe_key(records: &mut Records, scope: &Scope<'_>, input: &DescribeKey) -> Result<Value, AwsError> {
    records.check_tokens(&input.grant_tokens)?;
    records.key(scope, &input.key_id).map(|key| json!({"KeyMetadata": key.metadata()}))
}

/// `ListKeys`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListKeys {
    limit: Option<usize>,
    marker: Option<String>,
}

pub(crate) fn list_keys(records: &mut Records, scope: &Scope<'_>, input: &ListKeys) -> Result<Value, AwsError> {
    let mine = scope.arn("key/");
    let keys = records.keys.values().filter(|key| key.arn.starts_with(&mine));
    let entries = keys.map(|key| (key.arn.clone(), json!({"KeyId": key.id, "KeyArn": key.arn}))).collect();
    paged("Keys", entries, input.limit.unwrap_or(100), input.marker.as_deref())
}

fn check_policy_name(name: Option<&str>) -> Result<(), AwsError> {
    match name {
        None | Some("default") => Ok(()),
        Some(_) => Err(crate::error::not_found("No such policy exists".to_owned())),
    }
}

/// `GetKeyPolicy`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetKeyPolicy {
    key_id: String,
    policy_name: Option<String>,
}

pub(crate) fn get_key_policy(records: &mut Records, scope: &Scope<'_>, input: &GetKeyPolicy) -> Result<Value, AwsError> {
    check_policy_name(input.policy_name.as_deref())?;
    records.key_by_id(scope, &input.key_id).map(|key| json!({"Policy": &*key.policy, "PolicyName": "default"}))
}

/// `PutKeyPolicy`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutKeyPolicy {
    key_id: String,
    policy_name: Option<String>,
    policy: String,
    #[serde(default)]
    bypass_policy_lockout_safety_check: bool,
}

pub(crate) fn put_key_policy(records: &mut Records, scope: &Scope<'_>, input: &PutKeyPolicy) -> Result<Value, AwsError> {
    check_policy_name(input.policy_name.as_deref())?;
    let policy = input.policy.as_str();
    let policy = checked_policy(policy)?;
    check_lockout(scope, &policy, input.bypass_policy_lockout_safety_check)?;
    let key = changeable(records, scope, &input.key_id)?;
    key.not_pending()?;
    key.policy = policy;
    Ok(json!({}))
}

/// `ListKeyPolicies`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyPolicies.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListKeyPolicies {
    key_id: String,
    limit: Option<usize>,
    marker: Option<String>,
}

pub(crate) fn list_key_policies(records: &mut Records, scope: &Scope<'_>, input: &ListKeyPolicies) -> Result<Value, AwsError> {
    records.key_by_id(scope, &input.key_id)?;
    let names = vec![("default".to_owned(), json!("default"))];
    paged("PolicyNames", names, input.limit.unwrap_or(100), input.marker.as_deref())
}

/// A key that its account may change: not one that AWS manages.
pub(super) fn changeable<'r>(records: &'r mut Records, scope: &Scope<'_>, name: &str) -> Result<&'r mut Key, AwsError> {
    let key = records.key_by_id(scope, name)?;
    if key.managed_by_aws {
        return Err(AwsError::new("AccessDeniedException", 400, format!("{} is managed by AWS and cannot be changed", key.arn)));
    }
    Ok(key)
}

/// `EnableKeyRotation`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EnableKeyRotation {
    key_id: String,
    rotation_period_in_days: Option<i64>,
}

/// `DisableKeyRotation`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKeyRotation.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DisableKeyRotation {
    key_id: String,
}

/// `GetKeyRotationStatus`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetKeyRotationStatus {
    key_id: String,
}

/// `EnableKey`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EnableKey {
    key_id: String,
}

/// `DisableKey`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DisableKey {
    key_id: String,
}

/// Automatic rotation is for symmetric keys with material of AWS's.
fn rotatable(key: &Key) -> Result<(), AwsError> {
    if key.external {
        return Err(key.wrong_origin());
    }
    if key.spec == KeySpec::Symmetric { Ok(()) } else { Err(AwsError::new("UnsupportedOperationException", 400, "")) }
}

/// Refuses to rotate a replica, which its primary does.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html>
pub(super) fn rotated_by_itself(key: &Key) -> Result<(), AwsError> {
    if key.is_replica() {
        let message = format!("{} is not a multi-region primary key.", key.arn);
        return Err(AwsError::new("UnsupportedOperationException", 400, message));
    }
    Ok(())
}

pub(crate) fn enable_rotation(records: &mut Records, scope: &Scope<'_>, input: &EnableKeyRotation) -> Result<Value, AwsError> {
    let key = changeable(records, scope, &input.key_id)?;
    key.usable()?;
    rotatable(key)?;
    rotated_by_itself(key)?;
    let days = input.rotation_period_in_days.unwrap_or(365);
    if !(90..=2560).contains(&days) {
        return Err(AwsError::validation("RotationPeriodInDays must be between 90 and 2560"));
    }
    key.rotation = Some(days);
    share_rotation(records, scope, &input.key_id)
}

pub(crate) fn disable_rotation(records: &mut Records, scope: &Scope<'_>, input: &DisableKeyRotation) -> Result<Value, AwsError> {
    let key = changeable(records, scope, &input.key_id)?;
    key.usable()?;
    rotatable(key)?;
    rotated_by_itself(key)?;
    key.rotation = None;
    share_rotation(records, scope, &input.key_id)
}

/// Has the replicas of a key rotate as it does.
fn share_rotation(records: &mut Records, scope: &Scope<'_>, name: &str) -> Result<Value, AwsError> {
    let key = records.key_by_id(scope, name)?;
    if key.is_primary() {
        let arn = key.arn.clone();
        records.relate(&arn);
    }
    Ok(json!({}))
}

pub(crate) fn rotation_status(records: &mut Records, scope: &Scope<'_>, input: &GetKeyRotationStatus) -> Result<Value, AwsError> {
    let key = records.key_by_id(scope, &input.key_id)?;
    let enabled = key.rotation.is_some() && key.not_pending().is_ok();
    let mut output = json!({"KeyId": key.arn, "KeyRotationEnabled": enabled});
    if let (Some(days), Value::Object(members)) = (key.rotation.filter(|_| enabled), &mut output) {
        members.insert("RotationPeriodInDays".to_owned(), json!(days));
        let next = key.created.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(key.created);
        members.insert("NextRotationDate".to_owned(), json!(next));
    }
    Ok(output)
}

pub(crate) fn enable(records: &mut Records, scope: &Scope<'_>, input: &EnableKey) -> Result<Value, AwsError> {
    let key = changeable(records, scope, &input.key_id)?;
    key.not_pending()?;
    key.not_importing()?;
    key.state = State::Enabled;
    Ok(json!({}))
}

pub(crate) fn disable(records: &mut Records, scope: &Scope<'_>, input: &DisableKey) -> Result<Value, AwsError> {
    let key = changeable(records, scope, &input.key_id)?;
    key.not_pending()?;
    key.not_importing()?;
    key.state = State::Disabled;
    Ok(json!({}))
}

/// `ScheduleKeyDeletion`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ScheduleKeyDeletion {
    key_id: String,
    pending_window_in_days: Option<i64>,
}

pub(crate) fn schedule_deletion(
    records: &mut Records,
    scope: &Scope<'_>,
    input: &ScheduleKeyDeletion,
) -> Result<Value, AwsError> {
    let days = input.pending_window_in_days.unwrap_or(30);
    if !(7..=30).contains(&days) {
        return Err(AwsError::validation("PendingWindowInDays must be between 7 and 30"));
    }
    let now = scope.now;
    let key = changeable(records, scope, &input.key_id)?;
    key.not_pending()?;
    let has_replicas = key.is_primary() && key.multi_region.as_ref().is_some_and(|related| !related.replicas.is_empty());
    if has_replicas {
        key.state = State::PendingReplicaDeletion { days };
        return Ok(json!({"KeyId": key.arn, "KeyState": "PendingReplicaDeletion", "PendingWindowInDays": days}));
    }
    let until = now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(now);
    key.state = State::PendingDeletion { until, days };
    Ok(json!({"KeyId": key.arn, "DeletionDate": until, "KeyState": "PendingDeletion", "PendingWindowInDays": days}))
}

/// `CancelKeyDeletion`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CancelKeyDeletion {
    key_id: String,
}

pub(crate) fn cancel_deletion(records: &mut Records, scope: &Scope<'_>, input: &CancelKeyDeletion) -> Result<Value, AwsError> {
    let key = changeable(records, scope, &input.key_id)?;
    if key.not_pending().is_ok() {
        return Err(AwsError::new("KMSInvalidStateException", 400, format!("{} is not pending deletion.", key.arn)));
    }
    // A rescued key is disabled until somebody enables it.
    key.state = if key.material.is_some() { State::Disabled } else { State::PendingImport };
    Ok(json!({"KeyId": key.arn}))
}

/// `UpdateKeyDescription`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateKeyDescription.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateKeyDescription {
    key_id: String,
    description: String,
}

pub(crate) fn update_description(
    records: &mut Records,
    scope: &Scope<'_>,
    input: &UpdateKeyDescription,
) -> Result<Value, AwsError> {
    let key = changeable(records, scope, &input.key_id)?;
    key.not_pending()?;
    key.description = input.description.as_str().to_owned();
    Ok(json!({}))
}

pub(super) fn add_tags(key: &mut Key, given: &[Tag]) -> Result<(), AwsError> {
    let mut tags = key.tags.clone();
    let mut names = BTreeSet::new();
    for tag in given {
        let name = tag.tag_key.as_str();
        if name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            return Err(AwsError::new("TagException", 400, "Tags beginning with aws: are reserved"));
        }
        if !names.insert(name) {
            return Err(AwsError::new("TagException", 400, "Duplicate tag keys"));
        }
        tags.insert(name.to_owned(), tag.tag_value.clone());
    }
    if tags.len() > 50 {
        return Err(AwsError::new("TagException", 400, "Too many tags"));
    }
    key.tags = tags;
    Ok(())
}

/// `TagResource`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TagResource {
    key_id: String,
    tags: Vec<Tag>,
}

/// `UntagResource`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_UntagResource.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UntagResource {
    key_id: String,
    tag_keys: Vec<String>,
}

/// `ListResourceTags`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListResourceTags {
    key_id: String,
    limit: Option<usize>,
    marker: Option<String>,
}

pub(crate) fn tag(records: &mut Records, scope: &Scope<'_>, input: &TagResource) -> Result<Value, AwsError> {
    let key = changeable(records, scope, &input.key_id)?;
    key.not_pending()?;
    add_tags(key, &input.tags)?;
    Ok(json!({}))
}

pub(crate) fn untag(records: &mut Records, scope: &Scope<'_>, input: &UntagResource) -> Result<Value, AwsError> {
    let key = changeable(records, scope, &input.key_id)?;
    key.not_pending()?;
    key.tags.retain(|name, _| !input.tag_keys.contains(name));
    Ok(json!({}))
}

pub(crate) fn list_tags(records: &mut Records, scope: &Scope<'_>, input: &ListResourceTags) -> Result<Value, AwsError> {
    let key = records.key_by_id(scope, &input.key_id)?;
    let entries = key.tags.iter().map(|(name, value)| (name.clone(), json!({"TagKey": name, "TagValue": value}))).collect();
    paged("Tags", entries, input.limit.unwrap_or(50), input.marker.as_deref())
}
