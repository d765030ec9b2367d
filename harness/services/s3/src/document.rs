//! Reading the members of an input document.

use jiff::Timestamp;
use serde_json::Value;

/// The string member `name`, if it is there and not empty.
pub(super) fn text<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The string member `name` as an owned value.
pub(super) fn owned(input: &Value, name: &str) -> Option<String> {
    text(input, name).map(str::to_owned)
}

/// The Boolean member `name`; absent is `None`.
pub(super) fn flag(input: &Value, name: &str) -> Option<bool> {
    input.get(name).and_then(Value::as_bool)
}

/// The whole-number member `name`.
pub(super) fn number(input: &Value, name: &str) -> Option<i64> {
    input.get(name).and_then(Value::as_i64)
}

/// The timestamp member `name`.
pub(super) fn time(input: &Value, name: &str) -> Option<Timestamp> {
    text(input, name).and_then(|text| text.parse().ok())
}

/// The list member `name`; absent is empty.
pub(super) fn list<'a>(input: &'a Value, name: &str) -> &'a [Value] {
    input.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Region time as S3 keeps it: whole seconds.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
