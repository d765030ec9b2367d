//! What requests and outputs say of sessions: how long they last, and their credentials.

use jiff::{SignedDuration, Timestamp};
use nightproof_core::credentials::Credential;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::validation;

/// The shape `Credentials`.
pub(crate) fn describe(credential: &Credential) -> Value {
    json!({
        "AccessKeyId": credential.access_key_id,
        "SecretAccessKey": credential.secret_access_key,
        "SessionToken": credential.session_token,
        "Expiration": credential.expires.map(|time| time.to_string()),
    })
}

/// Expirations are whole seconds on AWS.
pub(crate) fn expiry(now: Timestamp, seconds: i64) -> Timestamp {
    let whole = Timestamp::from_second(now.as_second()).unwrap_or(now);
    whole.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// `DurationSeconds`, at least 15 minutes.
pub(crate) fn duration(given: Option<i64>, most: i64) -> Result<Option<i64>, AwsError> {
    match given {
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
