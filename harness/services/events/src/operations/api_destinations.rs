//! API destinations: made, described, changed and deleted. A rule that has one as its target is refused: nothing calls it here.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::connection::ApiDestination;
use crate::error::{already_exists, not_found};
use crate::page::page;
use crate::records::{Account, Events};

/// Calls a second, unless the request says how many.
const RATE: i64 = 300;

/// `CreateApiDestination`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateApiDestination {
    name: String,
    description: Option<String>,
    connection_arn: String,
    invocation_endpoint: String,
    http_method: String,
    invocation_rate_limit_per_second: Option<i64>,
}

/// `UpdateApiDestination`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateApiDestination.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateApiDestination {
    name: String,
    description: Option<String>,
    connection_arn: Option<String>,
    invocation_endpoint: Option<String>,
    http_method: Option<String>,
    invocation_rate_limit_per_second: Option<i64>,
}

/// `DescribeApiDestination`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeApiDestination.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeApiDestination {
    name: String,
}

/// `DeleteApiDestination`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteApiDestination.html>
pub(crate) type DeleteApiDestination = DescribeApiDestination;

/// `ListApiDestinations`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListApiDestinations.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListApiDestinations {
    #[serde(default)]
    name_prefix: String,
    connection_arn: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

fn check_method(method: &str) -> Result<(), AwsError> {
    AwsError::check_enumerated("httpMethod", method, &["HEAD", "POST", "PATCH", "DELETE", "PUT", "GET", "OPTIONS"])
}

fn missing(verb: &str, name: &str) -> AwsError {
    not_found(format!("Failed to {verb} the api-destination(s). An api-destination '{name}' does not exist."))
}

/// Whether the connection is there and authorized; `None` if it is not there.
fn authorized(records: &Account, arn: &str) -> Option<bool> {
    let connection = records.connections.values().find(|connection| connection.arn == arn)?;
    Some(connection.state() == "AUTHORIZED")
}

fn require_connection(records: &Account, arn: &str) -> Result<bool, AwsError> {
    authorized(records, arn).ok_or_else(|| not_found(format!("Connection '{arn}' does not exist.")))
}

impl Events {
    pub(crate) fn create_api_destination(&self, call: &Call, input: CreateApiDestination) -> Result<Value, AwsError> {
        check_method(&input.http_method)?;
        let name = input.name;
        self.with(&call.region, call.account(), |records| {
            let authorized = require_connection(records, &input.connection_arn)?;
            if records.destinations.contains_key(&name) {
                return Err(already_exists(&format!("An api-destination '{name}'")));
            }
            let destination = ApiDestination {
                arn: call.arn("events", format!("api-destination/{name}/{}", uuid::Uuid::new_v4())),
                name: name.clone(),
                description: input.description,
                connection_arn: input.connection_arn,
                endpoint: input.invocation_endpoint,
                method: input.http_method,
                rate: input.invocation_rate_limit_per_second.unwrap_or(RATE),
                created: call.now,
                modified: call.now,
            };
            let output = destination.changed(authorized);
            records.destinations.insert(name, destination);
            Ok(output)
        })
    }

    pub(crate) fn update_api_destination(&self, call: &Call, input: UpdateApiDestination) -> Result<Value, AwsError> {
        input.http_method.as_deref().map_or(Ok(()), check_method)?;
        self.with(&call.region, call.account(), |records| {
            let found = records.destinations.get(&input.name).cloned().ok_or_else(|| missing("update", &input.name))?;
            let destination = ApiDestination {
                description: input.description.or(found.description),
                connection_arn: input.connection_arn.unwrap_or(found.connection_arn),
                endpoint: input.invocation_endpoint.unwrap_or(found.endpoint),
                method: input.http_method.unwrap_or(found.method),
                rate: input.invocation_rate_limit_per_second.unwrap_or(found.rate),
                modified: call.now,
                name: found.name,
                arn: found.arn,
                created: found.created,
            };
            let output = destination.changed(require_connection(records, &destination.connection_arn)?);
            records.destinations.insert(input.name, destination);
            Ok(output)
        })
    }

    pub(crate) fn describe_api_destination(&self, call: &Call, input: DescribeApiDestination) -> Result<Value, AwsError> {
        self.with(&call.region, call.account(), |records| {
            let found = records.destinations.get(&input.name).ok_or_else(|| missing("describe", &input.name))?;
            Ok(found.described(authorized(records, &found.connection_arn).unwrap_or_default()))
        })
    }

    pub(crate) fn delete_api_destination(&self, call: &Call, input: DeleteApiDestination) -> Result<Value, AwsError> {
        self.with(&call.region, call.account(), |records| {
            records.destinations.remove(&input.name).map(|_| json!({})).ok_or_else(|| missing("delete", &input.name))
        })
    }

    pub(crate) fn list_api_destinations(&self, call: &Call, input: ListApiDestinations) -> Result<Value, AwsError> {
        let destinations = self.with(&call.region, call.account(), |records| {
            let wanted = |destination: &&ApiDestination| {
                destination.name.starts_with(&input.name_prefix)
                    && input.connection_arn.as_ref().is_none_or(|arn| *arn == destination.connection_arn)
            };
            let listed = |one: &ApiDestination| one.listed(authorized(records, &one.connection_arn).unwrap_or_default());
            records.destinations.values().filter(wanted).map(listed).collect()
        });
        page("ApiDestinations", destinations, input.next_token.as_deref(), input.limit)
    }
}
