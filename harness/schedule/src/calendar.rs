//! Calendar events of systemd's timers: `Mon..Fri *-*-* 02:00:00 Europe/Berlin`.
//! <https://www.freedesktop.org/software/systemd/man/latest/systemd.time.html#Calendar%20Events>

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const LAST_YEAR: i16 = 2199;

/// A parsed `OnCalendar=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// From Monday on; empty for all.
    weekdays: Vec<i16>,
    years: Component,
    months: Component,
    days: Component,
    /// Whether days are counted from the end of the month: `~`.
    from_end: bool,
    hours: Component,
    minutes: Component,
    seconds: Component,
    /// That of the expression itself.
    zone: Option<TimeZone>,
}

/// Alternatives: a first and a last value, and the step between; empty for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Component(Vec<(i16, i16, i16)>);

impl Component {
    fn parse(text: &str, low: i16, high: i16) -> Option<Self> {
        let number = |text: &str| -> Option<i16> {
            // Fractions of seconds are of no use to a timer of a night.
            let text = text
                .split_once('.')
                .map_or(text, |(whole, fraction)| if fraction.bytes().all(|byte| byte == b'0') { whole } else { text });
            text.parse().ok().filter(|value| (low..=high).contains(value) && !text.starts_with(['+', '-']))
        };
        let mut found = Vec::new();
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(step.parse::<i16>().ok().filter(|step| *step > 0)?)),
                None => (part, None),
            };
            found.push(match range.split_once("..") {
                _ if range == "*" => (low, high, step.unwrap_or(1)),
                Some((first, last)) => (number(first)?, number(last)?, step.unwrap_or(1)),
                None => {
                    let first = number(range)?;
                    (first, if step.is_some() { high } else { first }, step.unwrap_or(1))
                }
            });
        }
        found.iter().all(|(first, last, _)| first <= last).then_some(Self(found))
    }

    fn has(&self, value: i16) -> bool {
        self.0.is_empty()
            || self.0.iter().any(|(first, last, step)| (*first..=*last).contains(&value) && (value - first) % step == 0)
    }
}

impl Calendar {
    /// Parses what stands behind `OnCalendar=`. `None` is what systemd cannot parse.
    pub fn parse(text: &str) -> Option<Self> {
        let text = match text.trim() {
            "minutely" => "*-*-* *:*:00",
            "hourly" => "*-*-* *:00:00",
            "daily" => "*-*-* 00:00:00",
            "weekly" => "Mon *-*-* 00:00:00",
            "monthly" => "*-*-01 00:00:00",
            "quarterly" => "*-01,04,07,10-01 00:00:00",
            "semiannually" | "semi-annually" => "*-01,07-01 00:00:00",
            "yearly" | "annually" => "*-01-01 00:00:00",
            other => other,
        };
        let mut parts = text.split_whitespace().peekable();
        let weekdays = match parts.peek().filter(|part| part.starts_with(|letter: char| letter.is_ascii_alphabetic())) {
            Some(part) if weekdays(part.trim_end_matches(',')).is_some() => weekdays(parts.next()?.trim_end_matches(','))?,
            _ => Vec::new(),
        };
        let mut calendar = Self {
            weekdays,
            years: Component::default(),
            months: Component::default(),
            days: Component::default(),
            from_end: false,
            hours: Component(vec![(0, 0, 1)]),
            minutes: Component(vec![(0, 0, 1)]),
            seconds: Component(vec![(0, 0, 1)]),
            zone: None,
        };
        let mut has_any = !calendar.weekdays.is_empty();
        if let Some(date) =
            parts.next_if(|part| part.contains(['-', '~']) && !part.contains(':') && !part.starts_with(char::is_alphabetic))
        {
            calendar.read_date(date)?;
            has_any = true;
        }
        if let Some(time) = parts.next_if(|part| part.contains(':')) {
            calendar.read_time(time)?;
            has_any = true;
        }
        if let Some(zone) = parts.next() {
            calendar.zone = Some(if zone == "UTC" { TimeZone::UTC } else { TimeZone::get(zone).ok()? });
        }
        (has_any && parts.next().is_none()).then_some(calendar)
    }

    fn read_date(&mut self, text: &str) -> Option<()> {
        let (head, day) = match text.rsplit_once('~') {
            Some((head, day)) => {
                self.from_end = true;
                (head, day)
            }
            None => text.rsplit_once('-')?,
        };
        let (year, month) = match head.rsplit_once('-') {
            Some((year, month)) => (Some(year), month),
            None => (None, head),
        };
        if let Some(year) = year {
            self.years = Component::parse(year, 1970, LAST_YEAR)?;
        }
        self.months = Component::parse(month, 1, 12)?;
        self.days = Component::parse(day, 1, 31)?;
        Some(())
    }

    fn read_time(&mut self, text: &str) -> Option<()> {
        let mut parts = text.split(':');
        self.hours = Component::parse(parts.next()?, 0, 23)?;
        self.minutes = Component::parse(parts.next()?, 0, 59)?;
        if let Some(seconds) = parts.next() {
            self.seconds = Component::parse(seconds, 0, 59)?;
        }
        parts.next().is_none().then_some(())
    }

    fn is_on(&self, date: Date) -> bool {
        let day = i16::from(date.day());
        let day = if self.from_end { i16::from(date.days_in_month()) - day + 1 } else { day };
        let weekday = i16::from(date.weekday().to_monday_zero_offset());
        self.days.has(day) && (self.weekdays.is_empty() || self.weekdays.contains(&weekday))
    }

    /// The first time after `moment`, by the clocks of the expression's own zone or of `zone`; `None` if there is none up to 2199.
    pub fn next_after(&self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let zone = self.zone.as_ref().unwrap_or(zone);
        let mut date = zone.to_datetime(moment).date();
        while date.year() <= LAST_YEAR {
            if !self.years.has(date.year()) {
                date = Date::new(date.year().checked_add(1)?, 1, 1).ok()?;
                continue;
            }
            if !self.months.has(i16::from(date.month())) {
                date = date.last_of_month().tomorrow().ok()?;
                continue;
            }
            if self.is_on(date)
                && let Some(found) = self.times_on(date, zone).find(|at| *at > moment)
            {
                return Some(found);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn times_on(&self, date: Date, zone: &TimeZone) -> impl Iterator<Item = Timestamp> {
        let within =
            |component: &Component, high: i8| -> Vec<i8> { (0..high).filter(|value| component.has(i16::from(*value))).collect() };
        let (hours, minutes, seconds) = (within(&self.hours, 24), within(&self.minutes, 60), within(&self.seconds, 60));
        let times = hours.into_iter().flat_map(move |hour| {
            let seconds = seconds.clone();
            minutes.clone().into_iter().flat_map(move |minute| {
                seconds.clone().into_iter().filter_map(move |second| Time::new(hour, minute, second, 0).ok())
            })
        });
        // A time that clocks skip is due by as much later, as mktime has it, and one that they show twice the first time.
        let zone = zone.clone();
        times.filter_map(move |time| zone.to_ambiguous_timestamp(date.to_datetime(time)).compatible().ok())
    }
}

/// `Mon`, `Mon..Fri`, `Sat,Sun`, `Mon-Fri`.
fn weekdays(text: &str) -> Option<Vec<i16>> {
    let day = |text: &str| {
        let name = text.to_ascii_lowercase();
        let found = WEEKDAYS.iter().position(|day| name == *day || (name.len() == 3 && day.starts_with(&name)))?;
        i16::try_from(found).ok()
    };
    let mut found = Vec::new();
    for part in text.split(',') {
        match part.split_once("..").or_else(|| part.split_once('-')) {
            Some((first, last)) => {
                let (first, last) = (day(first)?, day(last)?);
                let length = (last - first).rem_euclid(7);
                found.extend((0..=length).map(|step| (first + step) % 7));
            }
            None => found.push(day(part)?),
        }
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(text: &str) -> Option<String> {
        let calendar = Calendar::parse(text).expect(text);
        calendar.next_after("2026-11-23T12:00:00Z".parse().unwrap(), &TimeZone::UTC).map(|time| time.to_string())
    }

    #[test]
    fn events_fall_where_the_manual_says() {
        // The 23rd of November 2026 is a Monday.
        for (text, expected) in [
            ("daily", "2026-11-24T00:00:00Z"),
            ("hourly", "2026-11-23T13:00:00Z"),
            ("weekly", "2026-11-30T00:00:00Z"),
            ("monthly", "2026-12-01T00:00:00Z"),
            ("quarterly", "2027-01-01T00:00:00Z"),
            ("*-*-* 02:00:00", "2026-11-24T02:00:00Z"),
            ("02:30", "2026-11-24T02:30:00Z"),
            ("*:0/15", "2026-11-23T12:15:00Z"),
            ("Mon..Fri *-*-* 02:00", "2026-11-24T02:00:00Z"),
            ("Sat,Sun 02:00", "2026-11-28T02:00:00Z"),
            ("Sun", "2026-11-29T00:00:00Z"),
            ("Mon *-*-1..7 12:00", "2026-12-07T12:00:00Z"),
            ("*-02~01 03:00", "2027-02-28T03:00:00Z"),
            ("2027-03-01 04:05:06", "2027-03-01T04:05:06Z"),
            ("*-*-* 02:00:00 Europe/Berlin", "2026-11-24T01:00:00Z"),
            ("daily", "2026-11-24T00:00:00Z"),
        ] {
            assert_eq!(next(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!((next("*-02-30 03:00"), next("2020-01-01 00:00")), (None, None));
    }

    #[test]
    fn days_of_the_week_may_wrap() {
        assert_eq!(weekdays("Fri..Mon").unwrap(), [0, 4, 5, 6]);
        assert_eq!(weekdays("Mon-Fri").unwrap(), [0, 1, 2, 3, 4]);
        assert_eq!(weekdays("Mon..Mon").unwrap(), [0]);
        assert_eq!(weekdays("Foo"), None);
    }

    #[test]
    fn what_systemd_cannot_parse_is_refused() {
        for text in [
            "",
            "nightly",
            "25:00",
            "*-13-01",
            "*-*-* 02:00 Nowhere/There",
            "02:00:00:00",
            "Mon Tue",
            "10..5:00",
            "*:0/0",
            "0 3 * * *",
        ] {
            assert_eq!(Calendar::parse(text), None, "{text}");
        }
    }
}
