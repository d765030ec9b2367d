//! Grants: made, listed, retired and revoked.

use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::not_found;
use crate::grant::{Constraints, Grant};
use crate::operations::cryptography::random;
use crate::page::paged;
use crate::records::Records;
use crate::scope::Scope;

/// `CreateGrant`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateGrant {
    key_id: String,
    grantee_principal: Option<String>,
    retiring_principal: Option<String>,
    operations: Vec<String>,
    #[serde(default)]
    constraints: Constraints,
    name: Option<String>,
    #[serde(default)]
    grant_tokens: Vec<String>,
    #[serde(default)]
    dry_run: bool,
}

impl CreateGrant {
    /// Whether it is only asked whether it would succeed.
    pub(crate) fn dry_run(&self) -> bool {
        self.dry_run
    }

    /// Grants that may not be known everywhere yet.
    pub(crate) fn grant_tokens(&self) -> &[String] {
        &self.grant_tokens
    }
}

/// `GrantOperations`.
const OPERATIONS: [&str; 17] = [
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "GetPublicKey",
    "CreateGrant",
    "RetireGrant",
    "DescribeKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateMac",
    "VerifyMac",
    "DeriveSharedSecret",
];

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn check_principal(principal: &str) -> Result<(), AwsError> {
    let parts: Vec<&str> = principal.splitn(6, ':').collect();
    let valid =
        matches!(parts.as_slice(), ["arn", _, "iam" | "sts", "", account, name] if account.len() == 12 && !name.is_empty());
    if valid || principal.ends_with(".amazonaws.com") {
        return Ok(());
    }
    Err(AwsError::new("InvalidArnException", 400, format!("ARN does not refer to a valid principal: {principal}")))
}

pub(crate) fn create_grant(records: &mut Records, scope: &Scope<'_>, input: &CreateGrant) -> Result<Value, AwsError> {
    input.operations.iter().try_for_each(|operation| AwsError::check_enumerated("operations", operation, &OPERATIONS))?;
    let key = records.key_by_id(scope, &input.key_id)?;
    key.usable()?;
    let key_arn = key.arn.clone();
    let Some(grantee) = input.grantee_principal.clone() else {
        return Err(AwsError::not_implemented("kms", "CreateGrant without a GranteePrincipal"));
    };
    check_principal(&grantee)?;
    input.retiring_principal.as_deref().map_or(Ok(()), check_principal)?;
    let token = hexadecimal(&random(64));
    if input.dry_run {
        return Ok(json!({}));
    }
    // The same call again, by its name, is the same grant with another token.
    let same = |grant: &&mut Grant| {
        grant.name.is_some()
            && (&grant.name, &grant.key_arn, &grant.grantee) == (&input.name, &key_arn, &grantee)
            && (&grant.retiring, &grant.operations) == (&input.retiring_principal, &input.operations)
            && grant.constraints == input.constraints
    };
    if let Some(grant) = records.grants.values_mut().find(same) {
        grant.tokens.push(token.clone());
        return Ok(json!({"GrantId": grant.id, "GrantToken": token}));
    }
    let id = hexadecimal(&random(32));
    let grant = Grant {
        id: id.clone(),
        key_arn,
        tokens: vec![token.clone()],
        name: input.name.clone(),
        grantee,
        retiring: input.retiring_principal.clone(),
        issuer: nightproof_core::service::Arn::new("iam", "", scope.account, "root").to_string(),
        operations: input.operations.clone(),
        constraints: input.constraints.clone(),
        created: scope.now,
    };
    records.grants.insert(id.clone(), grant);
    Ok(json!({"GrantId": id, "GrantToken": token}))
}

/// `ListGrants`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListGrants {
    key_id: String,
    grant_id: Option<String>,
    grantee_principal: Option<String>,
    limit: Option<usize>,
    marker: Option<String>,
}

pub(crate) fn list_grants(records: &mut Records, scope: &Scope<'_>, input: &ListGrants) -> Result<Value, AwsError> {
    let key_arn = records.key_by_id(scope, &input.key_id)?.arn.clone();
    let chosen = records.grants.values().filter(|grant| {
        grant.key_arn == key_arn
            && input.grant_id.as_ref().is_none_or(|id| *id == grant.id)
            && input.grantee_principal.as_ref().is_none_or(|grantee| *grantee == grant.grantee)
    });
    let entries = chosen.map(|grant| (grant.id.clone(), grant.document())).collect();
    paged("Grants", entries, input.limit.unwrap_or(50), input.marker.as_deref())
}

/// `ListRetirableGrants`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListRetirableGrants.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListRetirableGrants {
    retiring_principal: Option<String>,
    limit: Option<usize>,
    marker: Option<String>,
}

pub(crate) fn list_retirable_grants(
    records: &mut Records,
    scope: &Scope<'_>,
    input: &ListRetirableGrants,
) -> Result<Value, AwsError> {
    let Some(retiring) = &input.retiring_principal else {
        return Err(AwsError::not_implemented("kms", "ListRetirableGrants without a RetiringPrincipal"));
    };
    check_principal(retiring)?;
    let here = scope.arn("key/");
    let region = here.split(":key/").next().and_then(|rest| rest.rsplit_once(':')).map_or("", |(region, _)| region);
    let chosen =
        records.grants.values().filter(|grant| grant.retiring.as_ref() == Some(retiring) && grant.key_arn.starts_with(region));
    let entries = chosen.map(|grant| (grant.id.clone(), grant.document())).collect();
    paged("Grants", entries, input.limit.unwrap_or(50), input.marker.as_deref())
}

/// `RetireGrant`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RetireGrant {
    grant_token: Option<String>,
    key_id: Option<String>,
    grant_id: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn retire_grant(records: &mut Records, scope: &Scope<'_>, input: &RetireGrant) -> Result<Value, AwsError> {
    let id = match (&input.grant_token, &input.key_id, &input.grant_id) {
        (Some(token), None, None) => records.grant_by_token(token)?.id.clone(),
        (None, Some(key), Some(id)) => of_key(records, scope, key, id)?,
        _ => return Err(AwsError::validation("Please specify either a grant token, or a key id and a grant id.")),
    };
    end(records, &id, input.dry_run)
}

/// `RevokeGrant`. <https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RevokeGrant {
    key_id: String,
    grant_id: String,
    #[serde(default)]
    dry_run: bool,
}

pub(crate) fn revoke_grant(records: &mut Records, scope: &Scope<'_>, input: &RevokeGrant) -> Result<Value, AwsError> {
    let id = of_key(records, scope, &input.key_id, &input.grant_id)?;
    end(records, &id, input.dry_run)
}

/// The id of a grant that the key has.
fn of_key(records: &mut Records, scope: &Scope<'_>, key: &str, id: &str) -> Result<String, AwsError> {
    let key_arn = records.key_by_id(scope, key)?.arn.clone();
    let found = records.grants.get(id).filter(|grant| grant.key_arn == key_arn);
    found.map(|grant| grant.id.clone()).ok_or_else(|| not_found(format!("Grant ID {id} not found")))
}

fn end(records: &mut Records, id: &str, dry: bool) -> Result<Value, AwsError> {
    if dry {
        return Err(crate::error::dry_run());
    }
    records.grants.remove(id);
    Ok(json!({}))
}
