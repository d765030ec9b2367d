//! JSON bodies to documents and back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};

use crate::AwsError;
use crate::model::{Kind, Location, Member, ServiceModel};
use crate::timestamp;
use crate::timestamp::TimestampFormat;

/// Nesting beyond which a document is refused.
pub(crate) const DEEPEST: usize = 64;

/// `SerializationException`, what JSON services answer to a body of another shape.
pub(crate) fn serialization(message: impl Into<String>) -> AwsError {
    AwsError::new("SerializationException", 400, message)
}

/// Parses a body; an empty one is an empty object. AWS says nothing of one that is no JSON but that it cannot be read.
pub(crate) fn parse(body: &[u8]) -> Result<Value, AwsError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Map::new()));
    }
    // serde_json itself refuses nesting beyond 128.
    serde_json::from_slice(body).map_err(|_| serialization(""))
}

/// Reads a structure's body members (those without another location) from a JSON object.
pub(crate) fn read_structure(
    model: &ServiceModel,
    shape: usize,
    value: &Value,
    depth: usize,
) -> Result<Map<String, Value>, AwsError> {
    let Value::Object(object) = value else {
        return Err(mismatch(value, Kind::Structure));
    };
    let shape = model.shape(shape);
    let mut out = Map::new();
    for member in shape.members.iter().filter(|member| member.location == Location::Body) {
        if let Some(value) = object.get(member.wire())
            && let Some(read) = read(model, member, value, depth + 1)?
        {
            out.insert(member.name.clone(), read);
        }
    }
    if shape.open {
        for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            if !out.contains_key(name) && !shape.members.iter().any(|member| member.wire() == name) {
                out.insert(name.clone(), value.clone());
            }
        }
    }
    Ok(out)
}

/// Reads one value; `null` is absent.
pub(crate) fn read(model: &ServiceModel, member: &Member, value: &Value, depth: usize) -> Result<Option<Value>, AwsError> {
    if value.is_null() {
        return Ok(None);
    }
    if depth > DEEPEST {
        return Err(serialization("The request body is nested too deeply"));
    }
    let shape = model.shape(member.shape);
    let read = match shape.kind {
        Kind::Structure => Value::Object(read_structure(model, member.shape, value, depth)?),
        Kind::List => {
            let (Value::Array(items), Some(item)) = (value, &shape.item) else {
                return Err(mismatch(value, Kind::List));
            };
            let mut out = Vec::with_capacity(items.len());
            for value in items {
                out.extend(read(model, item, value, depth + 1)?);
            }
            Value::Array(out)
        }
        Kind::Map => {
            let (Value::Object(entries), Some(item)) = (value, &shape.value) else {
                return Err(mismatch(value, Kind::Map));
            };
            let mut out = Map::new();
            for (key, value) in entries {
                if let Some(read) = read(model, item, value, depth + 1)? {
                    out.insert(key.clone(), read);
                }
            }
            Value::Object(out)
        }
        Kind::String if value.is_string() => value.clone(),
        Kind::String => return Err(mismatch(value, shape.kind)),
        Kind::Integer | Kind::Long => integer(value).map(Value::Number).ok_or_else(|| mismatch(value, shape.kind))?,
        Kind::Float | Kind::Double if value.is_number() => value.clone(),
        Kind::Float | Kind::Double if value.as_str().is_some_and(|text| NOT_FINITE.contains(&text)) => value.clone(),
        Kind::Float | Kind::Double => return Err(mismatch(value, shape.kind)),
        Kind::Boolean if value.is_boolean() => value.clone(),
        Kind::Boolean => return Err(mismatch(value, shape.kind)),
        Kind::Blob => match value.as_str() {
            Some(text) if STANDARD.decode(text).is_ok() => value.clone(),
            _ => return Err(mismatch(value, shape.kind)),
        },
        Kind::Timestamp => {
            let at = match value {
                Value::Number(seconds) => seconds.as_f64().and_then(timestamp::from_seconds),
                Value::String(text) => timestamp::read(text),
                _ => None,
            };
            timestamp::document(at.ok_or_else(|| mismatch(value, shape.kind))?)
        }
        Kind::Document => value.clone(),
    };
    Ok(Some(read))
}

fn integer(value: &Value) -> Option<Number> {
    let number = value.as_number()?;
    if number.is_i64() {
        return Some(number.clone());
    }
    let whole = number.as_f64().filter(|whole| whole.fract() == 0.0 && whole.abs() < 9e15)?;
    #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
    Some(Number::from(whole as i64))
}

/// A value of another type than its member's, in AWS's words.
fn mismatch(value: &Value, wanted: Kind) -> AwsError {
    let token = match value {
        Value::Object(_) => return serialization("Start of structure or map found where not expected."),
        Value::Array(_) => return serialization("Start of list found where not expected"),
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
    };
    let wanted = match wanted {
        Kind::List => return serialization("Expected list or null"),
        Kind::Map => return serialization("Expected map or null"),
        Kind::Structure | Kind::Document => return serialization("Expected null"),
        Kind::String => "a String",
        Kind::Integer => "an Integer",
        Kind::Long => "a Long",
        Kind::Float => "a Float",
        Kind::Double => "a Double",
        Kind::Boolean => "a Boolean",
        Kind::Blob => "a Blob",
        Kind::Timestamp => "milliseconds since epoch",
    };
    serialization(format!("{token} can not be converted to {wanted}"))
}

/// Writes a structure's body members; nulls and members the model does not know are left out.
pub(crate) fn write_structure(model: &ServiceModel, shape: usize, value: &Value) -> Value {
    let shape = model.shape(shape);
    let mut out = Map::new();
    let Value::Object(object) = value else {
        return Value::Object(out);
    };
    for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
        match shape.member(name) {
            Some(member) if member.location == Location::Body => {
                out.insert(member.wire().to_owned(), write(model, member, value));
            }
            None if shape.open => {
                out.insert(name.clone(), value.clone());
            }
            _ => {}
        }
    }
    Value::Object(out)
}

/// How documents spell numbers that JSON has no spelling for, as JSON bodies do.
pub(crate) const NOT_FINITE: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// The spelling of a number that is not finite.
pub(crate) fn not_finite(number: f64) -> &'static str {
    match number {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    }
}

/// Writes one value.
pub(crate) fn write(model: &ServiceModel, member: &Member, value: &Value) -> Value {
    let shape = model.shape(member.shape);
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(_)) => write_structure(model, member.shape, value),
        (Kind::List, Value::Array(items)) => match &shape.item {
            Some(item) => items.iter().map(|value| write(model, item, value)).collect(),
            None => value.clone(),
        },
        (Kind::Map, Value::Object(entries)) => match &shape.value {
            Some(item) => Value::Object(
                entries
                    .iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(key, value)| (key.clone(), write(model, item, value)))
                    .collect(),
            ),
            None => value.clone(),
        },
        // A fraction is what tells clients of some languages a float from an integer.
        (Kind::Float | Kind::Double, Value::Number(number)) => number.as_f64().map_or_else(|| value.clone(), Value::from),
        (Kind::Timestamp, Value::String(text)) => match timestamp::read(text) {
            Some(at) => match member.timestamp_format.or(shape.timestamp_format) {
                Some(format @ (TimestampFormat::Iso8601 | TimestampFormat::Rfc822)) => timestamp::write(at, format, true).into(),
                _ => timestamp::number(at).into(),
            },
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::AwsError;
    use crate::model::service;

    /// What is said of a body that cannot be read, and the status.
    fn refusal(name: &str, operation: &str, body: &[u8]) -> AwsError {
        let model = service(name).unwrap();
        let head = http::Request::builder().method("POST").header("x-amz-target", format!("x.{operation}")).body(()).unwrap();
        model.codec().decode(model.operation(operation).unwrap(), &head.into_parts().0, body).unwrap_err()
    }

    #[test]
    fn a_value_of_another_type_is_refused_in_awss_words() {
        for (input, message) in [
            (
                json!({"QueueUrl": "q", "MessageBody": "b", "DelaySeconds": "5"}),
                "STRING_VALUE can not be converted to an Integer",
            ),
            (json!({"QueueUrl": "q", "MessageBody": "b", "DelaySeconds": true}), "TRUE_VALUE can not be converted to an Integer"),
            (json!({"QueueUrl": "q", "MessageBody": "b", "DelaySeconds": []}), "Start of list found where not expected"),
            (
                json!({"QueueUrl": "q", "MessageBody": "b", "DelaySeconds": {}}),
                "Start of structure or map found where not expected.",
            ),
            (json!({"QueueUrl": "q", "MessageBody": 5}), "NUMBER_VALUE can not be converted to a String"),
            (json!({"QueueUrl": "q", "MessageBody": false}), "FALSE_VALUE can not be converted to a String"),
            (json!({"QueueUrl": "q", "MessageBody": "b", "MessageAttributes": 5}), "Expected map or null"),
            (json!({"QueueUrl": "q", "MessageBody": "b", "MessageAttributes": []}), "Start of list found where not expected"),
            (json!({"QueueUrl": "q", "MessageBody": "b", "MessageAttributes": {"a": 5}}), "Expected null"),
            (json!([]), "Start of list found where not expected"),
        ] {
            let error = refusal("sqs", "SendMessage", input.to_string().as_bytes());
            assert_eq!(
                (error.code.as_str(), error.status, error.message.as_str()),
                ("SerializationException", 400, message),
                "{input}"
            );
        }
        let list = json!({"QueueUrl": "q", "Entries": "x"}).to_string();
        assert_eq!(refusal("sqs", "SendMessageBatch", list.as_bytes()).message, "Expected list or null");
        let time = json!({"logGroupName": "g", "retentionInDays": 1e30}).to_string();
        assert_eq!(
            refusal("logs", "PutRetentionPolicy", time.as_bytes()).message,
            "NUMBER_VALUE can not be converted to an Integer"
        );
        let time = json!({"Namespace": "n", "MetricName": "m", "StartTime": "soon", "EndTime": 1, "Period": 60}).to_string();
        let error = refusal("monitoring", "GetMetricStatistics", time.as_bytes());
        assert_eq!(error.message, "STRING_VALUE can not be converted to milliseconds since epoch");
    }

    #[test]
    fn a_null_is_absent_and_no_json_is_refused_without_words() {
        let error = refusal("sqs", "SendMessage", br#"{"QueueUrl":"q","MessageBody":null}"#);
        assert_eq!((error.code.as_str(), error.status), ("MissingParameter", 400));
        for body in [&b"{"[..], b"{\"QueueUrl\":\"q\",}", b"\xff"] {
            let error = refusal("sqs", "SendMessage", body);
            let answer = service("sqs").unwrap().codec().encode_error(&error, "id");
            assert_eq!(
                (answer.status().as_u16(), &answer.body()[..]),
                (400, &br#"{"__type":"com.amazon.coral.service#SerializationException"}"#[..])
            );
        }
    }
}
