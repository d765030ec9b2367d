//! Times as texts.

/// A time as AWS writes it where a member is a string, to the millisecond.
pub(crate) fn stamp(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
