//! XML bodies to documents and back, by shape.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::AwsError;
use crate::codec::Codec;
use crate::json::NOT_FINITE;
use crate::model::{Kind, Location, Member, Shape};
use crate::protocol::Protocol;
use crate::timestamp;
use crate::timestamp::TimestampFormat;
use crate::xml::{Element, Writer};

/// What S3 answers to a body of another shape.
pub(crate) fn malformed() -> AwsError {
    AwsError::new(
        "MalformedXML",
        400,
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}

/// What becomes of elements that the model does not know: S3 refuses a request with them, a client reads over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    Refused,
    Ignored,
}

/// Reads a structure's body members from an element.
pub(crate) fn read_structure(
    codec: Codec<'_>,
    shape: &Shape,
    element: &Element,
    unknown: Unknown,
) -> Result<Map<String, Value>, AwsError> {
    let mut out = Map::new();
    for member in shape.members.iter().filter(|member| member.location == Location::Body) {
        if member.attribute {
            if let Some((_, value)) = element.attributes.iter().find(|(name, _)| name == member.xml()) {
                out.insert(member.name.clone(), Value::String(value.clone()));
            }
            continue;
        }
        let target = codec.model().shape(member.shape);
        let flattened = member.flattened || target.flattened;
        if flattened && target.kind == Kind::List {
            let Some(item) = &target.item else { continue };
            let found: Vec<Value> =
                element.children(member.xml()).map(|child| read(codec, item, child, unknown)).collect::<Result<_, _>>()?;
            if !found.is_empty() {
                out.insert(member.name.clone(), Value::Array(found));
            }
        } else if flattened && target.kind == Kind::Map {
            let entries = read_entries(codec, target, element.children(member.xml()), unknown)?;
            if !entries.is_empty() {
                out.insert(member.name.clone(), Value::Object(entries));
            }
        } else if let Some(child) = element.child(member.xml()) {
            out.insert(member.name.clone(), read(codec, member, child, unknown)?);
        }
    }
    let known = |child: &Element| shape.members.iter().any(|member| member.xml() == child.name);
    if unknown == Unknown::Ignored || shape.open || element.children.iter().all(known) { Ok(out) } else { Err(malformed()) }
}

fn read(codec: Codec<'_>, member: &Member, element: &Element, unknown: Unknown) -> Result<Value, AwsError> {
    let shape = codec.model().shape(member.shape);
    Ok(match shape.kind {
        Kind::Structure => Value::Object(read_structure(codec, shape, element, unknown)?),
        Kind::List => {
            let Some(item) = &shape.item else { return Err(malformed()) };
            let name = item.xml_name().unwrap_or("member");
            if unknown == Unknown::Refused && element.children.iter().any(|child| child.name != name) {
                return Err(malformed());
            }
            Value::Array(element.children(name).map(|child| read(codec, item, child, unknown)).collect::<Result<_, _>>()?)
        }
        Kind::Map => Value::Object(read_entries(codec, shape, element.children("entry"), unknown)?),
        _ if element.children.is_empty() => read_scalar(shape, &element.text).ok_or_else(malformed)?,
        _ => return Err(malformed()),
    })
}

/// Reads a map's entries, which have an element each.
fn read_entries<'e>(
    codec: Codec<'_>,
    shape: &Shape,
    entries: impl Iterator<Item = &'e Element>,
    unknown: Unknown,
) -> Result<Map<String, Value>, AwsError> {
    let (Some(key), Some(value)) = (&shape.key, &shape.value) else { return Err(malformed()) };
    let mut out = Map::new();
    for entry in entries {
        let name = entry.child(key.xml_name().unwrap_or("key")).ok_or_else(malformed)?;
        let found = entry.child(value.xml_name().unwrap_or("value")).ok_or_else(malformed)?;
        out.insert(name.text.clone(), read(codec, value, found, unknown)?);
    }
    Ok(out)
}

/// Reads a scalar from text: XML bodies, headers, query parameters, labels.
pub(crate) fn read_scalar(shape: &Shape, text: &str) -> Option<Value> {
    match shape.kind {
        Kind::String | Kind::Document => Some(Value::String(text.to_owned())),
        Kind::Integer | Kind::Long => text.trim().parse::<i64>().ok().map(Value::from),
        Kind::Float | Kind::Double if NOT_FINITE.contains(&text.trim()) => Some(Value::String(text.trim().to_owned())),
        Kind::Float | Kind::Double => text.trim().parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::Number),
        Kind::Boolean => match text.trim() {
            text if text.eq_ignore_ascii_case("true") || text == "1" => Some(Value::Bool(true)),
            text if text.eq_ignore_ascii_case("false") || text == "0" => Some(Value::Bool(false)),
            _ => None,
        },
        Kind::Timestamp => timestamp::read(text).map(timestamp::document),
        Kind::Blob => STANDARD.decode(text.trim()).ok().map(|_| Value::String(text.trim().to_owned())),
        Kind::Structure | Kind::List | Kind::Map => None,
    }
}

/// The members that are attributes of a structure's element.
pub(crate) fn attributes<'v>(shape: &'v Shape, object: &'v Map<String, Value>) -> impl Iterator<Item = (&'v str, &'v str)> {
    let members = shape.members.iter().filter(|member| member.attribute);
    members.filter_map(|member| Some((member.xml(), object.get(&member.name)?.as_str()?)))
}

/// Writes a structure's body members as elements, without an element for the structure itself.
pub(crate) fn write_members(codec: Codec<'_>, shape: &Shape, value: &Value, out: &mut Writer) {
    let Value::Object(object) = value else { return };
    // In the model's order, as AWS's own answers are.
    for member in shape.members.iter().filter(|member| member.location == Location::Body && !member.attribute) {
        if let Some(value) = object.get(&member.name).filter(|value| !value.is_null()) {
            write(codec, member, member.xml(), value, out);
        }
    }
}

/// Writes one value as an element of that name, or as several when its list is flattened.
pub(crate) fn write(codec: Codec<'_>, member: &Member, name: &str, value: &Value, out: &mut Writer) {
    let shape = codec.model().shape(member.shape);
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(object)) => {
            let attributes: Vec<(&str, &str)> = attributes(shape, object).collect();
            if attributes.iter().any(|(name, _)| name.starts_with("xsi:")) {
                let mut all = vec![("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")];
                all.extend(attributes);
                out.open_with(name, &all);
            } else {
                out.open_with(name, &attributes);
            }
            write_members(codec, shape, value, out);
            out.close(name);
        }
        (Kind::List, Value::Array(items)) => {
            let Some(item) = &shape.item else { return };
            let items = items.iter().filter(|item| !item.is_null());
            if member.flattened || shape.flattened {
                items.for_each(|value| write(codec, item, name, value, out));
                return;
            }
            out.open(name);
            let item_name = item.xml_name().unwrap_or("member");
            items.for_each(|value| write(codec, item, item_name, value, out));
            out.close(name);
        }
        (Kind::Map, Value::Object(entries)) => {
            let (Some(key), Some(item)) = (&shape.key, &shape.value) else { return };
            let flattened = member.flattened || shape.flattened;
            let entry = if flattened { name } else { "entry" };
            if !flattened {
                out.open(name);
            }
            for (found, value) in entries.iter().filter(|(_, value)| !value.is_null()) {
                out.open(entry);
                out.element(key.xml_name().unwrap_or("key"), found);
                write(codec, item, item.xml_name().unwrap_or("value"), value, out);
                out.close(entry);
            }
            if !flattened {
                out.close(name);
            }
        }
        _ => {
            let millis = matches!(codec.protocol(), Protocol::RestXml | Protocol::Ec2Query);
            let text = write_scalar(shape, member, value, TimestampFormat::Iso8601, millis);
            out.element(name, &text);
        }
    }
}

/// A scalar as text; timestamps in the model's format, else `format`.
pub(crate) fn write_scalar(shape: &Shape, member: &Member, value: &Value, format: TimestampFormat, millis: bool) -> String {
    match (shape.kind, value) {
        (Kind::Timestamp, Value::String(text)) => match timestamp::read(text) {
            Some(at) => timestamp::write(at, member.timestamp_format.or(shape.timestamp_format).unwrap_or(format), millis),
            None => text.clone(),
        },
        (_, Value::String(text)) => text.clone(),
        (Kind::Float | Kind::Double, Value::Number(number)) => {
            number.as_f64().map_or_else(|| value.to_string(), |number| Value::from(number).to_string())
        }
        (_, value) => value.to_string(),
    }
}
