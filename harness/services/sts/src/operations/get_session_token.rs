//! `GetSessionToken`. <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>

use nightproof_core::Principal;
use nightproof_core::identity::Session;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::access_denied;
use crate::records::Sts;
use crate::session::{describe, duration, expiry};

/// `GetSessionToken`. <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetSessionToken {
    duration_seconds: Option<i64>,
}

impl Sts {
    pub(crate) fn get_session_token(&self, call: &Call, input: GetSessionToken) -> Result<Value, AwsError> {
        let most = match &call.caller.principal {
            Principal::Root => 3600,
            Principal::User { .. } => 129_600,
            _ => return Err(access_denied("Cannot call GetSessionToken with session credentials")),
        };
        let by_session = call.caller.access_key_id.as_deref().is_some_and(|id| id.starts_with("ASIA"));
        if by_session {
            return Err(access_denied("Cannot call GetSessionToken with session credentials"));
        }
        let seconds = duration(input.duration_seconds, 129_600)?.unwrap_or(43_200).min(most);
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
            Vec::new(),
        );
        Ok(json!({ "Credentials": describe(&credential) }))
    }
}
