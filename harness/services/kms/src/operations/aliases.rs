//! Aliases: other names of keys.

use nightproof_core::document::Members as _;
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::records::{Alias, Records};
use crate::scope::Scope;

fn check_name(name: &str) -> Result<(), AwsError> {
    let rest = name.strip_prefix("alias/").unwrap_or_default();
    let letters = rest.chars().all(|c| c.is_ascii_alphanumeric() || "/_-".contains(c));
    if rest.is_empty() || !letters || name.len() > 256 {
        return Err(AwsError::new(
            "InvalidAliasNameException",
            400,
            format!(
                "Alias must start with the prefix \"alias/\". Please see https://docs.aws.amazon.com/kms/latest/developerguide/programming-aliases.html ({name})"
            ),
        ));
    }
    if rest.starts_with("aws/") {
        return Err(AwsError::new("NotAuthorizedException", 400, ""));
    }
    Ok(())
}

fn missing(scope: &Scope<'_>, name: &str) -> AwsError {
    crate::error::not_found(format!("Alias {} is not found.", scope.arn(name)))
}

/// The key of an alias: no alias itself, of the caller's account, not about to be deleted.
fn target(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<String, AwsError> {
    let key = records.key_by_id(scope, input.text("TargetKeyId").unwrap_or_default())?;
    key.not_pending()?;
    Ok(key.arn.clone())
}

pub(crate) fn create(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    let name = input.text("AliasName").unwrap_or_default();
    check_name(name)?;
    let key_arn = target(records, scope, input)?;
    let arn = scope.arn(name);
    if records.aliases.contains_key(&arn) {
        return Err(AwsError::new("AlreadyExistsException", 400, format!("An alias with the name {arn} already exists")));
    }
    records.aliases.insert(arn, Alias { key_arn, created: scope.now, updated: scope.now });
    Ok(json!({}))
}

pub(crate) fn update(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    let name = input.text("AliasName").unwrap_or_default();
    check_name(name)?;
    let key_arn = target(records, scope, input)?;
    let alias = records.aliases.get_mut(&scope.arn(name)).ok_or_else(|| missing(scope, name))?;
    alias.key_arn = key_arn;
    alias.updated = scope.now;
    Ok(json!({}))
}

pub(crate) fn delete(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    let name = input.text("AliasName").unwrap_or_default();
    check_name(name)?;
    records.aliases.remove(&scope.arn(name)).map(|_| json!({})).ok_or_else(|| missing(scope, name))
}

pub(crate) fn list(records: &mut Records, scope: &Scope<'_>, input: &Value) -> Result<Value, AwsError> {
    let of_key = match input.text("KeyId") {
        Some(name) => Some(records.key_by_id(scope, name)?.arn.clone()),
        None => None,
    };
    let mine = scope.arn("alias/");
    let found: Vec<(String, Value)> = records
        .aliases
        .iter()
        .filter(|(arn, alias)| arn.starts_with(&mine) && of_key.as_ref().is_none_or(|key| *key == alias.key_arn))
        .map(|(arn, alias)| {
            let entry = json!({
                "AliasName": format!("alias/{}", arn.split_once(":alias/").map_or("", |(_, name)| name)),
                "AliasArn": arn,
                "TargetKeyId": alias.key_arn.rsplit('/').next(),
                "CreationDate": alias.created,
                "LastUpdatedDate": alias.updated,
            });
            (arn.clone(), entry)
        })
        .collect();
    crate::page::paged(input, "Aliases", 50, found)
}
