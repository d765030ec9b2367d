//! OpenID Connect providers, which a role's trust policy can name. Nobody's token is taken here: `sts:AssumeRoleWithWebIdentity` would
//! have to ask the provider for its keys.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::error::{already_exists, invalid_input, limit_exceeded};
use crate::records::{OidcProvider, Records, oidc_provider_arn};
use crate::tags::Tags;

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MOST_PROVIDERS: usize = 100;
const MOST_CLIENTS: usize = 100;
const MOST_THUMBPRINTS: usize = 5;

pub(crate) fn create(records: &mut Records, call: &Call, input: &Value) -> Result<Value, AwsError> {
    let given = input.required("Url");
    let url = address(given).ok_or_else(|| invalid_input("Invalid Open ID Connect Provider URL"))?;
    let arn = oidc_provider_arn(call.account(), given);
    if records.oidc_providers.contains_key(&arn) {
        return Err(already_exists(format!("Provider with url {given} already exists.")));
    }
    if records.oidc_providers.len() >= MOST_PROVIDERS {
        return Err(limit_exceeded(format!("Cannot exceed quota for OpenIdConnectProvidersPerAccount: {MOST_PROVIDERS}")));
    }
    let clients = texts(input, "ClientIDList");
    if clients.len() > MOST_CLIENTS {
        return Err(too_many_clients());
    }
    let provider = OidcProvider {
        url: url.to_owned(),
        clients,
        thumbprints: thumbprints(input)?,
        created: call.now,
        tags: Tags::given(input)?,
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

fn texts(input: &Value, name: &str) -> Vec<String> {
    input.texts(name).into_iter().map(str::to_owned).collect()
}

/// SHA-1 fingerprints of certificates. Where none are given AWS asks the provider for its own; there is nobody to ask here.
fn thumbprints(input: &Value) -> Result<Vec<String>, AwsError> {
    let given = texts(input, "ThumbprintList");
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

pub(crate) fn get(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let provider = records.oidc_provider(input)?;
    Ok(json!({
        "Url": provider.url,
        "ClientIDList": provider.clients,
        "ThumbprintList": provider.thumbprints,
        "CreateDate": provider.created.to_string(),
        "Tags": provider.tags.describe(),
    }))
}

pub(crate) fn list(records: &Records) -> Value {
    let all: Vec<Value> = records.oidc_providers.keys().map(|arn| json!({"Arn": arn})).collect();
    json!({"OpenIDConnectProviderList": all})
}

/// Deleting what does not exist succeeds.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteOpenIDConnectProvider.html>
pub(crate) fn delete(records: &mut Records, input: &Value) -> Value {
    records.oidc_providers.remove(input.required("OpenIDConnectProviderArn"));
    json!({})
}

/// Adding what is there succeeds.
pub(crate) fn add_client(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let provider = records.oidc_provider_mut(input)?;
    let client = input.required("ClientID");
    if provider.clients.iter().all(|known| known != client) {
        if provider.clients.len() >= MOST_CLIENTS {
            return Err(too_many_clients());
        }
        provider.clients.push(client.to_owned());
    }
    Ok(json!({}))
}

/// Removing what is not there succeeds.
pub(crate) fn remove_client(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let client = input.required("ClientID");
    records.oidc_provider_mut(input)?.clients.retain(|known| known != client);
    Ok(json!({}))
}

pub(crate) fn update_thumbprints(records: &mut Records, input: &Value) -> Result<Value, AwsError> {
    let given = thumbprints(input)?;
    records.oidc_provider_mut(input)?.thumbprints = given;
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
