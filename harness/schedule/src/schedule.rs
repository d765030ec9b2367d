//! What a schedule expression says.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::cron::{Cron, at};

/// When something is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// Every so often.
    Rate(SignedDuration),
    /// At moments of the calendar.
    Cron(Box<Cron>),
    /// Once. Rules have no such schedule.
    At(DateTime),
}

impl Schedule {
    /// Parses a `ScheduleExpression`. `None` is what AWS calls not valid.
    pub fn parse(expression: &str) -> Option<Self> {
        Self::parse_by(expression, Cron::parse)
    }

    /// As [`Schedule::parse`], for Systems Manager, whose cron may begin with a field of seconds.
    pub fn parse_with_seconds(expression: &str) -> Option<Self> {
        Self::parse_by(expression, Cron::parse_with_seconds)
    }

    fn parse_by(expression: &str, cron: fn(&str) -> Option<Cron>) -> Option<Self> {
        if let Some(fields) = inside(expression, "cron(") {
            return cron(fields).map(|cron| Self::Cron(Box::new(cron)));
        }
        if let Some(time) = inside(expression, "at(") {
            return time.parse().ok().filter(|_| time.len() == "yyyy-mm-ddThh:mm:ss".len()).map(Self::At);
        }
        let rate = inside(expression, "rate(")?;
        let (count, unit) = rate.split_once(' ')?;
        if !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let count: i64 = count.parse().ok().filter(|count| *count > 0)?;
        // The unit is singular for 1, and only for 1.
        let seconds = match (count == 1, unit) {
            (true, "minute") | (false, "minutes") => 60,
            (true, "hour") | (false, "hours") => 3600,
            (true, "day") | (false, "days") => 86_400,
            _ => return None,
        };
        Some(Self::Rate(SignedDuration::from_secs(count.checked_mul(seconds)?)))
    }

    /// The first occurrence after `moment` by the clocks of `zone`, where `moment` is an occurrence of a rate, or what it counts from.
    pub fn next_after(&self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Rate(period) => moment.checked_add(*period).ok(),
            Self::Cron(cron) => cron.next_after(moment, zone),
            Self::At(time) => at(*time, zone).filter(|time| *time > moment),
        }
    }

    /// The last occurrence that is not after `now`, given one that is due: what fires when the clock was moved over several.
    pub fn last_due(&self, due: Timestamp, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let mut last = due;
        if let Self::Rate(period) = self {
            let periods = now.duration_since(due).as_secs().checked_div(period.as_secs()).unwrap_or(0);
            return due.saturating_add(SignedDuration::from_secs(period.as_secs() * periods.max(0))).unwrap_or(due);
        }
        while let Some(next) = self.next_after(last, zone).filter(|next| *next <= now) {
            last = next;
        }
        last
    }
}

fn inside<'a>(expression: &'a str, opening: &str) -> Option<&'a str> {
    expression.strip_prefix(opening)?.strip_suffix(')')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_of_one_is_singular_and_all_others_plural() {
        for good in ["rate(1 minute)", "rate(5 minutes)", "rate(1 hour)", "rate(2 days)", "cron(0 3 * * ? *)"] {
            assert!(Schedule::parse(good).is_some(), "{good}");
        }
        for bad in [
            "rate(1 minutes)",
            "rate(5 minute)",
            "rate(0 minutes)",
            "rate(-1 minutes)",
            "rate(1 week)",
            "rate(5minutes)",
            "rate( 10 minutes )",
            "rate(10  minutes)",
            "at(2026-01-01)",
            "at(2026-01-01T00:00:00Z)",
            "",
        ] {
            assert_eq!(Schedule::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn of_several_missed_occurrences_the_last_is_due() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let rate = Schedule::parse("rate(5 minutes)").unwrap();
        assert_eq!(
            rate.last_due(at("2026-11-23T00:05:00Z"), at("2026-11-23T00:21:00Z"), &TimeZone::UTC),
            at("2026-11-23T00:20:00Z")
        );
        let daily = Schedule::parse("cron(0 3 * * ? *)").unwrap();
        assert_eq!(
            daily.last_due(at("2026-11-23T03:00:00Z"), at("2026-11-26T02:00:00Z"), &TimeZone::UTC),
            at("2026-11-25T03:00:00Z")
        );
    }

    #[test]
    fn a_single_time_is_one_of_its_zone() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let once = Schedule::parse("at(2026-07-01T03:00:00)").unwrap();
        let next = once.next_after("2026-06-30T00:00:00Z".parse().unwrap(), &zone).unwrap();
        assert_eq!(next.to_string(), "2026-07-01T07:00:00Z");
        assert_eq!(once.next_after(next, &zone), None);
    }
}
