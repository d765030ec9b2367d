//! Connections and API destinations: records of who is called outside of AWS, and with which credentials. Nothing calls them here.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html>

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::document::put;

/// `AuthParameters` of a request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AuthParameters {
    basic_auth_parameters: Option<Basic>,
    api_key_auth_parameters: Option<ApiKey>,
    #[serde(rename = "OAuthParameters")]
    oauth_parameters: Option<OAuth>,
    invocation_http_parameters: Option<HttpParameters>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Basic {
    username: Option<String>,
    password: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ApiKey {
    api_key_name: Option<String>,
    api_key_value: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OAuth {
    client_parameters: Option<OAuthClient>,
    authorization_endpoint: Option<String>,
    http_method: Option<String>,
    #[serde(rename = "OAuthHttpParameters")]
    oauth_http_parameters: Option<HttpParameters>,
}

#[derive(Debug, Clone, Deserialize)]
struct OAuthClient {
    #[serde(rename = "ClientID")]
    id: Option<String>,
    #[serde(rename = "ClientSecret")]
    secret: Option<String>,
}

/// Parameters that each call has beside its own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HttpParameters {
    header_parameters: Option<Vec<HttpParameter>>,
    query_string_parameters: Option<Vec<HttpParameter>>,
    body_parameters: Option<Vec<HttpParameter>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HttpParameter {
    key: Option<String>,
    value: Option<String>,
    #[serde(default)]
    is_value_secret: bool,
}

/// An object of the members that are there.
fn present<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let there = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}

fn text(value: &Option<String>) -> Option<Value> {
    value.as_ref().map(|text| json!(text))
}

impl HttpParameters {
    /// As they are described: values that are secret stay so.
    fn described(&self) -> Value {
        let list = |parameters: &Option<Vec<HttpParameter>>| {
            let each = |one: &HttpParameter| {
                let value = if one.is_value_secret { None } else { text(&one.value) };
                present([("Key", text(&one.key)), ("Value", value), ("IsValueSecret", Some(json!(one.is_value_secret)))])
            };
            parameters.as_ref().map(|all| all.iter().map(each).collect())
        };
        present([
            ("HeaderParameters", list(&self.header_parameters)),
            ("QueryStringParameters", list(&self.query_string_parameters)),
            ("BodyParameters", list(&self.body_parameters)),
        ])
    }

    /// As the connection's secret has them.
    fn secret(&self) -> Value {
        let list = |parameters: &Option<Vec<HttpParameter>>| {
            let each = |one: &HttpParameter| json!({"key": one.key, "value": one.value, "is_value_secret": one.is_value_secret});
            parameters.as_ref().map(|all| all.iter().map(each).collect())
        };
        present([
            ("header_parameters", list(&self.header_parameters)),
            ("query_string_parameters", list(&self.query_string_parameters)),
            ("body_parameters", list(&self.body_parameters)),
        ])
    }
}

impl AuthParameters {
    /// `AuthParameters` of an answer: without what is secret.
    pub(crate) fn described(&self) -> Value {
        let oauth = |oauth: &OAuth| {
            let client = oauth.client_parameters.as_ref().map(|client| present([("ClientID", text(&client.id))]));
            present([
                ("ClientParameters", client),
                ("AuthorizationEndpoint", text(&oauth.authorization_endpoint)),
                ("HttpMethod", text(&oauth.http_method)),
                ("OAuthHttpParameters", oauth.oauth_http_parameters.as_ref().map(HttpParameters::described)),
            ])
        };
        let basic = self.basic_auth_parameters.as_ref().map(|basic| present([("Username", text(&basic.username))]));
        let key = self.api_key_auth_parameters.as_ref().map(|key| present([("ApiKeyName", text(&key.api_key_name))]));
        present([
            ("BasicAuthParameters", basic),
            ("ApiKeyAuthParameters", key),
            ("OAuthParameters", self.oauth_parameters.as_ref().map(oauth)),
            ("InvocationHttpParameters", self.invocation_http_parameters.as_ref().map(HttpParameters::described)),
        ])
    }

    /// What the connection's secret holds.
    pub(crate) fn secret(&self) -> Value {
        let mut members = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                members.insert(name.to_owned(), value);
            }
        };
        if let Some(basic) = &self.basic_auth_parameters {
            put("username", text(&basic.username));
            put("password", text(&basic.password));
        }
        if let Some(key) = &self.api_key_auth_parameters {
            put("api_key_name", text(&key.api_key_name));
            put("api_key_value", text(&key.api_key_value));
        }
        if let Some(oauth) = &self.oauth_parameters {
            if let Some(client) = &oauth.client_parameters {
                put("client_id", text(&client.id));
                put("client_secret", text(&client.secret));
            }
            put("authorization_endpoint", text(&oauth.authorization_endpoint));
            put("http_method", text(&oauth.http_method));
            put("oauth_http_parameters", oauth.oauth_http_parameters.as_ref().map(HttpParameters::secret));
        }
        put("invocation_http_parameters", self.invocation_http_parameters.as_ref().map(HttpParameters::secret));
        Value::Object(members)
    }
}

/// A connection.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    /// `BASIC`, `API_KEY` or `OAUTH_CLIENT_CREDENTIALS`.
    pub(crate) kind: String,
    pub(crate) parameters: AuthParameters,
    pub(crate) secret_arn: String,
    /// Somebody deauthorized it.
    pub(crate) deauthorized: bool,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
}

impl Connection {
    /// `ConnectionState`. An authorization endpoint is never asked here, so that a connection by OAuth waits for it.
    pub(crate) fn state(&self) -> &'static str {
        match self.kind.as_str() {
            _ if self.deauthorized => "DEAUTHORIZED",
            "OAUTH_CLIENT_CREDENTIALS" => "AUTHORIZING",
            _ => "AUTHORIZED",
        }
    }

    /// What the operations that change it return.
    pub(crate) fn changed(&self) -> Value {
        json!({
            "ConnectionArn": self.arn,
            "ConnectionState": self.state(),
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
        })
    }

    /// The same, of a connection that was there before.
    pub(crate) fn changed_again(&self) -> Value {
        let mut document = self.changed();
        put(&mut document, "LastAuthorizedTime", json!(self.modified));
        document
    }

    /// An element of `ListConnections`.
    pub(crate) fn listed(&self) -> Value {
        let mut document = self.changed_again();
        put(&mut document, "Name", json!(self.name));
        put(&mut document, "AuthorizationType", json!(self.kind));
        document
    }

    /// `DescribeConnection`.
    pub(crate) fn described(&self) -> Value {
        let mut document = self.listed();
        put(&mut document, "SecretArn", json!(self.secret_arn));
        put(&mut document, "AuthParameters", self.parameters.described());
        if let Some(description) = &self.description {
            put(&mut document, "Description", json!(description));
        }
        document
    }
}

/// An API destination.
#[derive(Debug, Clone)]
pub(crate) struct ApiDestination {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    pub(crate) connection_arn: String,
    pub(crate) endpoint: String,
    pub(crate) method: String,
    /// Calls a second.
    pub(crate) rate: i64,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
}

impl ApiDestination {
    /// What the operations that change it return; it is active while its connection is authorized.
    pub(crate) fn changed(&self, authorized: bool) -> Value {
        json!({
            "ApiDestinationArn": self.arn,
            "ApiDestinationState": if authorized { "ACTIVE" } else { "INACTIVE" },
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
        })
    }

    /// An element of `ListApiDestinations`.
    pub(crate) fn listed(&self, authorized: bool) -> Value {
        let mut document = self.changed(authorized);
        put(&mut document, "Name", json!(self.name));
        put(&mut document, "ConnectionArn", json!(self.connection_arn));
        put(&mut document, "InvocationEndpoint", json!(self.endpoint));
        put(&mut document, "HttpMethod", json!(self.method));
        put(&mut document, "InvocationRateLimitPerSecond", json!(self.rate));
        document
    }

    /// `DescribeApiDestination`.
    pub(crate) fn described(&self, authorized: bool) -> Value {
        let mut document = self.listed(authorized);
        if let Some(description) = &self.description {
            put(&mut document, "Description", json!(description));
        }
        document
    }
}
