//! The client's part of a handshake.

use nightproof_session_channel::{DataChannel, HandshakeRequest, HandshakeResponse, PayloadType};
use serde_json::{Value, json};

use super::session::VERSION;

/// Answers what the agent asks for: the type of the session is taken as it comes, and anything else is not supported.
pub(super) async fn answer(channel: &DataChannel, request: &[u8]) {
    let Ok(request) = serde_json::from_slice::<HandshakeRequest>(request) else { return };
    let (actions, errors): (Vec<Value>, Vec<Option<String>>) = request.requested_client_actions.iter().map(processed).unzip();
    let response = HandshakeResponse {
        client_version: VERSION.to_owned(),
        processed_client_actions: actions,
        errors: Some(errors.into_iter().flatten().collect()),
    };
    let bytes = serde_json::to_vec(&response).unwrap_or_default();
    // A channel that has ended says so by its last event.
    let _ = channel.send(PayloadType::HandshakeResponse, bytes).await;
}

fn processed(action: &Value) -> (Value, Option<String>) {
    let kind = action.get("ActionType").and_then(Value::as_str).unwrap_or_default();
    if kind == "SessionType" {
        return (json!({"ActionType": kind, "ActionStatus": 1, "ActionResult": null, "Error": ""}), None);
    }
    let error = format!("Unsupported action {kind}");
    (json!({"ActionType": kind, "ActionStatus": 3, "ActionResult": null, "Error": error}), Some(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_a_session_is_taken_and_encryption_is_not() {
        let (taken, error) = processed(&json!({"ActionType": "SessionType", "ActionParameters": {"SessionType": "Port"}}));
        assert_eq!((&taken["ActionStatus"], error), (&json!(1), None));
        let (refused, error) = processed(&json!({"ActionType": "KMSEncryption", "ActionParameters": {}}));
        assert_eq!((&refused["ActionStatus"], error.as_deref()), (&json!(3), Some("Unsupported action KMSEncryption")));
    }
}
