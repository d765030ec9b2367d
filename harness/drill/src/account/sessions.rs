//! Sessions of Session Manager, begun and ended: what comes between is not of AWS's API.

use async_recursion::async_recursion;
use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::at;
use crate::{Endpoint, Failure, FailurePoint};

/// What lets a client into a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The session's id.
    pub session: String,
    /// What its data channel is opened with.
    pub token: String,
    /// Where.
    pub url: String,
}

/// Starts a session on an instance, by the account's preferences if no document is named.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartSession.html>
///
/// # Errors
/// The instance is not connected, the caller may not, or AWS does not answer.
#[async_recursion]
pub async fn start_session(endpoint: &Endpoint, instance: &str, document: Option<(&str, Value)>) -> Result<Admission, Failure> {
    let mut input = json!({ "Target": instance });
    if let (Some((name, parameters)), Some(members)) = (document, input.as_object_mut()) {
        members.insert("DocumentName".to_owned(), json!(name));
        members.insert("Parameters".to_owned(), parameters);
    }
    let answer = DynamicClient::new(endpoint).ask("ssm", "StartSession", &input).await;
    let answer = answer.map_err(at(FailurePoint::Drill, "StartSession"))?;
    let text = |member: &str| answer.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Admission { session: text("SessionId"), token: text("TokenValue"), url: text("StreamUrl") })
}

/// Ends a session, whoever has begun it.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_TerminateSession.html>
///
/// # Errors
/// The caller may not, or AWS does not answer.
#[async_recursion]
pub async fn terminate_session(endpoint: &Endpoint, session: &str) -> Result<(), Failure> {
    let input = json!({ "SessionId": session });
    let answer = DynamicClient::new(endpoint).ask("ssm", "TerminateSession", &input).await;
    answer.map_err(at(FailurePoint::Drill, "TerminateSession"))?;
    Ok(())
}
