//! Reading the members of an input document.

use jiff::Timestamp;
use nightproof_wire::AwsError;
use serde_json::Value;

use crate::error::malformed_xml;

/// The string member `name`, if it is there and not empty.
pub(super) fn text<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The document of a request, which it may not be without.
pub(super) fn payload(given: &Option<Value>) -> Result<&Value, AwsError> {
    given.as_ref().filter(|value| value.is_object()).ok_or_else(malformed_xml)
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

/// Sets a member of a document.
pub(crate) fn set(document: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = document {
        members.insert(name.to_owned(), value);
    }
}

/// Removes members that are `null`: absent members of an output are written so.
pub(crate) fn without_nulls(mut document: Value) -> Value {
    match &mut document {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            for value in members.values_mut() {
                *value = without_nulls(std::mem::take(value));
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_nulls(std::mem::take(item));
            }
        }
        _ => {}
    }
    document
}
