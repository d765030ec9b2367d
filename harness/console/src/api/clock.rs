//! The region's clock, and what it sets off.

use http::{StatusCode, Uri};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use nightproof_region::embedded::FireError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::Refusal;
use crate::handles::Handles;
use crate::query;

/// The furthest that the clock is moved at a time: a year of nights.
const FURTHEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Where the clock is moved: to a time, or by a duration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub(crate) enum Move {
    /// `2026-11-29T03:00:00Z`
    To(Timestamp),
    /// ISO 8601: `PT1H`, `P1D`. A day has 24 hours.
    Advance(Span),
}

/// What is fired: ARN of a rule, a schedule, a maintenance window or an association.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fired {
    arn: String,
}

pub(crate) fn read(handles: &Handles) -> Value {
    json!({ "now": handles.region.clock().now().to_string() })
}

/// Moves the clock. It never goes back.
pub(crate) fn advance(handles: &Handles, to: &Move) -> Result<Value, Refusal> {
    let clock = handles.region.clock();
    let now = clock.now();
    let further = match to {
        Move::To(time) => time.duration_since(now),
        Move::Advance(span) => span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|error| {
            Refusal::invalid(format!("`advance` is no duration of days, hours, minutes and seconds: {error}"))
        })?,
    };
    if further.is_negative() || further > FURTHEST {
        let what = format!("the clock says {now} and is moved on by at most 366 days at a time, and never back");
        return Err(Refusal::invalid(what));
    }
    clock.advance_to(now.saturating_add(further).unwrap_or(now));
    Ok(read(handles))
}

/// When a trigger is due next.
pub(crate) fn due(handles: &Handles, uri: &Uri) -> Result<Value, Refusal> {
    let arn = query::parameter(uri, "arn").ok_or_else(|| Refusal::invalid("the parameter `arn` is missing"))?;
    handles.trigger.due(&arn).map(at).map_err(refused)
}

/// Moves the clock to when a trigger is due next.
pub(crate) fn fire(handles: &Handles, Fired { arn }: &Fired) -> Result<Value, Refusal> {
    handles.trigger.fire(arn).map(at).map_err(refused)
}

/// Answers when no event is on its way to a target any more and no function works on one.
pub(crate) async fn settle(handles: &Handles) -> Value {
    handles.trigger.settled().await;
    read(handles)
}

fn at(time: Timestamp) -> Value {
    json!({ "at": time.to_string() })
}

fn refused(error: FireError) -> Refusal {
    match error {
        FireError::Arn(_) => Refusal::invalid(error.to_string()),
        FireError::NoOccurrence(_) => Refusal::new(StatusCode::CONFLICT, "NoOccurrence", error.to_string()),
    }
}
