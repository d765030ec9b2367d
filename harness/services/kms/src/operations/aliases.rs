//! Aliases: other names of keys.

use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::records::{Alias, Records};
use crate::scope::Scope;

fn check_name(name: &str) -> Result<(), AwsError> {
    let Some(rest) = name.strip_prefix("alias/") else {
        return Err(AwsError::validation(
            "Alias must start with the prefix \"alias/\". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        ));
    };
    let letters = rest.chars().all(|c| c.is_ascii_alphanumeric() || "/_-".contains(c));
    if rest.is_empty() || !letters || name.len() > 256 {
        return Err(AwsError::new("InvalidAliasNameException", 400, format!("{name} contains invalid characters for an alias")));
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
fn target(records: &mut Records, scope: &Scope<'_>, name: &str) -> Result<String, AwsError> {
    let key = records.key_by_id(scope, name)?;
    key.not_pending()?;
    Ok(key.arn.clone())
}

/// `CreateAlias`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateAlias {
    alias_name: String,
    target_key_id: String,
}

pub(crate) fn create(records: &mut Records, scope: &Scope<'_>, input: &CreateAlias) -> Result<Value, AwsError> {
    let name = input.alias_name.as_str();
    check_name(name)?;
    let key_arn = target(records, scope, &input.target_key_id)?;
    let arn = scope.arn(name);
    if records.aliases.contains_key(&arn) {
        return Err(AwsError::new("AlreadyExistsException", 400, format!("An alias with the name {arn} already exists")));
    }
    records.aliases.insert(arn, Alias { key_arn, created: scope.now, updated: scope.now });
    Ok(json!({}))
}

/// `UpdateAlias`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateAlias {
    alias_name: String,
    target_key_id: String,
}

pub(crate) fn update(records: &mut Records, scope: &Scope<'_>, input: &UpdateAlias) -> Result<Value, AwsError> {
    let name = input.alias_name.as_str();
    check_name(name)?;
    let key_arn = target(records, scope, &input.target_key_id)?;
    let alias = records.aliases.get_mut(&scope.arn(name)).ok_or_else(|| missing(scope, name))?;
    alias.key_arn = key_arn;
    alias.updated = scope.now;
    Ok(json!({}))
}

/// `DeleteAlias`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteAlias {
    alias_name: String,
}

pub(crate) fn delete(records: &mut Records, scope: &Scope<'_>, input: &DeleteAlias) -> Result<Value, AwsError> {
    let name = input.alias_name.as_str();
    check_name(name)?;
    records.aliases.remove(&scope.arn(name)).map(|_| json!({})).ok_or_else(|| missing(scope, name))
}

/// `ListAliases`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListAliases {
    key_id: Option<String>,
    limit: Option<usize>,
    marker: Option<String>,
}

pub(crate) fn list(records: &mut Records, scope: &Scope<'_>, input: &ListAliases) -> Result<Value, AwsError> {
    let of_key = match input.key_id.as_deref() {
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
    crate::page::paged("Aliases", found, input.limit.unwrap_or(50), input.marker.as_deref())
}
