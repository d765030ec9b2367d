//! EventBridge's cron: six fields, day-of-week from SUN = 1, and `?`, `L`, `W` and `#` beside unix' wildcards.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>
//! Systems Manager's may have a field of seconds before them.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html>

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const LAST_YEAR: i16 = 2199;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    seconds: Vec<i16>,
    minutes: Vec<i16>,
    hours: Vec<i16>,
    months: Vec<i16>,
    years: Vec<i16>,
    days: Vec<Day>,
}

/// One alternative of the two day fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    /// A day of the month.
    OfMonth(i16),
    /// `L`
    LastOfMonth,
    /// `LW`
    LastWorkdayOfMonth,
    /// `15W`
    WorkdayNear(i16),
    /// A day of the week, 1 is Sunday.
    OfWeek(i16),
    /// `6L`: the last Friday of the month.
    LastOfWeek(i16),
    /// `6#3`: the third Friday of the month.
    NthOfWeek(i16, i16),
}

impl Cron {
    /// Parses what stands between the parentheses of `cron(…)`. `None` is what AWS calls not valid.
    pub fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let fields: [&str; 6] = fields.try_into().ok()?;
        Self::from_fields("0", fields)
    }

    /// As [`Cron::parse`], for Systems Manager, where a field of seconds may stand before the six.
    pub fn parse_with_seconds(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        match fields.split_first()? {
            (seconds, rest) if rest.len() == 6 => Self::from_fields(seconds, rest.try_into().ok()?),
            _ => Self::parse(text),
        }
    }

    fn from_fields(seconds: &str, fields: [&str; 6]) -> Option<Self> {
        let [minutes, hours, of_month, months, of_week, years] = fields;
        // One of the two, and only one, says "no particular value".
        let days = match (of_month, of_week) {
            ("?", "?") => return None,
            (of_month, "?") => days_of_month(of_month)?,
            ("?", of_week) => days_of_week(of_week)?,
            _ => return None,
        };
        Some(Self {
            seconds: values(seconds, 0, 59, &[])?,
            minutes: values(minutes, 0, 59, &[])?,
            hours: values(hours, 0, 23, &[])?,
            months: values(months, 1, 12, &MONTHS)?,
            years: values(years, 1970, LAST_YEAR, &[])?,
            days,
        })
    }

    /// The first occurrence after `moment` by the clocks of `zone`; `None` if there is none up to 2199. A time that clocks skip is no
    /// occurrence, and one that they show twice is one, the first time.
    /// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time>
    pub fn next_after(&self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut date = zone.to_datetime(moment).date();
        while date.year() <= LAST_YEAR {
            if !self.years.contains(&date.year()) {
                date = Date::new(date.year().checked_add(1)?, 1, 1).ok()?;
                continue;
            }
            if !self.months.contains(&i16::from(date.month())) {
                date = date.last_of_month().tomorrow().ok()?;
                continue;
            }
            if self.days.iter().any(|day| day.is(date))
                && let Some(found) = self.times_on(date).filter_map(|time| at(time, zone)).find(|time| *time > moment)
            {
                return Some(found);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn times_on(&self, date: Date) -> impl Iterator<Item = DateTime> {
        self.hours.iter().flat_map(move |hour| {
            self.minutes.iter().flat_map(move |minute| {
                self.seconds.iter().filter_map(move |second| {
                    let [hour, minute, second] = [hour, minute, second].map(|value| i8::try_from(*value));
                    Some(date.to_datetime(jiff::civil::Time::new(hour.ok()?, minute.ok()?, second.ok()?, 0).ok()?))
                })
            })
        })
    }
}

/// The moment at which clocks of `zone` first show `time`; nothing of a time that they skip.
pub(crate) fn at(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let shown = zone.to_ambiguous_timestamp(time);
    if matches!(shown.offset(), AmbiguousOffset::Gap { .. }) { None } else { shown.earlier().ok() }
}

impl Day {
    fn is(self, date: Date) -> bool {
        let day = i16::from(date.day());
        let last = i16::from(date.days_in_month());
        let of_week = i16::from(date.weekday().to_sunday_one_offset());
        match self {
            Self::OfMonth(wanted) => day == wanted,
            Self::LastOfMonth => day == last,
            Self::LastWorkdayOfMonth => nearest_workday(date, last) == Some(day),
            Self::WorkdayNear(wanted) => nearest_workday(date, wanted) == Some(day),
            Self::OfWeek(wanted) => of_week == wanted,
            Self::LastOfWeek(wanted) => of_week == wanted && day + 7 > last,
            Self::NthOfWeek(wanted, nth) => of_week == wanted && (day - 1) / 7 + 1 == nth,
        }
    }
}

/// The workday nearest to day `wanted` in the month of `date`, without leaving the month.
fn nearest_workday(date: Date, wanted: i16) -> Option<i16> {
    let last = i16::from(date.days_in_month());
    let target = Date::new(date.year(), date.month(), i8::try_from(wanted).ok()?).ok()?;
    Some(match target.weekday().to_sunday_one_offset() {
        7 if wanted == 1 => 3,
        7 => wanted - 1,
        1 if wanted == last => wanted - 2,
        1 => wanted + 1,
        _ => wanted,
    })
}

fn days_of_month(field: &str) -> Option<Vec<Day>> {
    let mut days = Vec::new();
    for part in field.split(',') {
        match part {
            "L" => days.push(Day::LastOfMonth),
            "LW" => days.push(Day::LastWorkdayOfMonth),
            _ => match part.strip_suffix('W') {
                Some(near) => days.push(Day::WorkdayNear(value(near, 1, 31, &[])?)),
                None => days.extend(values(part, 1, 31, &[])?.into_iter().map(Day::OfMonth)),
            },
        }
    }
    Some(days)
}

fn days_of_week(field: &str) -> Option<Vec<Day>> {
    let mut days = Vec::new();
    for part in field.split(',') {
        // Steps are no wildcard of this field.
        if part.contains('/') {
            return None;
        }
        if part == "L" {
            days.push(Day::OfWeek(7));
        } else if let Some((of_week, nth)) = part.split_once('#') {
            days.push(Day::NthOfWeek(value(of_week, 1, 7, &WEEKDAYS)?, value(nth, 1, 5, &[])?));
        } else if let Some(of_week) = part.strip_suffix('L') {
            days.push(Day::LastOfWeek(value(of_week, 1, 7, &WEEKDAYS)?));
        } else {
            days.extend(values(part, 1, 7, &WEEKDAYS)?.into_iter().map(Day::OfWeek));
        }
    }
    Some(days)
}

/// The values of a field of lists, ranges, steps and `*`, in ascending order.
fn values(field: &str, low: i16, high: i16, names: &[&str]) -> Option<Vec<i16>> {
    let mut found = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(value(step, 1, high, &[])?)),
            None => (part, None),
        };
        let (first, last) = if range == "*" {
            (low, high)
        } else if let Some((first, last)) = range.split_once('-') {
            (value(first, low, high, names)?, value(last, low, high, names)?)
        } else {
            let first = value(range, low, high, names)?;
            (first, if step.is_some() { high } else { first })
        };
        if first > last {
            return None;
        }
        found.extend((first..=last).step_by(usize::try_from(step.unwrap_or(1)).ok()?));
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

fn value(text: &str, low: i16, high: i16, names: &[&str]) -> Option<i16> {
    if let Some(index) = names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        return i16::try_from(index).ok()?.checked_add(1);
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|value| (low..=high).contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn next(expression: &str, after: &str) -> Option<String> {
        Cron::parse(expression).expect(expression).next_after(after.parse().unwrap(), &TimeZone::UTC).map(|time| time.to_string())
    }

    #[test]
    fn documented_examples_fall_where_aws_says() {
        for (expression, expected) in [
            ("0 10 * * ? *", "2026-11-24T10:00:00Z"),
            ("15 12 * * ? *", "2026-11-23T12:15:00Z"),
            ("0 18 ? * MON-FRI *", "2026-11-23T18:00:00Z"),
            ("0 8 1 * ? *", "2026-12-01T08:00:00Z"),
            ("0/15 * * * ? *", "2026-11-23T12:15:00Z"),
            ("0/10 * ? * MON-FRI *", "2026-11-23T12:10:00Z"),
            ("0 3 L * ? *", "2026-11-30T03:00:00Z"),
            ("0 3 ? * 6L *", "2026-11-27T03:00:00Z"),
            ("0 3 ? * 2#1 *", "2026-12-07T03:00:00Z"),
            ("0 3 ? * L *", "2026-11-28T03:00:00Z"),
            ("0 3 1W * ? *", "2026-12-01T03:00:00Z"),
            ("0 3 29 2 ? *", "2028-02-29T03:00:00Z"),
        ] {
            assert_eq!(next(expression, "2026-11-23T12:00:00Z").as_deref(), Some(expected), "{expression}");
        }
        assert_eq!(next("0 0 1 1 ? 2020", "2026-11-23T12:00:00Z"), None);
        assert_eq!(next("0 3 1W * ? *", "2026-07-31T12:00:00Z").as_deref(), Some("2026-08-03T03:00:00Z"));
        assert_eq!(next("0 3 LW * ? *", "2026-05-01T12:00:00Z").as_deref(), Some("2026-05-29T03:00:00Z"));
    }

    #[test]
    fn a_time_that_clocks_skip_is_left_out_and_one_that_they_show_twice_comes_once() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let nightly = Cron::parse("30 2 * * ? *").unwrap();
        let from = |after: &str| {
            let mut last: Timestamp = after.parse().unwrap();
            let mut next = || {
                last = nightly.next_after(last, &zone).unwrap();
                last.to_string()
            };
            [next(), next(), next()]
        };
        assert_eq!(from("2026-03-27T12:00:00Z"), ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"]);
        assert_eq!(from("2026-10-24T12:00:00Z"), ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"]);
    }

    #[test]
    fn what_aws_refuses_is_refused() {
        for expression in [
            "0 3 * * *",
            "0 3 * * * *",
            "0 3 ? * ? *",
            "60 3 * * ? *",
            "0 24 * * ? *",
            "0 3 32 * ? *",
            "0 3 ? * 8 *",
            "0 3 ? * 0 *",
            "0 3 ? * 2#6 *",
            "0 3 * 13 ? *",
            "0 3 * * ? 2200",
            "0/0 3 * * ? *",
            "-1 3 * * ? *",
            "a 3 * * ? *",
            "0,, 3 * * ? *",
            "? 3 * * ? *",
            "0 3 W * ? *",
            "",
        ] {
            assert_eq!(Cron::parse(expression), None, "{expression}");
        }
    }

    #[test]
    fn a_field_of_seconds_may_stand_before_the_six_where_systems_manager_reads_them() {
        let next = |expression: &str| {
            let cron = Cron::parse_with_seconds(expression).expect(expression);
            cron.next_after("2026-11-23T12:00:00Z".parse().unwrap(), &TimeZone::UTC).map(|time| time.to_string())
        };
        assert_eq!(next("0 0 3 ? * * *").as_deref(), Some("2026-11-24T03:00:00Z"));
        assert_eq!(next("0 3 ? * * *").as_deref(), Some("2026-11-24T03:00:00Z"));
        assert_eq!(next("0 0/30 * 1/1 * ? *").as_deref(), Some("2026-11-23T12:30:00Z"));
        assert_eq!(next("15,45 59 12 ? * THU#3 *").as_deref(), Some("2026-12-17T12:59:15Z"));
        for refused in ["60 0 3 ? * * *", "0 0 0 3 ? * * *", "0 3 * * *", ""] {
            assert_eq!(Cron::parse_with_seconds(refused), None, "{refused}");
        }
        assert_eq!(Cron::parse("0 0 3 ? * * *"), None, "EventBridge has six fields");
    }

    #[test]
    fn the_next_occurrence_is_the_one_that_a_walk_over_all_minutes_finds() {
        for expression in [
            "7/13 2-5,22 * * ? *",
            "0 3 ? * 2#1 *",
            "30 6 15W * ? *",
            "0 0 L * ? *",
            "59 23 ? FEB,MAR SUN,THU *",
            "5 */7 1-3 * ? 2026-2027",
        ] {
            let cron = Cron::parse(expression).unwrap();
            let mut moment: Timestamp = "2026-11-20T00:00:30Z".parse().unwrap();
            for _ in 0..12 {
                let Some(found) = cron.next_after(moment, &TimeZone::UTC) else { break };
                let mut walk: Timestamp = Timestamp::from_second((moment.as_second() / 60 + 1) * 60).unwrap();
                let matches = |walk: Timestamp| {
                    let at = TimeZone::UTC.to_datetime(walk);
                    cron.years.contains(&at.year())
                        && cron.months.contains(&i16::from(at.month()))
                        && cron.hours.contains(&i16::from(at.hour()))
                        && cron.minutes.contains(&i16::from(at.minute()))
                        && cron.days.iter().any(|day| day.is(at.date()))
                };
                while !matches(walk) {
                    walk += SignedDuration::from_mins(1);
                }
                assert_eq!(walk, found, "{expression}");
                moment = found;
            }
        }
    }
}
