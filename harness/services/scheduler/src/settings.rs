//! What a schedule is to do, as it is given, kept and given back.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nightproof_core::service::AwsError;
use nightproof_schedule::Schedule as Expression;
use serde::{Deserialize, Serialize};

use crate::target::Target;

/// The input of `CreateSchedule` and of `UpdateSchedule`, which replaces all that a schedule says.
/// <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html>
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Settings {
    #[serde(skip_serializing)]
    pub(crate) name: String,
    #[serde(skip_serializing)]
    pub(crate) group_name: Option<String>,
    #[serde(skip_serializing)]
    #[expect(dead_code, reason = "a second schedule of the name is refused, and the same change twice is one")]
    client_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) schedule_expression: String,
    #[serde(default = "utc")]
    pub(crate) schedule_expression_timezone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_date: Option<Timestamp>,
    pub(crate) flexible_time_window: FlexibleTimeWindow,
    #[serde(default = "enabled")]
    pub(crate) state: String,
    pub(crate) target: Target,
    #[serde(default = "none")]
    pub(crate) action_after_completion: String,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn enabled() -> String {
    "ENABLED".to_owned()
}

fn none() -> String {
    "NONE".to_owned()
}

/// How long after its time a target may be invoked. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_FlexibleTimeWindow.html>
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FlexibleTimeWindow {
    mode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_window_in_minutes: Option<i64>,
}

/// When a schedule is due.
#[derive(Debug, Clone)]
pub(crate) struct Timing {
    expression: Expression,
    zone: TimeZone,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    /// Minutes after its time within which a target is invoked; 0 for none.
    pub(crate) window: i64,
}

impl Settings {
    /// When it is due.
    ///
    /// # Errors
    /// `ValidationException` for what AWS refuses.
    pub(crate) fn timing(&self) -> Result<Timing, AwsError> {
        let invalid = || AwsError::validation(format!("Invalid Schedule Expression {}.", self.schedule_expression));
        // A rate of one may have its unit in the plural, too.
        // https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based
        let expression = match self.schedule_expression.strip_prefix("rate(1 ").and_then(|unit| unit.strip_suffix("s)")) {
            Some(unit) => Expression::parse(&format!("rate(1 {unit})")),
            None => Expression::parse(&self.schedule_expression),
        };
        let expression = expression.ok_or_else(invalid)?;
        let named = &self.schedule_expression_timezone;
        let zone =
            TimeZone::get(named).map_err(|_| AwsError::validation(format!("Invalid ScheduleExpressionTimezone {named}.")))?;
        if let (Some(start), Some(end)) = (self.start_date, self.end_date)
            && end <= start
        {
            return Err(AwsError::validation("The StartDate you specify must come before the EndDate."));
        }
        Ok(Timing { expression, zone, start: self.start_date, end: self.end_date, window: self.flexible_time_window.minutes()? })
    }
}

impl FlexibleTimeWindow {
    fn minutes(&self) -> Result<i64, AwsError> {
        match (self.mode.as_str(), self.maximum_window_in_minutes) {
            ("FLEXIBLE", Some(minutes)) => Ok(minutes),
            ("FLEXIBLE", None) => {
                Err(AwsError::validation("MaximumWindowInMinutes is required when FlexibleTimeWindow mode is FLEXIBLE."))
            }
            (_, None) => Ok(0),
            (_, Some(_)) => {
                Err(AwsError::validation("MaximumWindowInMinutes must not be provided when FlexibleTimeWindow mode is OFF."))
            }
        }
    }
}

impl Timing {
    /// The first occurrence after `last`, or, of a schedule that was made at `since` and had none yet, its first one. A rate begins at once, or
    /// on its start date.
    pub(crate) fn next(&self, since: Timestamp, last: Option<Timestamp>) -> Option<Timestamp> {
        let next = match (&self.expression, last) {
            (Expression::Rate(_), None) => self.start.map_or(since, |start| start.max(since)),
            // What is due on the start date itself is due.
            (_, None) => {
                let before = self.start.and_then(|start| start.checked_sub(jiff::SignedDuration::from_nanos(1)).ok());
                self.expression.next_after(before.map_or(since, |before| before.max(since)), &self.zone)?
            }
            (_, Some(last)) => self.expression.next_after(last, &self.zone)?,
        };
        self.within(next)
    }

    /// Of the occurrences from `due` up to `now` the last.
    pub(crate) fn last_due(&self, due: Timestamp, now: Timestamp) -> Timestamp {
        let end = self.end.map_or(now, |end| end.min(now));
        self.expression.last_due(due, end.max(due), &self.zone)
    }

    fn within(&self, time: Timestamp) -> Option<Timestamp> {
        Some(time).filter(|time| self.end.is_none_or(|end| *time <= end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn settings(members: Value) -> Settings {
        let mut all =
            json!({ "Name": "nightly", "FlexibleTimeWindow": { "Mode": "OFF" }, "Target": { "Arn": "a", "RoleArn": "r" } });
        all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    /// The first three occurrences of a schedule that was made at noon of 2026-11-23.
    fn first(members: Value) -> Vec<String> {
        let timing = settings(members).timing().unwrap();
        let since: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let mut last = None;
        let mut next = || {
            last = Some(timing.next(since, last)?);
            last
        };
        std::iter::from_fn(&mut next).take(3).map(|time| time.to_string()).collect()
    }

    #[test]
    fn a_rate_begins_at_once_or_on_its_start_date_and_ends_with_its_end_date() {
        let rate = json!({ "ScheduleExpression": "rate(2 hours)" });
        assert_eq!(first(rate), ["2026-11-23T12:00:00Z", "2026-11-23T14:00:00Z", "2026-11-23T16:00:00Z"]);
        let later = json!({ "ScheduleExpression": "rate(1 days)", "StartDate": "2026-12-01T03:00:00Z", "EndDate": "2026-12-02T03:00:00Z" });
        assert_eq!(first(later), ["2026-12-01T03:00:00Z", "2026-12-02T03:00:00Z"]);
    }

    #[test]
    fn a_calendar_is_that_of_its_zone_and_its_first_time_may_be_the_start_date() {
        let nightly = json!({ "ScheduleExpression": "cron(0 3 * * ? *)", "ScheduleExpressionTimezone": "Europe/Berlin" });
        assert_eq!(first(nightly), ["2026-11-24T02:00:00Z", "2026-11-25T02:00:00Z", "2026-11-26T02:00:00Z"]);
        let from = json!({ "ScheduleExpression": "cron(0 3 * * ? *)", "StartDate": "2026-11-28T03:00:00Z" });
        assert_eq!(first(from)[0], "2026-11-28T03:00:00Z");
    }

    #[test]
    fn a_single_time_comes_once_and_one_that_is_over_never() {
        assert_eq!(first(json!({ "ScheduleExpression": "at(2026-11-24T00:00:00)" })), ["2026-11-24T00:00:00Z"]);
        assert!(first(json!({ "ScheduleExpression": "at(2026-11-22T00:00:00)" })).is_empty());
    }

    #[test]
    fn what_is_no_schedule_is_refused_in_awss_words() {
        let refused = |members: Value| settings(members).timing().unwrap_err().message;
        assert_eq!(refused(json!({ "ScheduleExpression": "rate(10 seconds)" })), "Invalid Schedule Expression rate(10 seconds).");
        assert_eq!(
            refused(json!({ "ScheduleExpression": "cron(0 1 * * * *)" })),
            "Invalid Schedule Expression cron(0 1 * * * *)."
        );
        let nowhere = json!({ "ScheduleExpression": "rate(1 day)", "ScheduleExpressionTimezone": "Mars/Olympus" });
        assert!(refused(nowhere).contains("Mars/Olympus"));
        let window = json!({ "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": { "Mode": "FLEXIBLE" } });
        assert!(refused(window).contains("MaximumWindowInMinutes"));
    }
}
