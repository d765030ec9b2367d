//! Values of attributes, and items.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::service::AwsError;
use serde_json::{Map, Value, json};

use crate::decimal::Decimal;
use crate::error::{invalid_parameters, validation};

/// An item, by the names of its attributes.
pub(crate) type Item = BTreeMap<String, AttributeValue>;

/// Levels of lists and maps in an item.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-attributes>
const DEEPEST: usize = 32;

/// A value of one of DynamoDB's types.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AttributeValue {
    Text(String),
    Number(Decimal),
    Binary(Vec<u8>),
    Texts(BTreeSet<String>),
    Numbers(BTreeSet<Decimal>),
    Binaries(BTreeSet<Vec<u8>>),
    Map(Item),
    List(Vec<AttributeValue>),
    Null,
    Bool(bool),
}

impl AttributeValue {
    /// Reads a value as it is sent: an object with one member, which names the type.
    ///
    /// # Errors
    /// It has no type or several, or the value is not of its type.
    pub(crate) fn read(sent: &Value) -> Result<Self, AwsError> {
        Self::read_at(sent, 0)
    }

    fn read_at(sent: &Value, depth: usize) -> Result<Self, AwsError> {
        if depth > DEEPEST {
            return Err(validation("Nesting Levels have exceeded supported limits"));
        }
        let mut members = sent.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        let Some((kind, value)) = members.next() else {
            return Err(validation("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"));
        };
        if members.next().is_some() {
            let message =
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";
            return Err(validation(message));
        }
        let text = || value.as_str().unwrap_or_default();
        let items = || value.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(match kind.as_str() {
            "S" => Self::Text(text().to_owned()),
            "N" => Self::Number(Decimal::parse(text())?),
            "B" => Self::Binary(bytes(value)?),
            "SS" => Self::Texts(set(items(), "string", |one| Ok(one.as_str().unwrap_or_default().to_owned()))?),
            "NS" => Self::Numbers(set(items(), "number", |one| Decimal::parse(one.as_str().unwrap_or_default()))?),
            "BS" => Self::Binaries(set(items(), "binary", bytes)?),
            "M" => {
                let members = value.as_object().into_iter().flatten();
                Self::Map(
                    members.map(|(name, one)| Ok((name.clone(), Self::read_at(one, depth + 1)?))).collect::<Result<_, _>>()?,
                )
            }
            "L" => Self::List(items().iter().map(|one| Self::read_at(one, depth + 1)).collect::<Result<_, _>>()?),
            "NULL" if value == &Value::Bool(true) => Self::Null,
            "NULL" => return Err(invalid_parameters("Null attribute value types must have the value of true")),
            "BOOL" => Self::Bool(value.as_bool().unwrap_or_default()),
            _ => return Err(validation("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")),
        })
    }

    /// The value as it is answered.
    pub(crate) fn show(&self) -> Value {
        match self {
            Self::Text(text) => json!({ "S": text }),
            Self::Number(number) => json!({ "N": number.to_string() }),
            Self::Binary(bytes) => json!({ "B": STANDARD.encode(bytes) }),
            Self::Texts(texts) => json!({ "SS": texts }),
            Self::Numbers(numbers) => json!({ "NS": numbers.iter().map(Decimal::to_string).collect::<Vec<_>>() }),
            Self::Binaries(all) => json!({ "BS": all.iter().map(|bytes| STANDARD.encode(bytes)).collect::<Vec<_>>() }),
            Self::Map(members) => json!({ "M": show_item(members) }),
            Self::List(items) => json!({ "L": items.iter().map(Self::show).collect::<Vec<_>>() }),
            Self::Null => json!({ "NULL": true }),
            Self::Bool(flag) => json!({ "BOOL": flag }),
        }
    }

    /// The name of the type: `S`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "S",
            Self::Number(_) => "N",
            Self::Binary(_) => "B",
            Self::Texts(_) => "SS",
            Self::Numbers(_) => "NS",
            Self::Binaries(_) => "BS",
            Self::Map(_) => "M",
            Self::List(_) => "L",
            Self::Null => "NULL",
            Self::Bool(_) => "BOOL",
        }
    }

    /// The name of the type in the messages of update expressions: `STRING`.
    pub(crate) fn long_kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "STRING",
            Self::Number(_) => "NUMBER",
            Self::Binary(_) => "BINARY",
            Self::Texts(_) => "STRING_SET",
            Self::Numbers(_) => "NUMBER_SET",
            Self::Binaries(_) => "BINARY_SET",
            Self::Map(_) => "MAP",
            Self::List(_) => "LIST",
            Self::Null => "NULL",
            Self::Bool(_) => "BOOLEAN",
        }
    }

    /// The value as messages repeat it: `{N:5}`.
    pub(crate) fn in_words(&self) -> String {
        let shown = match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Binary(bytes) => STANDARD.encode(bytes),
            other => other.show().to_string(),
        };
        format!("{{{}:{shown}}}", self.kind())
    }

    /// Bytes that the value counts for.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Number(number) => number.size(),
            Self::Binary(bytes) => bytes.len(),
            Self::Texts(texts) => texts.iter().map(String::len).sum(),
            Self::Numbers(numbers) => numbers.iter().map(|number| number.size()).sum(),
            Self::Binaries(all) => all.iter().map(Vec::len).sum(),
            Self::Map(members) => 3 + members.iter().map(|(name, value)| name.len() + value.size() + 1).sum::<usize>(),
            Self::List(items) => 3 + items.iter().map(|value| value.size() + 1).sum::<usize>(),
            Self::Null | Self::Bool(_) => 1,
        }
    }

    /// The order of two values, if their types have one and are the same.
    pub(crate) fn order(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => Some(one.as_bytes().cmp(other.as_bytes())),
            (Self::Number(one), Self::Number(other)) => Some(one.cmp(other)),
            (Self::Binary(one), Self::Binary(other)) => Some(one.cmp(other)),
            _ => None,
        }
    }
}

fn bytes(sent: &Value) -> Result<Vec<u8>, AwsError> {
    STANDARD.decode(sent.as_str().unwrap_or_default()).map_err(|_| validation("A binary value is not Base64"))
}

/// The elements of a set, of which there is at least one, and each once.
fn set<T: Ord>(sent: &[Value], kind: &str, read: impl Fn(&Value) -> Result<T, AwsError>) -> Result<BTreeSet<T>, AwsError> {
    if sent.is_empty() {
        return Err(invalid_parameters(format!("An {kind} set  may not be empty")));
    }
    let elements: BTreeSet<T> = sent.iter().map(read).collect::<Result<_, _>>()?;
    if elements.len() < sent.len() {
        let all: Vec<&str> = sent.iter().map(|one| one.as_str().unwrap_or_default()).collect();
        return Err(invalid_parameters(format!("Input collection [{}] contains duplicates.", all.join(", "))));
    }
    Ok(elements)
}

/// Reads an item, or a part of one, as it is sent.
///
/// # Errors
/// A value is none.
pub(crate) fn read_item(sent: &Map<String, Value>) -> Result<Item, AwsError> {
    sent.iter().map(|(name, value)| Ok((name.clone(), AttributeValue::read(value)?))).collect()
}

/// An item as it is answered.
pub(crate) fn show_item(item: &Item) -> Value {
    Value::Object(item.iter().map(|(name, value)| (name.clone(), value.show())).collect())
}

/// Bytes that an item counts for: names and values.
pub(crate) fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value.size()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(sent: &Value) -> String {
        AttributeValue::read(sent).expect_err("refused").message
    }

    #[test]
    fn values_of_all_types_come_back_as_they_were_sent() {
        let item = json!({
            "s": {"S": ""}, "n": {"N": "1.5"}, "b": {"B": "kA=="}, "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2"]}, "bs": {"BS": ["AA=="]},
            "m": {"M": {"l": {"L": [{"NULL": true}, {"BOOL": false}]}}},
        });
        let read = read_item(item.as_object().unwrap()).unwrap();
        assert_eq!(show_item(&read), item);
        assert_eq!(item_size(&read), 1 + 1 + 2 + 1 + 1 + 2 + 2 + 2 + 4 + 2 + 1 + 1 + 3 + 1 + 1 + (3 + 2 + 2));
    }

    #[test]
    fn values_that_are_not_of_one_type_are_refused() {
        assert!(refused(&json!({})).starts_with("Supplied AttributeValue is empty"));
        assert!(refused(&json!({"S": "a", "N": "1"})).starts_with("Supplied AttributeValue has more than one datatypes"));
        assert!(refused(&json!({"SS": []})).ends_with("An string set  may not be empty"));
        assert!(refused(&json!({"NS": ["1", "1.0"]})).ends_with("Input collection [1, 1.0] contains duplicates."));
        assert!(refused(&json!({"NULL": false})).ends_with("must have the value of true"));
        let deep = (0..33).fold(json!({"S": "a"}), |inner, _| json!({ "L": [inner] }));
        assert_eq!(refused(&deep), "Nesting Levels have exceeded supported limits");
    }
}
