//! Points in time as policies and requests write them.

/// Seconds since 1970 and nanoseconds, so that tuples compare as times do.
pub(crate) type Moment = (i64, u32);

/// Reads seconds since the epoch, or one of the W3C's forms of ISO 8601: a date or a part of it, or a date with a time and a zone
/// (UTC if there is none). <https://www.w3.org/TR/NOTE-datetime>
pub(crate) fn parse(text: &str) -> Option<Moment> {
    if !text.contains(['-', 'T', 't']) {
        return Some((digits(text, 1..=18)?, 0));
    }
    let (date, time) = text.split_once(['T', 't']).map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4..=4)?;
    let month = parts.next().map_or(Some(1), |month| digits(month, 2..=2)).filter(|month| (1..=12).contains(month))?;
    let day = parts.next().map_or(Some(1), |day| digits(day, 2..=2)).filter(|day| (1..=length_of(year, month)).contains(day))?;
    if parts.next().is_some() {
        return None;
    }
    let midnight = days(year, month, day) * 86_400;
    let Some(time) = time else { return Some((midnight, 0)) };

    let zone_at = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at_checked(zone_at)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.split(':');
    let hour = digits(parts.next()?, 2..=2).filter(|hour| *hour < 24)?;
    let minute = digits(parts.next()?, 2..=2).filter(|minute| *minute < 60)?;
    // A leap second counts as the second after it.
    let second = parts.next().map_or(Some(0), |second| digits(second, 2..=2)).filter(|second| *second <= 60)?;
    if parts.next().is_some() {
        return None;
    }
    let seconds = midnight + hour * 3_600 + minute * 60 + second - offset(zone)?;
    Some((seconds, nanoseconds(fraction)?))
}

fn digits(text: &str, count: std::ops::RangeInclusive<usize>) -> Option<i64> {
    (count.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// `.5` is 500 million nanoseconds; what is finer is cut off.
fn nanoseconds(fraction: &str) -> Option<u32> {
    if fraction.is_empty() {
        return Some(0);
    }
    digits(fraction, 1..=18)?;
    let padded: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    padded.parse().ok()
}

/// Seconds east of UTC.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "" | "Z" | "z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let clock = zone.get(1..)?;
    let (hours, minutes) = clock.split_once(':').unwrap_or((clock, "00"));
    let hours = digits(hours, 2..=2).filter(|hours| *hours < 24)?;
    let minutes = digits(minutes, 2..=2).filter(|minutes| *minutes < 60)?;
    Some(sign * (hours * 3_600 + minutes * 60))
}

fn length_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01, by the length of 400-year cycles with years that begin in March.
/// <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let cycle = year.div_euclid(400);
    let year_of_cycle = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    cycle * 146_097 + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_every_form_that_aws_names() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("0", 0),
            ("1604489400", 1_604_489_400),
            ("2020-11-04T11:30:00Z", 1_604_489_400),
            ("2020-11-04T12:30:00+01:00", 1_604_489_400),
            ("2020-11-04T05:00:00-06:30", 1_604_489_400),
            ("2020-11-04T11:30Z", 1_604_489_400),
            ("2020-11-04t11:30:00z", 1_604_489_400),
            ("2020-11-04T11:30:00", 1_604_489_400),
            ("2020-11-04", 1_604_448_000),
            ("2020-11", 1_604_188_800),
            ("2000-02-29", 951_782_400),
            ("1969-12-31T23:59:59Z", -1),
        ] {
            assert_eq!(parse(text), Some((seconds, 0)), "{text}");
        }
        assert_eq!(parse("2020-11-04T11:30:00.25Z"), Some((1_604_489_400, 250_000_000)));
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "soon",
            "2020-13-01",
            "2021-02-29",
            "2020-11-04T24:00:00Z",
            "2020-11-04T1:00Z",
            "2020-11-04T11:30:00+1",
            "-5",
            "1.5",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
