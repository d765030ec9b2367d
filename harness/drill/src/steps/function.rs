//! Calls of a Lambda function.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;

/// The resource-based policy of a function, or of its version or alias `qualifier`; none if it has none.
///
/// # Errors
/// Lambda's refusal of `GetPolicy`.
pub(crate) async fn policy(client: &DynamicClient, function: &str, qualifier: Option<&str>) -> Result<Option<String>, AwsError> {
    match client.ask("lambda", "GetPolicy", &json!({ "FunctionName": function, "Qualifier": qualifier })).await {
        Ok(answer) => Ok(answer.get("Policy").and_then(Value::as_str).map(str::to_owned)),
        Err(error) if error.code == "ResourceNotFoundException" => Ok(None),
        Err(error) => Err(error),
    }
}

/// Invokes a function asynchronously with `event`.
///
/// # Errors
/// Lambda's refusal of `Invoke`.
pub(crate) async fn invoke(client: &DynamicClient, function: &str, event: &Value) -> Result<(), AwsError> {
    let payload = STANDARD.encode(event.to_string());
    let input = json!({ "FunctionName": function, "InvocationType": "Event", "Payload": payload });
    client.ask("lambda", "Invoke", &input).await.map(|_| ())
}
