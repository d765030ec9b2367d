//! Attempts to bring an event to a target, on region time, as EventBridge and its Scheduler make them.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html>

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::credentials::random_string;
use crate::in_flight::InFlight;
use crate::{Caller, Region};

/// How often and how long a delivery is tried again.
#[derive(Debug, Clone, Copy)]
pub struct RetryLimits {
    /// Retries, 185 at most and by default.
    pub attempts: i64,
    /// Seconds after which an event is given up, a day at most and by default.
    pub age: i64,
}

impl RetryLimits {
    /// Those that were given, and AWS's own for those that were not.
    pub fn new(attempts: Option<i64>, age: Option<i64>) -> Self {
        Self { attempts: attempts.unwrap_or(185), age: age.unwrap_or(86_400) }
    }
}

/// What is tried, and tried again.
#[async_trait]
pub trait Attempt: Sync {
    /// Tries for the `number`th time, from 1.
    ///
    /// # Errors
    /// The target's own.
    async fn attempt(&self, region: &Region, number: u64) -> Result<(), AwsError>;
}

/// Why an event was given up.
#[derive(Debug)]
pub struct GivenUp {
    /// The last attempt's error.
    pub error: AwsError,
    /// How often it was tried again.
    pub retries: u64,
    /// Which of the limits was exhausted, if one was.
    pub exhausted: Option<&'static str>,
}

/// Makes attempts until one succeeds or fails for good, or a limit is reached. What waits to be tried again is not in flight. `taken` is when
/// the event was.
///
/// # Errors
/// [`GivenUp`]; none where the region stops.
pub async fn attempts(
    region: &Region,
    in_flight: &mut InFlight,
    taken: Timestamp,
    limits: RetryLimits,
    delivery: &impl Attempt,
) -> Result<(), GivenUp> {
    let oldest = taken.saturating_add(SignedDuration::from_secs(limits.age)).unwrap_or(Timestamp::MAX);
    let mut retries: u64 = 0;
    loop {
        let Err(error) = delivery.attempt(region, retries + 1).await else { return Ok(()) };
        let give_up = |exhausted| GivenUp { error: error.clone(), retries, exhausted };
        if !is_retriable(&error) {
            return Err(give_up(None));
        }
        if i64::try_from(retries).unwrap_or(i64::MAX) >= limits.attempts {
            return Err(give_up(Some("MaximumRetryAttempts")));
        }
        let again = region.clock().now().saturating_add(back_off(retries)).unwrap_or(Timestamp::MAX);
        if again > oldest {
            return Err(give_up(Some("MaximumEventAgeInSeconds")));
        }
        in_flight.pause();
        tokio::select! {
            () = region.clock().sleep_until(again) => {}
            () = region.stopping().cancelled() => return Ok(()),
        }
        in_flight.go_on();
        retries += 1;
    }
}

/// Whether a later attempt may succeed: throttling and failures of the target's service.
fn is_retriable(error: &AwsError) -> bool {
    error.code != "NotImplemented" && (error.status >= 500 || error.status == 429 || error.code.contains("Throttl"))
}

/// Exponential with a ceiling; AWS adds jitter and names no figures.
fn back_off(retries: u64) -> SignedDuration {
    SignedDuration::from_secs(1_i64.checked_shl(u32::try_from(retries).unwrap_or(10).min(10)).unwrap_or(600).min(600))
}

/// A session of `role`, which `service` assumes to invoke a target.
///
/// # Errors
/// Security Token Service's own.
pub async fn assume(region: &Region, service: &Caller, role: &str) -> Result<Caller, AwsError> {
    assume_as(region, service, role, &random_string(b"0123456789abcdef", 32)).await
}

/// As [`assume`], with a name for the session.
///
/// # Errors
/// Security Token Service's own.
pub async fn assume_as(region: &Region, service: &Caller, role: &str, session: &str) -> Result<Caller, AwsError> {
    let input = json!({ "RoleArn": role, "RoleSessionName": session });
    let assumed = region.call(service, "sts", "AssumeRole", input).await?;
    let key = assumed.pointer("/Credentials/AccessKeyId").and_then(Value::as_str).unwrap_or_default();
    let session = region.credentials().find(key).ok_or_else(|| AwsError::internal("the role's session was not kept"))?;
    Ok(session.caller)
}

/// The codes that AWS names are examples to it; which error has which is the nearest by its name.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html#eb-rule-dlq>
pub fn error_code(error: &AwsError) -> &'static str {
    match error.code.as_str() {
        code if code.contains("AccessDenied") => "NO_PERMISSIONS",
        code if code.contains("NotFound") || code.contains("NonExistent") || code.contains("DoesNotExist") => "NO_RESOURCE",
        "NotImplemented" => "UNKNOWN",
        "InvalidRequestContentException" => "INVALID_JSON",
        code if code.starts_with("InvalidParameter") || code == "ValidationException" => "INVALID_PARAMETER",
        "RequestTooLargeException" => "RESOURCE_LIMIT_EXCEEDED",
        _ if error.status == 429 || error.code.contains("Throttl") => "THROTTLING",
        _ if error.status < 500 => "SDK_CLIENT_ERROR",
        _ => "ERROR_FROM_TARGET",
    }
}
