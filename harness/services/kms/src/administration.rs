//! Keys: made, described, enabled, rotated, tagged and deleted.

use jiff::SignedDuration;
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::default_policy;
use nightproof_wire::AwsError;
use serde_json::{Map, Value, json};

use super::key::{Key, State};
use super::{Records, Scope, text};

fn key_id(input: &Value) -> &str {
    text(input, "KeyId").unwrap_or_default()
}

/// One page of `entries`, which are in order of the names that continue it.
pub(super) fn paged(input: &Value, member: &str, usual: usize, entries: Vec<(String, Value)>) -> Result<Value, AwsError> {
    let limit = input.get("Limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usual);
    let after = text(input, "Marker").unwrap_or_default();
    let mut left: Vec<(String, Value)> = entries.into_iter().filter(|(name, _)| name.as_str() > after).collect();
    let truncated = left.len() > limit;
    left.truncate(limit);
    let mut output = Map::new();
    output.insert("Truncated".to_owned(), json!(truncated));
    if let Some((name, _)) = left.last().filter(|_| truncated) {
        output.insert("NextMarker".to_owned(), json!(name));
    }
    output.insert(member.to_owned(), left.into_iter().map(|(_, entry)| entry).collect());
    Ok(Value::Object(output))
}

/// The policy of a key that AWS manages: everybody in the account, through the service.
pub(super) fn managed_policy(scope: &Scope<'_>, service: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Id": format!("auto-{service}-2"),
        "Statement": [
            {
                "Sid": format!("Allow access through {} for all principals in the account that are authorized to use it", service.to_uppercase()),
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
                "Resource": "*",
                "Condition": {"StringEquals": {
                    "kms:CallerAccount": scope.account,
                    "kms:ViaService": format!("{service}.{}.amazonaws.com", scope.region),
                }},
            },
            {
                "Sid": "Allow direct access to key metadata to the account",
                "Effect": "Allow",
                "Principal": {"AWS": format!("arn:aws:iam::{}:root", scope.account)},
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                "Resource": "*",
            },
        ],
    })
    .to_string()
}

fn checked_policy(document: &str) -> Result<PolicyDocument, AwsError> {
    let malformed = |message: &str| Err(AwsError::new("MalformedPolicyDocumentException", 400, message));
    if document.len() > 32 * 1024 {
        return Err(AwsError::new("LimitExceededException", 400, "The key policy exceeds 32 kilobytes"));
    }
    let Ok(policy) = serde_json::from_str::<Value>(document) else { return malformed("Policy contains a syntax error") };
    let statements: Vec<&Value> = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => Vec::new(),
    };
    if statements.is_empty() {
        return malformed("Policy contains a statement with no content");
    }
    for statement in statements {
        if !matches!(text(statement, "Effect"), Some("Allow" | "Deny")) {
            return malformed("Policy contains a statement with an invalid effect");
        }
        for (member, negated) in [("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")] {
            if statement.get(member).is_none() && statement.get(negated).is_none() {
                return malformed(match member {
                    "Principal" => "Policy contains a statement with no principal",
                    "Action" => "Policy contains a statement with no action",
                    _ => "Policy contains a statement with no resource",
                });
            }
        }
    }
    let document = PolicyDocument::of_resource(document);
    match document.policy() {
        Ok(_) => Ok(document),
        Err(error) if error.message().starts_with("Invalid principal") => {
            malformed("Policy contains a statement with one or more invalid principals.")
        }
        Err(_) => malformed("Policy contains a syntax error"),
    }
}

/// Refuses a policy after which its owner could not put another, unless the caller insists.
fn check_lockout(scope: &Scope<'_>, document: &str, input: &Value) -> Result<(), AwsError> {
    if input.get("BypassPolicyLockoutSafetyCheck").and_then(Value::as_bool) == Some(true) {
        return Ok(());
    }
    let policy: Value = serde_json::from_str(document).unwrap_or_default();
    let statements: Vec<&Value> = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let texts = |value: Option<&Value>| -> Vec<String> {
        match value {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    };
    let allowed = statements.iter().any(|statement| {
        let puts = texts(statement.get("Action"))
            .iter()
            .any(|action| ["*", "kms:*", "kms:put*", "kms:putkeypolicy"].contains(&action.to_ascii_lowercase().as_str()));
        let principals = match statement.get("Principal") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(principal) => texts(principal.get("AWS")),
            None => Vec::new(),
        };
        let ours = principals
            .iter()
            .any(|who| who == "*" || who == scope.account || who.starts_with(&format!("arn:aws:iam::{}:", scope.account)));
        text(statement, "Effect") == Some("Allow") && puts && ours
    });
    if allowed {
        return Ok(());
    }
    Err(AwsError::new(
        "MalformedPolicyDocumentException",
        400,
        "The new key policy will not allow you to update the key policy in the future.",
    ))
}

pub(super) fn create_key(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    let spec = text(input, "KeySpec").or_else(|| text(input, "CustomerMasterKeySpec")).unwrap_or("SYMMETRIC_DEFAULT");
    let others = [
        (spec != "SYMMETRIC_DEFAULT", format!("key spec {spec}")),
        (
            text(input, "KeyUsage").is_some_and(|usage| usage != "ENCRYPT_DECRYPT"),
            format!("key usage {}", text(input, "KeyUsage").unwrap_or_default()),
        ),
        (
            text(input, "Origin").is_some_and(|origin| origin != "AWS_KMS"),
            format!("key material of origin {}", text(input, "Origin").unwrap_or_default()),
        ),
        (input.get("MultiRegion").and_then(Value::as_bool) == Some(true), "multi-Region keys".to_owned()),
        (text(input, "CustomKeyStoreId").is_some(), "custom key stores".to_owned()),
    ];
    if let Some((_, what)) = others.into_iter().find(|(other, _)| *other) {
        return Err(AwsError::not_implemented("kms", &what));
    }
    let policy = match text(input, "Policy") {
        Some(policy) => {
            let policy = checked_policy(policy)?;
            check_lockout(scope, &policy, input)?;
            policy
        }
        None => PolicyDocument::of_resource(default_policy::key(scope.account).to_string()),
    };
    let mut key = Key::new(scope.region, scope.account, policy, scope.now);
    key.description = text(input, "Description").unwrap_or_default().to_owned();
    add_tags(&mut key, input)?;
    let output = json!({"KeyMetadata": key.metadata()});
    records.keys.insert(key.arn.clone(), key);
    Ok(output)
}

pub(super) fn describe_key(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    records.key(scope, key_id(input)).map(|key| json!({"KeyMetadata": key.metadata()}))
}

pub(super) fn list_keys(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    let mine = scope.arn("key/");
    let keys = records.keys.values().filter(|key| key.arn.starts_with(&mine));
    let entries = keys.map(|key| (key.arn.clone(), json!({"KeyId": key.id, "KeyArn": key.arn}))).collect();
    paged(input, "Keys", 100, entries)
}

fn policy_name(input: &Value) -> Result<(), AwsError> {
    match text(input, "PolicyName") {
        None | Some("default") => Ok(()),
        Some(_) => Err(super::not_found("No such policy exists".to_owned())),
    }
}

pub(super) fn get_key_policy(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    policy_name(input)?;
    records.key_by_id(scope, key_id(input)).map(|key| json!({"Policy": &*key.policy, "PolicyName": "default"}))
}

pub(super) fn put_key_policy(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    policy_name(input)?;
    let policy = text(input, "Policy").unwrap_or_default();
    let policy = checked_policy(policy)?;
    check_lockout(scope, &policy, input)?;
    let key = changeable(records, scope, input)?;
    key.not_pending()?;
    key.policy = policy;
    Ok(json!({}))
}

pub(super) fn list_key_policies(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
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

pub(super) fn rotation(records: &mut Records, scope: &Scope<'_>, operation: &str, input: &Value) -> Result<Value, AwsError> {
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

pub(super) fn enable(records: &mut Records, scope: &Scope<'_>, on: bool, input: &Value) -> Result<Value, AwsError> {
    let key = changeable(records, scope, input)?;
    key.not_pending()?;
    key.state = if on { State::Enabled } else { State::Disabled };
    Ok(json!({}))
}

pub(super) fn schedule_deletion(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
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

pub(super) fn cancel_deletion(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    let key = changeable(records, scope, input)?;
    if !matches!(key.state, State::PendingDeletion { .. }) {
        return Err(AwsError::new("KMSInvalidStateException", 400, format!("{} is not pending deletion.", key.arn)));
    }
    // A rescued key is disabled until somebody enables it.
    key.state = State::Disabled;
    Ok(json!({"KeyId": key.arn}))
}

pub(super) fn update_description(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    let key = changeable(records, scope, input)?;
    key.not_pending()?;
    key.description = text(input, "Description").unwrap_or_default().to_owned();
    Ok(json!({}))
}

fn add_tags(key: &mut Key, input: &Value) -> Result<(), AwsError> {
    let mut tags = key.tags.clone();
    for tag in input.get("Tags").and_then(Value::as_array).into_iter().flatten() {
        let name = text(tag, "TagKey").unwrap_or_default();
        if name.is_empty() || name.starts_with("aws:") {
            return Err(AwsError::new("TagException", 400, format!("The tag key {name} is not allowed")));
        }
        tags.insert(name.to_owned(), text(tag, "TagValue").unwrap_or_default().to_owned());
    }
    if tags.len() > 50 {
        return Err(AwsError::new("TagException", 400, "Too many tags"));
    }
    key.tags = tags;
    Ok(())
}

pub(super) fn tags(records: &mut Records, scope: &Scope<'_>, operation: &str, input: &Value) -> Result<Value, AwsError> {
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
