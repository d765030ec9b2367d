//! OpenID Connect providers, which a role's trust policy can name. Nobody's token is taken here: `sts:AssumeRoleWithWebIdentity` would
//! have to ask the provider for its keys.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html>

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{already_exists, invalid_input, limit_exceeded};
use crate::records::{OidcProvider, Records, oidc_provider_arn};
use crate::tags::{Tag, Tags};

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MOST_PROVIDERS: usize = 100;
const MOST_CLIENTS: usize = 100;
const MOST_THUMBPRINTS: usize = 5;

/// `CreateOpenIDConnectProvider`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateOpenIDConnectProvider {
    url: String,
    #[serde(rename = "ClientIDList", default)]
    client_id_list: Vec<String>,
    #[serde(default)]
    thumbprint_list: Vec<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(crate) fn create(records: &mut Records, call: &Call, input: CreateOpenIDConnectProvider) -> Result<Value, AwsError> {
    let given = input.url.as_str();
    let url = address(given).ok_or_else(|| invalid_input("Invalid Open ID Connect Provider URL"))?;
    let arn = oidc_provider_arn(call.account(), given);
    if records.oidc_providers.contains_key(&arn) {
        return Err(already_exists(format!("Provider with url {given} already exists.")));
    }
    if records.oidc_providers.len() >= MOST_PROVIDERS {
        return Err(limit_exceeded(format!("Cannot exceed quota for OpenIdConnectProvidersPerAccount: {MOST_PROVIDERS}")));
    }
    let clients = input.client_id_list;
    if clients.len() > MOST_CLIENTS {
        return Err(too_many_clients());
    }
    let provider = OidcProvider {
        url: url.to_owned(),
        clients,
        thumbprints: thumbprints(input.thumbprint_list)?,
        created: call.now,
        tags: Tags::given(&input.tags)?,
    };
    let output = json!({"OpenIDConnectProviderArn": arn, "Tags": provider.tags.describe()});
    records.oidc_providers.insert(arn, provider);
    Ok(output)
}

/// Host and path of a provider's URL, which has neither port nor query.
fn address(url: &str) -> Option<&str> {
    let address = url.strip_prefix("https://")?.trim_end_matches('/');
    let uri: http::Uri = url.parse().ok()?;
    let whole = uri.port().is_none() && uri.query().is_none() && !address.contains(['#', '@', ' ']);
    (whole && uri.host().is_some_and(|host| host.contains('.'))).then_some(address)
}

/// SHA-1 fingerprints of certificates. Where none are given AWS asks the provider for its own; there is nobody to ask here.
fn thumbprints(given: Vec<String>) -> Result<Vec<String>, AwsError> {
    if given.len() > MOST_THUMBPRINTS {
        return Err(invalid_input(format!("Thumbprint list must contain fewer than {MOST_THUMBPRINTS} entries.")));
    }
    if given.iter().any(|one| one.len() != 40 || !one.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(invalid_input("Invalid thumbprint: it must have 40 hexadecimal digits."));
    }
    Ok(given)
}

fn too_many_clients() -> AwsError {
    limit_exceeded(format!("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MOST_CLIENTS}"))
}

/// `GetOpenIDConnectProvider`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOpenIDConnectProvider.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetOpenIDConnectProvider {
    #[serde(rename = "OpenIDConnectProviderArn")]
    open_id_connect_provider_arn: String,
}

pub(crate) fn get(records: &Records, _: &Call, input: GetOpenIDConnectProvider) -> Result<Value, AwsError> {
    let provider = records.oidc_provider(&input.open_id_connect_provider_arn)?;
    Ok(json!({
        "Url": provider.url,
        "ClientIDList": provider.clients,
        "ThumbprintList": provider.thumbprints,
        "CreateDate": provider.created.to_string(),
        "Tags": provider.tags.describe(),
    }))
}

/// `ListOpenIDConnectProviders`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOpenIDConnectProviders.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListOpenIDConnectProviders {}

pub(crate) fn list(records: &Records, _: &Call, _: ListOpenIDConnectProviders) -> Result<Value, AwsError> {
    let all: Vec<Value> = records.oidc_providers.keys().map(|arn| json!({"Arn": arn})).collect();
    Ok(json!({"OpenIDConnectProviderList": all}))
}

/// `DeleteOpenIDConnectProvider`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteOpenIDConnectProvider.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteOpenIDConnectProvider {
    #[serde(rename = "OpenIDConnectProviderArn")]
    open_id_connect_provider_arn: String,
}

/// Deleting what does not exist succeeds.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteOpenIDConnectProvider.html>
pub(crate) fn delete(records: &mut Records, _: &Call, input: DeleteOpenIDConnectProvider) -> Result<Value, AwsError> {
    records.oidc_providers.remove(input.open_id_connect_provider_arn.as_str());
    Ok(json!({}))
}

/// `AddClientIDToOpenIDConnectProvider`.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AddClientIDToOpenIDConnectProvider {
    #[serde(rename = "OpenIDConnectProviderArn")]
    open_id_connect_provider_arn: String,
    #[serde(rename = "ClientID")]
    client_id: String,
}

/// Adding what is there succeeds.
pub(crate) fn add_client(records: &mut Records, _: &Call, input: AddClientIDToOpenIDConnectProvider) -> Result<Value, AwsError> {
    let provider = records.oidc_provider_mut(&input.open_id_connect_provider_arn)?;
    let client = input.client_id.as_str();
    if provider.clients.iter().all(|known| known != client) {
        if provider.clients.len() >= MOST_CLIENTS {
            return Err(too_many_clients());
        }
        provider.clients.push(client.to_owned());
    }
    Ok(json!({}))
}

/// `RemoveClientIDFromOpenIDConnectProvider`.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveClientIDFromOpenIDConnectProvider.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RemoveClientIDFromOpenIDConnectProvider {
    #[serde(rename = "OpenIDConnectProviderArn")]
    open_id_connect_provider_arn: String,
    #[serde(rename = "ClientID")]
    client_id: String,
}

/// Removing what is not there succeeds.
pub(crate) fn remove_client(
    records: &mut Records,
    _: &Call,
    input: RemoveClientIDFromOpenIDConnectProvider,
) -> Result<Value, AwsError> {
    let client = input.client_id.as_str();
    records.oidc_provider_mut(&input.open_id_connect_provider_arn)?.clients.retain(|known| known != client);
    Ok(json!({}))
}

/// `UpdateOpenIDConnectProviderThumbprint`.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateOpenIDConnectProviderThumbprint.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateOpenIDConnectProviderThumbprint {
    #[serde(rename = "OpenIDConnectProviderArn")]
    open_id_connect_provider_arn: String,
    thumbprint_list: Vec<String>,
}

pub(crate) fn update_thumbprints(
    records: &mut Records,
    _: &Call,
    input: UpdateOpenIDConnectProviderThumbprint,
) -> Result<Value, AwsError> {
    let given = thumbprints(input.thumbprint_list)?;
    records.oidc_provider_mut(&input.open_id_connect_provider_arn)?.thumbprints = given;
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_a_host_and_a_path_by_https() {
        assert_eq!(address("https://token.actions.githubusercontent.com"), Some("token.actions.githubusercontent.com"));
        assert_eq!(address("https://oidc.eks.us-east-1.amazonaws.com/id/ABC/"), Some("oidc.eks.us-east-1.amazonaws.com/id/ABC"));
        for wrong in
            ["http://a.example", "https://", "https://a.example:8443", "https://a.example?x=1", "https://localhost", "a.example"]
        {
            assert_eq!(address(wrong), None, "{wrong}");
        }
    }
}
