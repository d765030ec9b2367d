//! The service `sts`: who calls, and sessions of roles.

mod assume_role;
mod authorization;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use nightproof_core::Principal;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::credentials::Credential;
use nightproof_core::document::Members as _;
use nightproof_core::identity::{Identities, Session, Sessions};
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use parking_lot::Mutex;
use serde_json::{Value, json};

/// The service.
pub struct Sts {
    identities: Arc<dyn Identities>,
    sessions: Mutex<HashMap<String, Session>>,
}

impl Sts {
    /// A service that reads roles from `identities`. Who may assume them is the authorization layer's to decide.
    pub fn new(identities: Arc<impl Identities + 'static>) -> Arc<Self> {
        Arc::new(Self { identities, sessions: Mutex::default() })
    }

    /// Keeps the new session, and forgets those that have ended.
    fn remember(&self, access_key_id: &str, session: Session) {
        let mut sessions = self.sessions.lock();
        let now = session.issued;
        sessions.retain(|_, session| session.expires > now);
        sessions.insert(access_key_id.to_owned(), session);
    }

    fn get_session_token(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let most = match &call.caller.principal {
            Principal::Root => 3600,
            Principal::User { .. } => 129_600,
            _ => return Err(access_denied("Cannot call GetSessionToken with session credentials")),
        };
        let by_session = call.caller.access_key_id.as_deref().is_some_and(|id| id.starts_with("ASIA"));
        if by_session {
            return Err(access_denied("Cannot call GetSessionToken with session credentials"));
        }
        for member in ["SerialNumber", "TokenCode"] {
            if input.has(member) {
                return Err(AwsError::not_implemented("sts", &format!("GetSessionToken with {member}")));
            }
        }
        let seconds = duration(input, 129_600)?.unwrap_or(43_200).min(most);
        let expires = expiry(call.now, seconds);
        let credential = call.region.credentials().issue_session(call.caller.clone(), expires);
        self.remember(
            &credential.access_key_id,
            Session {
                role_arn: None,
                policy: None,
                policy_arns: Vec::new(),
                tags: Vec::new(),
                source_identity: None,
                issued_to: call.caller.clone(),
                issued: call.now,
                expires,
            },
        );
        Ok(json!({ "Credentials": describe(&credential) }))
    }
}

impl Sessions for Sts {
    fn session(&self, access_key_id: &str) -> Option<Session> {
        self.sessions.lock().get(access_key_id).cloned()
    }
}

#[async_trait]
impl Service for Sts {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        if call.caller.principal == Principal::Anonymous {
            return Err(AwsError::new("MissingAuthenticationToken", 403, "Request is missing Authentication Token"));
        }
        let output = match operation {
            "GetCallerIdentity" => {
                let caller = &call.caller;
                Ok(json!({ "UserId": caller.user_id(), "Account": caller.account, "Arn": caller.arn() }))
            }
            "AssumeRole" => self.assume_role(call, &input),
            "GetSessionToken" => self.get_session_token(call, &input),
            "DecodeAuthorizationMessage" => {
                let message = input.required("EncodedMessage");
                match call.region.authorizer().and_then(|authorizer| authorizer.decoded(message)) {
                    Some(decoded) => Ok(json!({ "DecodedMessage": decoded })),
                    None => Err(AwsError::new(
                        "InvalidAuthorizationMessageException",
                        400,
                        "The error returned if the message passed to DecodeAuthorizationMessage was invalid.",
                    )),
                }
            }
            "GetAccessKeyInfo" => {
                let id = input.required("AccessKeyId");
                match call.region.credentials().find(id) {
                    Some(key) => Ok(json!({ "Account": key.caller.account })),
                    None => Err(validation(format!("The access key ID {id} is not valid."))),
                }
            }
            _ => Err(AwsError::not_implemented("sts", operation)),
        }?;
        Ok(output.into())
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.trust_policy(arn)
    }
}

/// The shape `Credentials`.
fn describe(credential: &Credential) -> Value {
    json!({
        "AccessKeyId": credential.access_key_id,
        "SecretAccessKey": credential.secret_access_key,
        "SessionToken": credential.session_token,
        "Expiration": credential.expires.map(|time| time.to_string()),
    })
}

/// Expirations are whole seconds on AWS.
fn expiry(now: Timestamp, seconds: i64) -> Timestamp {
    let whole = Timestamp::from_second(now.as_second()).unwrap_or(now);
    whole.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// `DurationSeconds`, at least 15 minutes.
fn duration(input: &Value, most: i64) -> Result<Option<i64>, AwsError> {
    match input.number("DurationSeconds") {
        Some(seconds) if seconds < 900 => Err(out_of_range(seconds, "greater than or equal to 900")),
        Some(seconds) if seconds > most => Err(out_of_range(seconds, &format!("less than or equal to {most}"))),
        other => Ok(other),
    }
}

fn out_of_range(seconds: i64, bound: &str) -> AwsError {
    validation(format!(
        "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value {bound}"
    ))
}

fn validation(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationError", 400, message)
}

fn access_denied(message: impl Into<String>) -> AwsError {
    AwsError::new("AccessDenied", 403, message)
}
