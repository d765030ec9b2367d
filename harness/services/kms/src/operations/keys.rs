//! Keys: made, described, enabled, rotated, tagged and deleted.

use jiff::SignedDuration;
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::default_policy;
use nightproof_core::document::Members as _;
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::key::{Key, State};
use crate::key_policy::{check_lockout, checked_policy};
use crate::page::paged;
use crate::records::Records;
use crate::scope::Scope;

fn key_id(input: &Value) -> &str {
    input.text("KeyId").unwrap_or_default()
}

pub(crate) fn create_key(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    let spec = input.text("KeySpec").or_else(|| input.text("CustomerMasterKeySpec")).unwrap_or("SYMMETRIC_DEFAULT");
    let others = [
        (spec != "SYMMETRIC_DEFAULT", format!("key spec {spec}")),
        (
            input.text("KeyUsage").is_some_and(|usage| usage != "ENCRYPT_DECRYPT"),
            format!("key usage {}", input.text("KeyUsage").unwrap_or_default()),
        ),
        (
            input.text("Origin").is_some_and(|origin| origin != "AWS_KMS"),
            format!("key material of origin {}", input.text("Origin").unwrap_or_default()),
        ),
        (input.get("MultiRegion").and_then(Value::as_bool) == Some(true), "multi-Region keys".to_owned()),
        (input.text("CustomKeyStoreId").is_some(), "custom key stores".to_owned()),
    ];
    if let Some((_, what)) = others.into_iter().find(|(other, _)| *other) {
        return Err(AwsError::not_implemented("kms", &what));
    }
    let policy = match input.text("Policy") {
        Some(policy) => {
            let policy = checked_policy(policy)?;
            check_lockout(scope, &policy, input)?;
            policy
        }
        None => PolicyDocument::of_resource(default_policy::key(scope.account).to_string()),
    };
    let mut key = Key::new(scope.region, scope.account, policy, scope.now);
    key.description = input.text("Description").unwrap_or_default().to_owned();
    add_tags(&mut key, input)?;
    let output = json!({"KeyMetadata": key.metadata()});
    records.keys.insert(key.arn.clone(), key);
    Ok(output)
}

pub(crate) fn describe_key(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    records.key(scope, key_id(input)).map(|key| json!({"KeyMetadata": key.metadata()}))
}

pub(crate) fn list_keys(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    let mine = scope.arn("key/");
    let keys = records.keys.values().filter(|key| key.arn.starts_with(&mine));
    let entries = keys.map(|key| (key.arn.clone(), json!({"KeyId": key.id, "KeyArn": key.arn}))).collect();
    paged(input, "Keys", 100, entries)
}

fn policy_name(input: &Value) -> Result<(), AwsError> {
    match input.text("PolicyName") {
        None | Some("default") => Ok(()),
        Some(_) => Err(crate::error::not_found("No such policy exists".to_owned())),
    }
}

pub(crate) fn get_key_policy(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    policy_name(input)?;
    records.key_by_id(scope, key_id(input)).map(|key| json!({"Policy": &*key.policy, "PolicyName": "default"}))
}

pub(crate) fn put_key_policy(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    policy_name(input)?;
    let policy = input.text("Policy").unwrap_or_default();
    let policy = checked_policy(policy)?;
    check_lockout(scope, &policy, input)?;
    let key = changeable(records, scope, input)?;
    key.not_pending()?;
    key.policy = policy;
    Ok(json!({}))
}

pub(crate) fn list_key_policies(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    records.key_by_id(scope, key_id(input))?;
    Ok(json!({"PolicyNames": ["default"], "Truncated": false}))
}

/// A key that its account may change: not one that AWS manages.
fn changeable<'r>(records: &'r mut Records, scope: &Scope<'_>, input: &Value) -> Result<&'r mut Key, AwsError> {
    let key = records.key_by_id(scope, key_id(input))?;
    if key.managed_by_aws {
        return Err(AwsError::new("AccessDeniedException", 400, format!("{} is managed by AWS and cannot be changed", key.arn)));
    }
    Ok(key)
}

pub(crate) fn rotation(records: &mut Records, scope: &Scope<'_>, operation: &str, input: &Value) -> Result<Value, AwsError> {
    if operation == "GetKeyRotationStatus" {
        let key = records.key_by_id(scope, key_id(input))?;
        let enabled = key.rotation.is_some() && !matches!(key.state, State::PendingDeletion { .. });
        let mut output = json!({"KeyId": key.arn, "KeyRotationEnabled": enabled});
        if let (Some(days), Value::Object(members)) = (key.rotation.filter(|_| enabled), &mut output) {
            members.insert("RotationPeriodInDays".to_owned(), json!(days));
            let next = key.created.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(key.created);
            members.insert("NextRotationDate".to_owned(), json!(next));
        }
        return Ok(output);
    }
    let key = changeable(records, scope, input)?;
    key.usable()?;
    key.rotation = if operation == "EnableKeyRotation" {
        let days = input.get("RotationPeriodInDays").and_then(Value::as_i64).unwrap_or(365);
        if !(90..=2560).contains(&days) {
            return Err(AwsError::validation("RotationPeriodInDays must be between 90 and 2560"));
        }
        Some(days)
    } else {
        None
    };
    Ok(json!({}))
}

pub(crate) fn enable(records: &mut Records, scope: &Scope<'_>, on: bool, input: &Value) -> Result<Value, AwsError> {
    let key = changeable(records, scope, input)?;
    key.not_pending()?;
    key.state = if on { State::Enabled } else { State::Disabled };
    Ok(json!({}))
}

pub(crate) fn schedule_deletion(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    let days = input.get("PendingWindowInDays").and_then(Value::as_i64).unwrap_or(30);
    if !(7..=30).contains(&days) {
        return Err(AwsError::validation("PendingWindowInDays must be between 7 and 30"));
    }
    let now = scope.now;
    let key = changeable(records, scope, input)?;
    key.not_pending()?;
    let until = now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(now);
    key.state = State::PendingDeletion { until, days };
    Ok(json!({"KeyId": key.arn, "DeletionDate": until, "KeyState": "PendingDeletion", "PendingWindowInDays": days}))
}

pub(crate) fn cancel_deletion(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    let key = changeable(records, scope, input)?;
    if !matches!(key.state, State::PendingDeletion { .. }) {
        return Err(AwsError::new("KMSInvalidStateException", 400, format!("{} is not pending deletion.", key.arn)));
    }
    // A rescued key is disabled until somebody enables it.
    key.state = State::Disabled;
    Ok(json!({"KeyId": key.arn}))
}

pub(crate) fn update_description(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    let key = changeable(records, scope, input)?;
    key.not_pending()?;
    key.description = input.text("Description").unwrap_or_default().to_owned();
    Ok(json!({}))
}

fn add_tags(key: &mut Key, input: &Value) -> Result<(), AwsError> {
    let mut tags = key.tags.clone();
    for tag in input.get("Tags").and_then(Value::as_array).into_iter().flatten() {
        let name = tag.text("TagKey").unwrap_or_default();
        if name.is_empty() || name.starts_with("aws:") {
            return Err(AwsError::new("TagException", 400, format!("The tag key {name} is not allowed")));
        }
        tags.insert(name.to_owned(), tag.text("TagValue").unwrap_or_default().to_owned());
    }
    if tags.len() > 50 {
        return Err(AwsError::new("TagException", 400, "Too many tags"));
    }
    key.tags = tags;
    Ok(())
}

pub(crate) fn tags(records: &mut Records, scope: &Scope<'_>, operation: &str, input: &Value) -> Result<Value, AwsError> {
    if operation == "ListResourceTags" {
        let key = records.key_by_id(scope, key_id(input))?;
        let entries = key.tags.iter().map(|(name, value)| (name.clone(), json!({"TagKey": name, "TagValue": value}))).collect();
        return paged(input, "Tags", 50, entries);
    }
    let key = changeable(records, scope, input)?;
    key.not_pending()?;
    if operation == "TagResource" {
        add_tags(key, input)?;
    } else {
        for name in input.get("TagKeys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            key.tags.remove(name);
        }
    }
    Ok(json!({}))
}
