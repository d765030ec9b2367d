//! Asynchronous invocations: events that wait, are tried, and are tried again, on region time.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::document::Members as _;
use nightproof_core::in_flight::InFlight;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::definition::Definition;
use crate::destination::{Outcome, Response};
use crate::event::Event;
use crate::records::Lambda;

/// Pauses before the retries of an event whose function failed.
const RETRY_AFTER: [SignedDuration; 2] = [SignedDuration::from_mins(1), SignedDuration::from_mins(2)];
/// Longest pause before an event is tried again that could not be run.
const LONGEST_BACK_OFF: SignedDuration = SignedDuration::from_mins(5);
/// The longest that a function may run.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html>
const LONGEST_RUN: Duration = Duration::from_secs(900);
const DEFAULT_RETRIES: i64 = 2;
/// 6 hours, in seconds.
const DEFAULT_AGE: i64 = 21_600;

/// The function's present settings for its events.
struct Settings {
    definition: Arc<Definition>,
    reserved: Option<u64>,
    retries: u64,
    until: Timestamp,
    destinations: Value,
}

impl Lambda {
    /// Takes an event, which is worked off from now on.
    pub(super) fn enqueue(&self, event: Event) {
        let Some(me) = self.me.upgrade() else { return };
        let mut in_flight = self.in_flight.begin();
        event.region.clone().tasks().spawn(async move {
            let stopping = event.region.stopping().clone();
            tokio::select! {
                () = me.work_off(&event, &mut in_flight) => {}
                () = stopping.cancelled() => {}
            }
        });
    }

    /// Returns when no function works on an event; what waits to be tried again is not waited for.
    pub async fn quiet(&self) {
        self.in_flight.none(LONGEST_RUN).await;
    }

    async fn work_off(&self, event: &Event, in_flight: &mut InFlight) {
        let clock = event.region.clock();
        let (mut attempts, mut refusals) = (0_u64, 0_u32);
        let mut response = None;
        loop {
            let Some(before) = self.settings(event) else { return dropped(event, "the function is no more") };
            if before.reserved == Some(0) {
                return before.end(event, "ZeroReservedConcurrency", attempts, None).await;
            }
            if clock.now() > before.until {
                return before.end(event, "EventAgeExceeded", attempts, response.as_ref()).await;
            }
            let ran = self.attempt(event).await;
            // What the function says of its events may have changed while it ran.
            let Some(settings) = self.settings(event) else { return dropped(event, "the function is no more") };
            let pause = match ran {
                Ok(ran @ Response::Ran { failed, .. }) => {
                    attempts += 1;
                    if !failed {
                        return settings.end(event, "Success", attempts, Some(&ran)).await;
                    }
                    response = Some(ran);
                    let pause = usize::try_from(attempts - 1).ok().and_then(|index| RETRY_AFTER.get(index));
                    let Some(pause) = pause.filter(|_| attempts <= settings.retries) else {
                        return settings.end(event, "RetriesExhausted", attempts, response.as_ref()).await;
                    };
                    *pause
                }
                Ok(Response::Refused(error)) | Err(error) if !passes(&error) => return dropped(event, &error.to_string()),
                Ok(Response::Refused(error)) | Err(error) => {
                    tracing::debug!(function = event.function, %error, "an asynchronous event could not be run yet");
                    response = Some(Response::Refused(error));
                    refusals += 1;
                    back_off(refusals)
                }
            };
            let next = clock.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
            if next > settings.until {
                return settings.end(event, "EventAgeExceeded", attempts, response.as_ref()).await;
            }
            in_flight.pause();
            clock.sleep_until(next).await;
            in_flight.go_on();
        }
    }

    /// Each attempt runs the code and configuration of its own time.
    async fn attempt(&self, event: &Event) -> Result<Response, AwsError> {
        let admitted = self.admit(&event.account, &event.function, event.qualifier.as_deref())?;
        let version = admitted.definition.text("Version").to_owned();
        let invoked = self.run(&event.region, &event.account, admitted, event.request.clone()).await?;
        Ok(Response::Ran { payload: invoked.payload, failed: invoked.failed, version })
    }

    fn settings(&self, event: &Event) -> Option<Settings> {
        let accounts = self.accounts.lock();
        let function = accounts.get(&event.account)?.functions.get(&event.function)?;
        let (definition, _) = function.resolve(event.qualifier.as_deref()).ok()?;
        let config = function.invoke_configs.get(event.qualifier.as_deref().unwrap_or("$LATEST"));
        let number = |member: &str, default: i64| config.and_then(|config| config.number(member)).unwrap_or(default);
        let age = SignedDuration::from_secs(number("MaximumEventAgeInSeconds", DEFAULT_AGE));
        Some(Settings {
            definition,
            reserved: function.reserved,
            retries: u64::try_from(number("MaximumRetryAttempts", DEFAULT_RETRIES)).unwrap_or(0),
            until: event.accepted.saturating_add(age).unwrap_or(Timestamp::MAX),
            destinations: config.and_then(|config| config.get("DestinationConfig")).cloned().unwrap_or_else(|| json!({})),
        })
    }
}

impl Settings {
    async fn end(&self, event: &Event, condition: &'static str, attempts: u64, response: Option<&Response>) {
        let (definition, destinations) = (self.definition.as_ref(), &self.destinations);
        Outcome { event, condition, attempts, response, definition, destinations }.deliver().await;
    }
}

/// Whether waiting may help: throttling, failures of the service, and a role that cannot be assumed at the moment.
fn passes(error: &AwsError) -> bool {
    error.code != "NotImplemented" && (error.status == 429 || error.status >= 500 || error.code == "AccessDeniedException")
}

fn back_off(refusals: u32) -> SignedDuration {
    SignedDuration::from_secs(1_i64.checked_shl(refusals - 1).unwrap_or(i64::MAX).max(1)).min(LONGEST_BACK_OFF)
}

fn dropped(event: &Event, reason: &str) {
    tracing::warn!(function = event.function, request = event.request.id, reason, "an asynchronous event was dropped");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_cannot_run_are_tried_after_a_second_and_at_last_every_five_minutes() {
        let seconds: Vec<i64> = [1, 2, 3, 9, 10, 200].map(|refusals| back_off(refusals).as_secs()).into();
        assert_eq!(seconds, [1, 2, 4, 256, 300, 300]);
    }
}
