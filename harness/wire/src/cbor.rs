//! CBOR bodies to documents and back, see <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ciborium::Value as Item;
use serde_json::{Map, Number, Value};

use crate::AwsError;
use crate::json::{DEEPEST, not_finite, serialization};
use crate::model::{Kind, Member, ServiceModel};
use crate::timestamp;

/// The tag of seconds since 1970, <https://www.rfc-editor.org/rfc/rfc8949.html#name-epoch-based-date-time>.
const EPOCH: u64 = 1;

/// Reads a structure from a body; an empty one is an empty structure.
pub(crate) fn read(model: &ServiceModel, shape: usize, body: &[u8]) -> Result<Map<String, Value>, AwsError> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    let mut rest = body;
    let item = ciborium::de::from_reader_with_recursion_limit(&mut rest, DEEPEST).ok().filter(|_| rest.is_empty());
    read_structure(model, shape, item.ok_or_else(|| serialization("The request body is not valid CBOR"))?)
}

/// The members of an error; empty if it cannot be read.
pub(crate) fn read_error(body: &[u8]) -> Map<String, Value> {
    let item = ciborium::de::from_reader_with_recursion_limit(body, DEEPEST).ok();
    match item.and_then(|item| document(item).ok()) {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

fn read_structure(model: &ServiceModel, shape: usize, item: Item) -> Result<Map<String, Value>, AwsError> {
    let entries = item.into_map().map_err(|item| mismatch(&item, "a structure"))?;
    let shape = model.shape(shape);
    let mut out = Map::new();
    for (name, item) in entries {
        let member = name.as_text().and_then(|name| shape.members.iter().find(|member| member.wire() == name));
        if let Some(member) = member
            && let Some(value) = read_member(model, member, item)?
        {
            out.insert(member.name.clone(), value);
        }
    }
    Ok(out)
}

/// Reads one value; null is absent.
fn read_member(model: &ServiceModel, member: &Member, item: Item) -> Result<Option<Value>, AwsError> {
    let shape = model.shape(member.shape);
    Ok(Some(match (shape.kind, item) {
        (_, Item::Null) => return Ok(None),
        (Kind::Structure, item) => Value::Object(read_structure(model, member.shape, item)?),
        (Kind::List, Item::Array(items)) => {
            let Some(each) = &shape.item else { return Ok(None) };
            let read = items.into_iter().map(|item| read_member(model, each, item));
            Value::Array(read.filter_map(Result::transpose).collect::<Result<_, _>>()?)
        }
        (Kind::Map, Item::Map(entries)) => {
            let Some(each) = &shape.value else { return Ok(None) };
            let mut out = Map::new();
            for (key, item) in entries {
                let key = key.into_text().map_err(|key| mismatch(&key, "a string"))?;
                if let Some(value) = read_member(model, each, item)? {
                    out.insert(key, value);
                }
            }
            Value::Object(out)
        }
        (Kind::String, Item::Text(text)) => Value::String(text),
        (Kind::Integer | Kind::Long, Item::Integer(number)) => {
            let number = i64::try_from(number).ok().filter(|number| shape.kind == Kind::Long || i32::try_from(*number).is_ok());
            number.ok_or_else(|| serialization("The number is too large for its type"))?.into()
        }
        (Kind::Float | Kind::Double, Item::Float(number)) => float(number),
        #[expect(clippy::cast_precision_loss, reason = "a client that writes a double as an integer has no more precision")]
        (Kind::Float | Kind::Double, Item::Integer(number)) => float(i128::from(number) as f64),
        (Kind::Boolean, Item::Bool(flag)) => Value::Bool(flag),
        (Kind::Blob, Item::Bytes(bytes)) => Value::String(STANDARD.encode(bytes)),
        (Kind::Timestamp, Item::Tag(EPOCH, seconds)) => {
            let seconds = match *seconds {
                Item::Float(seconds) => Some(seconds),
                #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact in a double for millions of years")]
                Item::Integer(seconds) => Some(i128::from(seconds) as f64),
                _ => None,
            };
            let at = seconds.and_then(timestamp::from_seconds).ok_or_else(|| serialization("The timestamp cannot be read"))?;
            timestamp::document(at)
        }
        (Kind::Document, item) => document(item)?,
        (kind, item) => return Err(mismatch(&item, expected(kind))),
    }))
}

fn float(number: f64) -> Value {
    Number::from_f64(number).map_or_else(|| not_finite(number).into(), Value::Number)
}

/// A value of no particular shape.
fn document(item: Item) -> Result<Value, AwsError> {
    Ok(match item {
        Item::Null => Value::Null,
        Item::Bool(flag) => Value::Bool(flag),
        Item::Text(text) => Value::String(text),
        Item::Float(number) => float(number),
        Item::Integer(number) => i64::try_from(number).map_err(|_| serialization("The number is too large"))?.into(),
        Item::Array(items) => items.into_iter().map(document).collect::<Result<_, _>>()?,
        Item::Map(entries) => {
            let entries = entries.into_iter().map(|(key, item)| {
                let key = key.into_text().map_err(|key| mismatch(&key, "a string"))?;
                Ok((key, document(item)?))
            });
            Value::Object(entries.collect::<Result<_, AwsError>>()?)
        }
        item => return Err(mismatch(&item, "a document")),
    })
}

fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Structure => "a structure",
        Kind::List => "a list",
        Kind::Map => "a map",
        Kind::String => "a string",
        Kind::Integer | Kind::Long => "an integer",
        Kind::Float | Kind::Double => "a number",
        Kind::Boolean => "a boolean",
        Kind::Blob => "a blob",
        Kind::Timestamp => "a timestamp",
        Kind::Document => "a document",
    }
}

fn mismatch(item: &Item, wanted: &str) -> AwsError {
    let found = match item {
        Item::Integer(_) | Item::Float(_) => "a number",
        Item::Bytes(_) => "a blob",
        Item::Text(_) => "a string",
        Item::Bool(_) => "a boolean",
        Item::Array(_) => "a list",
        Item::Map(_) => "a structure",
        _ => "a value",
    };
    serialization(format!("Unexpected {found} where the service expects {wanted}"))
}

/// The body that a structure is written as; nulls and members the model does not know are left out.
pub(crate) fn write(model: &ServiceModel, shape: usize, value: &Value) -> Vec<u8> {
    bytes(&write_structure(model, shape, value))
}

/// The body that a document without a shape is written as.
pub(crate) fn write_value(value: &Value) -> Vec<u8> {
    bytes(&item(value))
}

fn bytes(item: &Item) -> Vec<u8> {
    let mut out = Vec::new();
    // A vector takes everything.
    let _ = ciborium::into_writer(item, &mut out);
    out
}

fn write_structure(model: &ServiceModel, shape: usize, value: &Value) -> Item {
    let shape = model.shape(shape);
    let members = value.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let written = members.filter_map(|(name, value)| {
        let member = shape.member(name)?;
        Some((Item::Text(member.wire().to_owned()), write_member(model, member, value)))
    });
    Item::Map(written.collect())
}

fn write_member(model: &ServiceModel, member: &Member, value: &Value) -> Item {
    let shape = model.shape(member.shape);
    match (shape.kind, value) {
        (Kind::Structure, value) => write_structure(model, member.shape, value),
        (Kind::List, Value::Array(items)) => match &shape.item {
            Some(each) => Item::Array(items.iter().map(|value| write_member(model, each, value)).collect()),
            None => item(value),
        },
        (Kind::Map, Value::Object(entries)) => match &shape.value {
            Some(each) => {
                let entries = entries.iter().filter(|(_, value)| !value.is_null());
                Item::Map(entries.map(|(key, value)| (Item::Text(key.clone()), write_member(model, each, value))).collect())
            }
            None => item(value),
        },
        (Kind::Float | Kind::Double, Value::Number(number)) => Item::Float(number.as_f64().unwrap_or_default()),
        (Kind::Float | Kind::Double, Value::String(text)) => Item::Float(text.parse().unwrap_or(f64::NAN)),
        (Kind::Blob, Value::String(text)) => Item::Bytes(STANDARD.decode(text).unwrap_or_default()),
        (Kind::Timestamp, Value::String(text)) => match timestamp::read(text) {
            Some(at) => Item::Tag(EPOCH, Box::new(Item::Float(timestamp::number(at).as_f64().unwrap_or_default()))),
            None => item(value),
        },
        _ => item(value),
    }
}

fn item(value: &Value) -> Item {
    match value {
        Value::Null => Item::Null,
        Value::Bool(flag) => Item::Bool(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Item::Integer(number.into()),
            None => Item::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Item::Text(text.clone()),
        Value::Array(items) => Item::Array(items.iter().map(item).collect()),
        Value::Object(entries) => Item::Map(entries.iter().map(|(key, value)| (Item::Text(key.clone()), item(value))).collect()),
    }
}
