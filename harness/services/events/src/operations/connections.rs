//! Connections: made, described, changed and deleted, each with its secret in Secrets Manager.

use nightproof_core::Caller;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::connection::{AuthParameters, Connection};
use crate::document::put;
use crate::error::{already_exists, not_found};
use crate::page::page;
use crate::records::Events;

/// `CreateConnection`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnection.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateConnection {
    name: String,
    description: Option<String>,
    authorization_type: String,
    auth_parameters: AuthParameters,
}

/// `UpdateConnection`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateConnection.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateConnection {
    name: String,
    description: Option<String>,
    authorization_type: Option<String>,
    auth_parameters: Option<AuthParameters>,
}

/// `DescribeConnection`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeConnection.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeConnection {
    name: String,
}

/// `DeauthorizeConnection`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeauthorizeConnection.html>
pub(crate) type DeauthorizeConnection = DescribeConnection;

/// `DeleteConnection`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteConnection.html>
pub(crate) type DeleteConnection = DescribeConnection;

/// `ListConnections`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListConnections.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListConnections {
    #[serde(default)]
    name_prefix: String,
    connection_state: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

fn check_type(kind: &str) -> Result<(), AwsError> {
    AwsError::check_enumerated("authorizationType", kind, &["BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY"])
}

fn no_connection(verb: &str, name: &str) -> AwsError {
    not_found(format!("Failed to {verb} the connection(s). Connection '{name}' does not exist."))
}

/// The secret is the account's, and whoever makes the connection needs the permission for it.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html>
async fn secret(call: &Call, operation: &str, input: Value) -> Result<Value, AwsError> {
    let caller: Caller = call.caller.clone().via("events.amazonaws.com");
    call.region.call(&caller, "secretsmanager", operation, input).await
}

impl Events {
    fn with_connection<T>(
        &self,
        call: &Call,
        (verb, name): (&str, &str),
        act: impl FnOnce(&mut Connection) -> T,
    ) -> Result<T, AwsError> {
        self.with(&call.region, call.account(), |records| {
            records.connections.get_mut(name).map(act).ok_or_else(|| no_connection(verb, name))
        })
    }

    pub(crate) async fn create_connection(&self, call: &Call, input: CreateConnection) -> Result<Value, AwsError> {
        check_type(&input.authorization_type)?;
        let name = input.name;
        let exists = || already_exists(&format!("Connection {name}"));
        if self.with(&call.region, call.account(), |records| records.connections.contains_key(&name)) {
            return Err(exists());
        }
        let id = uuid::Uuid::new_v4();
        let made = secret(
            call,
            "CreateSecret",
            json!({
                "Name": format!("events!connection/{name}/{}", uuid::Uuid::new_v4()),
                "SecretString": input.auth_parameters.secret().to_string(),
                "ClientRequestToken": uuid::Uuid::new_v4().to_string(),
            }),
        )
        .await?;
        let connection = Connection {
            arn: call.arn("events", format!("connection/{name}/{id}")),
            name: name.clone(),
            description: input.description,
            kind: input.authorization_type,
            parameters: input.auth_parameters,
            secret_arn: made.get("ARN").and_then(Value::as_str).unwrap_or_default().to_owned(),
            deauthorized: false,
            created: call.now,
            modified: call.now,
        };
        let output = connection.changed();
        self.with(&call.region, call.account(), |records| records.connections.insert(name, connection));
        Ok(output)
    }

    pub(crate) async fn update_connection(&self, call: &Call, input: UpdateConnection) -> Result<Value, AwsError> {
        input.authorization_type.as_deref().map_or(Ok(()), check_type)?;
        let name = input.name.as_str();
        let secret_arn = self.with_connection(call, ("update", name), |connection| connection.secret_arn.clone())?;
        if let Some(parameters) = &input.auth_parameters {
            let token = uuid::Uuid::new_v4().to_string();
            let value = parameters.secret().to_string();
            let change = json!({"SecretId": secret_arn, "SecretString": value, "ClientRequestToken": token});
            secret(call, "PutSecretValue", change).await?;
        }
        self.with_connection(call, ("update", name), |connection| {
            connection.modified = call.now;
            connection.deauthorized = false;
            connection.kind = input.authorization_type.unwrap_or_else(|| connection.kind.clone());
            connection.parameters = input.auth_parameters.unwrap_or_else(|| connection.parameters.clone());
            if input.description.is_some() {
                connection.description = input.description;
            }
            connection.changed_again()
        })
    }

    pub(crate) fn describe_connection(&self, call: &Call, input: DescribeConnection) -> Result<Value, AwsError> {
        self.with_connection(call, ("describe", &input.name), |connection| connection.described())
    }

    pub(crate) fn deauthorize_connection(&self, call: &Call, input: DeauthorizeConnection) -> Result<Value, AwsError> {
        self.with_connection(call, ("deauthorize", &input.name), |connection| {
            connection.deauthorized = true;
            connection.modified = call.now;
            connection.changed_again()
        })
    }

    pub(crate) async fn delete_connection(&self, call: &Call, input: DeleteConnection) -> Result<Value, AwsError> {
        let found = self.with_connection(call, ("delete", &input.name), |connection| connection.clone())?;
        let gone = json!({"SecretId": found.secret_arn, "ForceDeleteWithoutRecovery": true});
        secret(call, "DeleteSecret", gone).await?;
        self.with(&call.region, call.account(), |records| records.connections.remove(&input.name));
        let mut output = found.changed_again();
        put(&mut output, "ConnectionState", json!("DELETING"));
        Ok(output)
    }

    pub(crate) fn list_connections(&self, call: &Call, input: ListConnections) -> Result<Value, AwsError> {
        let connections = self.with(&call.region, call.account(), |records| {
            let wanted = |connection: &&Connection| {
                connection.name.starts_with(&input.name_prefix)
                    && input.connection_state.as_deref().is_none_or(|state| state == connection.state())
            };
            records.connections.values().filter(wanted).map(Connection::listed).collect()
        });
        page("Connections", connections, input.next_token.as_deref(), input.limit)
    }
}
