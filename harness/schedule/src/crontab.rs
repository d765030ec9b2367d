//! Times of a crontab: five fields, or a word such as `@daily`, as cronie and Debian's cron read them.
//! <https://man7.org/linux/man-pages/man5/crontab.5.html>

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// Within so many days each time that ever comes has come: the 29th of February falls on each day of the week within 40 years.
const DAYS: usize = 40 * 366;

/// When a line of a crontab is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrontabTime {
    /// `@reboot`: whenever cron starts with the machine.
    Reboot,
    /// At times of the calendar.
    Times(Times),
}

/// The five fields, a bit for each value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether both day fields have to match: one of them begins with `*`. Else either does.
    both_days: bool,
    /// Whether the minute or the hour begins with `*`: then it follows the clock where clocks are changed.
    is_wildcard: bool,
}

impl CrontabTime {
    /// Parses `@daily` or the five fields. `None` is what cron calls a bad time specifier.
    pub fn parse(text: &str) -> Option<Self> {
        let fields = match text.trim() {
            "@reboot" => return Some(Self::Reboot),
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            fields => fields,
        };
        let [minute, hour, day, month, weekday] = fields.split_whitespace().collect::<Vec<_>>().try_into().ok()?;
        let weekdays = values(weekday, 0, 7, (0, &WEEKDAYS))?;
        Some(Self::Times(Times {
            minutes: values(minute, 0, 59, (0, &[]))?,
            hours: values(hour, 0, 23, (0, &[]))?,
            days: values(day, 1, 31, (0, &[]))?,
            months: values(month, 1, 12, (1, &MONTHS))?,
            // 7 is Sunday, as 0 is.
            weekdays: weekdays | (weekdays >> 7),
            both_days: day.starts_with('*') || weekday.starts_with('*'),
            is_wildcard: minute.starts_with('*') || hour.starts_with('*'),
        }))
    }

    /// The first time after `moment` by the clocks of `zone`; `None` if there is none, as of the 30th of February, and of [`CrontabTime::Reboot`].
    pub fn next_after(&self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let Self::Times(times) = self else { return None };
        let mut date = zone.to_datetime(moment).date();
        for _ in 0..DAYS {
            if times.is_on(date)
                && let Some(found) = times.on(date).flat_map(|time| times.moments(time, zone)).filter(|at| *at > moment).min()
            {
                return Some(found);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }
}

impl Times {
    fn is_on(&self, date: Date) -> bool {
        if !has(self.months, date.month()) {
            return false;
        }
        let (day, weekday) = (has(self.days, date.day()), has(self.weekdays, date.weekday().to_sunday_zero_offset()));
        if self.both_days { day && weekday } else { day || weekday }
    }

    fn on(&self, date: Date) -> impl Iterator<Item = DateTime> {
        let hours = (0..24).filter(|hour| has(self.hours, *hour));
        let minutes = || (0..60).filter(|minute| has(self.minutes, *minute));
        hours
            .flat_map(move |hour| minutes().filter_map(move |minute| Some(date.to_datetime(Time::new(hour, minute, 0, 0).ok()?))))
    }

    /// When clocks show a time. Where they are set forward, a line of fixed times that are skipped is due at the change, and where they are set back, it is due once;
    /// one with `*` for its minute or hour follows the clock.
    /// <https://man7.org/linux/man-pages/man8/cron.8.html>
    fn moments(&self, time: DateTime, zone: &TimeZone) -> Vec<Timestamp> {
        let shown = zone.to_ambiguous_timestamp(time);
        match (shown.offset(), self.is_wildcard) {
            (AmbiguousOffset::Gap { .. }, true) => Vec::new(),
            (AmbiguousOffset::Gap { .. }, false) => {
                let after = shown.later().ok();
                let change =
                    after.and_then(|after| zone.preceding(after.checked_add(jiff::SignedDuration::from_hours(3)).ok()?).next());
                change.map(|change| change.timestamp()).into_iter().collect()
            }
            (AmbiguousOffset::Fold { .. }, true) => [shown.earlier(), shown.later()].into_iter().flatten().collect(),
            _ => shown.earlier().into_iter().collect(),
        }
    }
}

fn has(values: u64, value: i8) -> bool {
    u32::try_from(value).is_ok_and(|value| values & 1_u64.checked_shl(value).unwrap_or(0) != 0)
}

/// The values of a field of lists, ranges, steps and `*`; `names` begin at a value. A `~` is a random value of a range, for which its first will do.
fn values(field: &str, low: u32, high: u32, names: (u32, &[&str])) -> Option<u64> {
    let mut found = 0;
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(value(step, 1, high.max(1), (0, &[]))?)),
            None => (part, None),
        };
        let (first, last) = if range == "*" {
            (low, high)
        } else if let Some((first, last)) = range.split_once('-') {
            (value(first, low, high, names)?, value(last, low, high, names)?)
        } else if let Some((first, last)) = range.split_once('~') {
            let bound = |text: &str, open: u32| if text.is_empty() { Some(open) } else { value(text, low, high, names) };
            let (first, last) = (bound(first, low)?, bound(last, high)?);
            (first, first.min(last))
        } else {
            // Steps belong to ranges.
            let one = value(range, low, high, names).filter(|_| step.is_none())?;
            (one, one)
        };
        if first > last {
            return None;
        }
        for value in (first..=last).step_by(usize::try_from(step.unwrap_or(1)).ok()?) {
            found |= 1_u64.checked_shl(value)?;
        }
    }
    Some(found)
}

fn value(text: &str, low: u32, high: u32, (begin, names): (u32, &[&str])) -> Option<u32> {
    if let Some(index) = names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        return u32::try_from(index).ok()?.checked_add(begin);
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|value| (low..=high).contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(text: &str, after: &str) -> Option<String> {
        let time = CrontabTime::parse(text).expect(text);
        time.next_after(after.parse().unwrap(), &TimeZone::UTC).map(|time| time.to_string())
    }

    #[test]
    fn times_fall_where_the_manual_says() {
        // The 23rd of November 2026 is a Monday.
        for (text, expected) in [
            ("0 3 * * *", "2026-11-24T03:00:00Z"),
            ("*/15 * * * *", "2026-11-23T12:15:00Z"),
            ("5,10-12 12 * * *", "2026-11-23T12:05:00Z"),
            ("0 3 * * sun", "2026-11-29T03:00:00Z"),
            ("0 3 * * 7", "2026-11-29T03:00:00Z"),
            ("0 3 * * Mon-Fri", "2026-11-24T03:00:00Z"),
            ("0 3 1 jan *", "2027-01-01T03:00:00Z"),
            // Either of the two, where both are restricted.
            ("30 4 1,15 * 5", "2026-11-27T04:30:00Z"),
            // Both, where one begins with `*`.
            ("0 3 */2 * tue", "2026-12-01T03:00:00Z"),
            ("0 3 29 2 *", "2028-02-29T03:00:00Z"),
            ("@daily", "2026-11-24T00:00:00Z"),
            ("@weekly", "2026-11-29T00:00:00Z"),
            ("@monthly", "2026-12-01T00:00:00Z"),
            ("@hourly", "2026-11-23T13:00:00Z"),
            ("10~59 13 * * *", "2026-11-23T13:10:00Z"),
        ] {
            assert_eq!(next(text, "2026-11-23T12:00:00Z").as_deref(), Some(expected), "{text}");
        }
        assert_eq!(next("0 3 30 2 *", "2026-11-23T12:00:00Z"), None);
        assert_eq!(next("@reboot", "2026-11-23T12:00:00Z"), None);
    }

    #[test]
    fn a_fixed_time_that_clocks_skip_is_due_at_the_change_and_one_that_they_show_twice_once() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let from = |text: &str, after: &str| {
            let time = CrontabTime::parse(text).unwrap();
            let mut last: Timestamp = after.parse().unwrap();
            [(); 3].map(|()| {
                last = time.next_after(last, &zone).unwrap();
                last.to_string()
            })
        };
        let expected = ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"];
        assert_eq!(from("30 2 * * *", "2026-03-27T12:00:00Z"), expected);
        let expected = ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"];
        assert_eq!(from("30 2 * * *", "2026-10-24T12:00:00Z"), expected);
        // Each hour, whatever clocks show.
        let expected = ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"];
        assert_eq!(from("30 * * * *", "2026-03-29T00:00:00Z"), expected);
        let expected = ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"];
        assert_eq!(from("30 * * * *", "2026-10-25T00:00:00Z"), expected);
    }

    #[test]
    fn what_cron_refuses_is_refused() {
        for text in [
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * 32 * *",
            "* * * 13 *",
            "* * * * 8",
            "5/10 * * * *",
            "10-5 * * * *",
            "*/0 * * * *",
            "a * * * *",
            "0,, * * * *",
            "-1 * * * *",
            "? * * * *",
            "0 3 L * *",
            "@nightly",
        ] {
            assert_eq!(CrontabTime::parse(text), None, "{text}");
        }
    }
}
