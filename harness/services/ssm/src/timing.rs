//! When a maintenance window opens: its schedule in its time zone, from and up to its dates, and some days later.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use nightproof_core::service::AwsError;
use nightproof_schedule::Schedule;

/// When something of Systems Manager's is due.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html>
#[derive(Debug, Clone)]
pub(crate) struct Timing {
    schedule: Schedule,
    zone: TimeZone,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    /// Days after the date of a cron expression.
    offset: i64,
}

/// What a timing is read from.
#[derive(Debug, Default)]
pub(crate) struct TimingSettings<'a> {
    pub(crate) schedule: &'a str,
    pub(crate) zone: Option<&'a str>,
    pub(crate) start: Option<&'a str>,
    pub(crate) end: Option<&'a str>,
    pub(crate) offset: Option<i64>,
}

impl Timing {
    /// # Errors
    /// `ValidationException` for what AWS refuses.
    pub(crate) fn new(settings: &TimingSettings<'_>) -> Result<Self, AwsError> {
        let TimingSettings { schedule: expression, zone, start, end, offset } = *settings;
        let invalid = || AwsError::validation(format!("Invalid schedule expression: {expression}"));
        let schedule = Schedule::parse_with_seconds(expression).ok_or_else(invalid)?;
        if offset.is_some() && !matches!(schedule, Schedule::Cron(_)) {
            return Err(AwsError::validation("ScheduleOffset is supported with cron expressions only."));
        }
        let zone = match zone {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| AwsError::validation(format!("Invalid time zone: {name}")))?,
        };
        let date = |text: Option<&str>| text.map(|text| moment(text, &zone)).transpose();
        let (start, end) = (date(start)?, date(end)?);
        if let (Some(start), Some(end)) = (start, end)
            && end <= start
        {
            return Err(AwsError::validation("EndDate must be after StartDate."));
        }
        Ok(Self { schedule, zone, start, end, offset: offset.unwrap_or(0) })
    }

    /// The first occurrence after `moment` of what exists since `since`. A rate counts from the time at which it was made, or from its
    /// start date, on which it is due first.
    pub(crate) fn next_after(&self, since: Timestamp, moment: Timestamp) -> Option<Timestamp> {
        let moment = moment.max(since);
        let before_start = self.start.and_then(|start| start.checked_sub(SignedDuration::from_nanos(1)).ok());
        let moment = before_start.map_or(moment, |before| before.max(moment));
        let next = match &self.schedule {
            Schedule::Rate(period) => {
                let first = match self.start.filter(|start| *start > since) {
                    Some(start) => start,
                    None => since.checked_add(*period).ok()?,
                };
                let passed = moment.duration_since(first).as_secs().checked_div(period.as_secs())?;
                if moment < first {
                    first
                } else {
                    first.checked_add(period.checked_mul(i32::try_from(passed).ok()? + 1)?).ok()?
                }
            }
            schedule => {
                // A day of clocks is an hour longer once a year.
                let back = if self.offset == 0 { 0 } else { 24 * self.offset + 1 };
                let mut date = moment.checked_sub(SignedDuration::from_hours(back)).ok()?;
                loop {
                    date = schedule.next_after(date, &self.zone)?;
                    let due = self.shifted(date)?;
                    if due > moment {
                        break due;
                    }
                }
            }
        };
        Some(next).filter(|next| self.end.is_none_or(|end| *next <= end))
    }

    /// Of the occurrences from `due` up to `now` the last: what is due when the clock was moved over several.
    pub(crate) fn last_due(&self, since: Timestamp, due: Timestamp, now: Timestamp) -> Timestamp {
        let mut back = SignedDuration::from_mins(1);
        // From a moment before `now` on that is after no other occurrence than the last ones.
        let mut last = loop {
            let from = now.checked_sub(back).unwrap_or(due).max(due);
            match self.next_after(since, from).filter(|next| *next <= now) {
                Some(next) => break next,
                None if from == due => return due,
                None => back = back.saturating_mul(4),
            }
        };
        while let Some(next) = self.next_after(since, last).filter(|next| *next <= now) {
            last = next;
        }
        last
    }

    /// The same time of day, so many days later.
    fn shifted(&self, date: Timestamp) -> Option<Timestamp> {
        if self.offset == 0 {
            return Some(date);
        }
        let later = self.zone.to_datetime(date).checked_add(self.offset.days()).ok()?;
        self.zone.to_timestamp(later).ok()
    }
}

/// A date in ISO 8601's extended format, by the clocks of `zone` if it names no offset itself.
fn moment(text: &str, zone: &TimeZone) -> Result<Timestamp, AwsError> {
    let local = || zone.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    text.parse().ok().or_else(local).ok_or_else(|| AwsError::validation(format!("Invalid date: {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first three occurrences after noon of 2026-11-23, when it was made.
    fn first(settings: &TimingSettings<'_>) -> Vec<String> {
        let timing = Timing::new(settings).expect("a timing");
        let since: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let mut last = since;
        let next = || {
            last = timing.next_after(since, last)?;
            Some(last.to_string())
        };
        std::iter::from_fn(next).take(3).collect()
    }

    #[test]
    fn a_calendar_is_that_of_its_zone() {
        let settings =
            TimingSettings { schedule: "cron(0 0 3 ? * * *)", zone: Some("America/Chicago"), ..TimingSettings::default() };
        assert_eq!(first(&settings), ["2026-11-24T09:00:00Z", "2026-11-25T09:00:00Z", "2026-11-26T09:00:00Z"]);
    }

    #[test]
    fn an_offset_comes_so_many_days_after_the_date() {
        let settings = TimingSettings { schedule: "cron(0 2 ? * TUE#3 *)", offset: Some(2), ..TimingSettings::default() };
        assert_eq!(first(&settings), ["2026-12-17T02:00:00Z", "2027-01-21T02:00:00Z", "2027-02-18T02:00:00Z"]);
        // Its Tuesday is over, its Thursday is not.
        let timing = Timing::new(&settings).unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(timing.next_after(at("2026-12-16T00:00:00Z"), at("2026-12-16T00:00:00Z")), Some(at("2026-12-17T02:00:00Z")));
    }

    #[test]
    fn nothing_is_due_before_the_start_date_or_after_the_end_date() {
        let settings = TimingSettings {
            schedule: "cron(0 3 * * ? *)",
            start: Some("2026-12-01T03:00"),
            end: Some("2026-12-02T12:00:00+09:00"),
            ..TimingSettings::default()
        };
        assert_eq!(first(&settings), ["2026-12-01T03:00:00Z", "2026-12-02T03:00:00Z"]);
        let settings = TimingSettings { schedule: "at(2026-11-23T11:00:00)", ..TimingSettings::default() };
        assert!(first(&settings).is_empty());
    }

    #[test]
    fn a_rate_counts_from_when_it_was_made_or_from_its_start_date() {
        let settings = TimingSettings { schedule: "rate(7 days)", ..TimingSettings::default() };
        assert_eq!(first(&settings), ["2026-11-30T12:00:00Z", "2026-12-07T12:00:00Z", "2026-12-14T12:00:00Z"]);
        let settings =
            TimingSettings { schedule: "rate(1 day)", start: Some("2026-12-01T03:00:00Z"), ..TimingSettings::default() };
        assert_eq!(first(&settings), ["2026-12-01T03:00:00Z", "2026-12-02T03:00:00Z", "2026-12-03T03:00:00Z"]);
    }

    #[test]
    fn of_several_occurrences_that_were_passed_the_last_is_due() {
        let timing = Timing::new(&TimingSettings { schedule: "cron(0 3 * * ? *)", ..TimingSettings::default() }).unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (since, due) = (at("2026-11-23T00:00:00Z"), at("2026-11-23T03:00:00Z"));
        assert_eq!(timing.last_due(since, due, at("2026-11-26T02:00:00Z")), at("2026-11-25T03:00:00Z"));
        assert_eq!(timing.last_due(since, due, at("2026-11-23T04:00:00Z")), due);
        let often = Timing::new(&TimingSettings { schedule: "cron(0/20 * * * * ? *)", ..TimingSettings::default() }).unwrap();
        assert_eq!(often.last_due(since, due, at("2027-11-26T02:00:59Z")), at("2027-11-26T02:00:40Z"));
    }

    #[test]
    fn what_is_no_schedule_zone_or_date_is_refused() {
        for (settings, part) in [
            (TimingSettings { schedule: "cron(0 3 * * *)", ..TimingSettings::default() }, "schedule expression"),
            (TimingSettings { schedule: "rate(1 day)", offset: Some(1), ..TimingSettings::default() }, "ScheduleOffset"),
            (TimingSettings { schedule: "rate(1 day)", zone: Some("Mars/Olympus"), ..TimingSettings::default() }, "Mars/Olympus"),
            (TimingSettings { schedule: "rate(1 day)", start: Some("tomorrow"), ..TimingSettings::default() }, "tomorrow"),
            (
                TimingSettings {
                    schedule: "rate(1 day)",
                    start: Some("2026-12-02T00:00Z"),
                    end: Some("2026-12-01T00:00Z"),
                    ..TimingSettings::default()
                },
                "EndDate",
            ),
        ] {
            let refused = Timing::new(&settings).expect_err("refused");
            assert_eq!(refused.code, "ValidationException");
            assert!(refused.message.contains(part), "{}", refused.message);
        }
    }
}
