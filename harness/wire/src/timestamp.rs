//! Timestamps in AWS's three formats.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Deserialize;
use serde_json::{Number, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TimestampFormat {
    Iso8601,
    Rfc822,
    UnixTimestamp,
}

/// Reads any of AWS's formats: RFC 3339, HTTP dates, seconds since 1970.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(found) = text.parse::<Timestamp>() {
        return Some(found);
    }
    if let Ok(date) = text.parse::<jiff::civil::DateTime>() {
        return date.in_tz("UTC").ok().map(|zoned| zoned.timestamp());
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return from_seconds(seconds);
    }
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// Seconds since 1970, with a fraction, to milliseconds.
pub(crate) fn from_seconds(seconds: f64) -> Option<Timestamp> {
    let millis = (seconds * 1000.0).round();
    if !millis.is_finite() || millis.abs() > 4e14 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
    Timestamp::from_millisecond(millis as i64).ok()
}

/// The document's form: RFC 3339, with milliseconds only where there are any.
pub(crate) fn document(at: Timestamp) -> Value {
    let millis = at.as_millisecond();
    let cut = Timestamp::from_millisecond(millis).unwrap_or(at);
    Value::String(if millis % 1000 == 0 { format!("{cut:.0}") } else { format!("{cut:.3}") })
}

/// The wire's form as text. ISO 8601 has milliseconds, as S3 and EC2 write it.
pub(crate) fn write(at: Timestamp, format: TimestampFormat, millis: bool) -> String {
    match format {
        TimestampFormat::Iso8601 if millis => format!("{at:.3}"),
        TimestampFormat::Iso8601 => document(at).as_str().unwrap_or_default().to_owned(),
        TimestampFormat::Rfc822 => at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        TimestampFormat::UnixTimestamp => number(at).to_string(),
    }
}

/// Seconds since 1970 as JSON has them: a fraction only where there is one.
pub(crate) fn number(at: Timestamp) -> Number {
    let millis = at.as_millisecond();
    if millis % 1000 == 0 {
        return Number::from(millis / 1000);
    }
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double for the next 280,000 years")]
    Number::from_f64(millis as f64 / 1000.0).unwrap_or_else(|| Number::from(millis / 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formats_name_the_same_moment() {
        let at: Timestamp = "2026-11-23T03:00:00Z".parse().unwrap();
        for text in [
            "2026-11-23T03:00:00Z",
            "2026-11-23T03:00:00.000Z",
            "2026-11-23T03:00:00",
            "1795402800",
            "1795402800.0",
            "Mon, 23 Nov 2026 03:00:00 GMT",
        ] {
            assert_eq!(read(text), Some(at), "{text}");
        }
        assert_eq!(write(at, TimestampFormat::Rfc822, true), "Mon, 23 Nov 2026 03:00:00 GMT");
        assert_eq!(write(at, TimestampFormat::Iso8601, true), "2026-11-23T03:00:00.000Z");
        assert_eq!(write(at, TimestampFormat::Iso8601, false), "2026-11-23T03:00:00Z");
        assert_eq!(document(at), "2026-11-23T03:00:00Z");
        assert_eq!(document("2026-11-23T03:00:00.25Z".parse().unwrap()), "2026-11-23T03:00:00.250Z");
    }

    #[test]
    fn nonsense_is_no_timestamp() {
        for text in ["", "yesterday", "NaN", "1e300", "inf"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
