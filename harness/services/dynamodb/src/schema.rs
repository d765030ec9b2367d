//! Keys of tables and indexes.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.CoreComponents.html#HowItWorks.CoreComponents.PrimaryKey>

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::attribute::{AttributeValue, Item};
use crate::decimal::Decimal;
use crate::error::{invalid_parameters, key_mismatch, validation};

/// Bytes of a partition key's value, and of a sort key's.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-partition-sort-keys>
const LONGEST_PARTITION: usize = 2048;
const LONGEST_SORT: usize = 1024;

/// An attribute that is a key, and its type: `S`, `N` or `B`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyAttribute {
    pub(crate) name: String,
    pub(crate) kind: String,
}

/// The key of a table or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeySchema {
    pub(crate) partition: KeyAttribute,
    pub(crate) sort: Option<KeyAttribute>,
}

/// A value of a key attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeyValue {
    Text(String),
    Number(Decimal),
    Binary(Vec<u8>),
}

/// The key of an item. Items are in the order of a hash of their partition key, and in one partition in that of their sort key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ItemKey {
    pub(crate) hash: u64,
    pub(crate) partition: KeyValue,
    pub(crate) sort: Option<KeyValue>,
}

/// `AttributeDefinition`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttributeDefinition {
    attribute_name: String,
    attribute_type: String,
}

/// `KeySchemaElement`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct KeySchemaElement {
    attribute_name: String,
    key_type: String,
}

/// The types of attributes by their names.
pub(crate) type Definitions = BTreeMap<String, String>;

/// Reads the definitions of a request.
///
/// # Errors
/// A type that there is not, or two definitions of an attribute.
pub(crate) fn definitions(given: &[AttributeDefinition]) -> Result<Definitions, AwsError> {
    let mut read = Definitions::new();
    for (at, one) in given.iter().enumerate() {
        let member = format!("attributeDefinitions.{}.member.attributeType", at + 1);
        AwsError::check_enumerated(&member, &one.attribute_type, &["B", "N", "S"])?;
        if read.insert(one.attribute_name.clone(), one.attribute_type.clone()).is_some_and(|before| before != one.attribute_type)
        {
            return Err(invalid_parameters("Cannot have two attributes with the same name"));
        }
    }
    Ok(read)
}

impl KeySchema {
    /// Reads the key of a table, or of the index `index`.
    ///
    /// # Errors
    /// It is not one partition key with at most one sort key, of attributes that are defined.
    pub(crate) fn read(elements: &[KeySchemaElement], defined: &Definitions, index: Option<&str>) -> Result<Self, AwsError> {
        let attribute = |element: &KeySchemaElement| {
            let kind = defined.get(&element.attribute_name).ok_or_else(|| {
                let keys: Vec<&str> = elements.iter().map(|element| element.attribute_name.as_str()).collect();
                let defined: Vec<&str> = defined.keys().map(String::as_str).collect();
                let some = if keys.iter().any(|key| defined.contains(key)) { "Some index key" } else { "No index key" };
                let undefined: Vec<&str> = keys.iter().copied().filter(|key| !defined.contains(key)).collect();
                invalid_parameters(format!(
                    "{some} attributes are not defined in AttributeDefinitions. Keys: [{}], AttributeDefinitions: [{}]",
                    undefined.join(", "),
                    defined.join(", ")
                ))
            })?;
            Ok::<_, AwsError>(KeyAttribute { name: element.attribute_name.clone(), kind: kind.clone() })
        };
        let partitions = elements.iter().filter(|element| element.key_type == "HASH").count();
        if let Some(index) = index.filter(|_| elements.len() > 2 || partitions > 1) {
            let what = format!("the index {index} with a key of several attributes");
            return Err(AwsError::not_implemented("dynamodb", &what));
        }
        match elements {
            [partition] if partition.key_type == "HASH" => Ok(Self { partition: attribute(partition)?, sort: None }),
            [partition, sort] if partition.key_type == "HASH" && sort.key_type == "RANGE" => {
                if partition.attribute_name == sort.attribute_name {
                    let message = "Both the Hash Key and the Range Key element in the KeySchema have the same name";
                    return Err(validation(message));
                }
                Ok(Self { partition: attribute(partition)?, sort: Some(attribute(sort)?) })
            }
            [first, ..] if first.key_type != "HASH" => {
                Err(validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"))
            }
            [_, second] if second.key_type != "RANGE" => {
                Err(validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"))
            }
            _ => Err(AwsError::validation(
                "1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2",
            )),
        }
    }

    /// The names of the key's attributes.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.partition).chain(&self.sort).map(|key| key.name.as_str())
    }

    /// As a table's description has it.
    pub(crate) fn show(&self) -> Value {
        let sort = self.sort.iter().map(|key| (key, "RANGE"));
        let elements = std::iter::once((&self.partition, "HASH")).chain(sort);
        elements.map(|(key, kind)| json!({ "AttributeName": key.name, "KeyType": kind })).collect()
    }

    /// The key of an item that is to be kept.
    ///
    /// # Errors
    /// A key attribute is missing, empty, too long or of another type.
    pub(crate) fn of_item(&self, item: &Item) -> Result<ItemKey, AwsError> {
        let value = |key: &KeyAttribute| match item.get(&key.name) {
            None => Err(invalid_parameters(format!("Missing the key {} in the item", key.name))),
            Some(value) if value.kind() != key.kind => Err(invalid_parameters(format!(
                "Type mismatch for key {} expected: {} actual: {}",
                key.name,
                key.kind,
                value.kind()
            ))),
            Some(value) => key.checked(value),
        };
        self.made(value(&self.partition)?, self.sort.as_ref().map(value).transpose()?)
    }

    /// The key that a request gives.
    ///
    /// # Errors
    /// It does not have the key's attributes alone, or one is empty, too long or of another type.
    pub(crate) fn of_request(&self, key: &Item) -> Result<ItemKey, AwsError> {
        if key.len() != self.names().count() {
            return Err(key_mismatch());
        }
        let value = |attribute: &KeyAttribute| {
            let value = key.get(&attribute.name).filter(|value| value.kind() == attribute.kind).ok_or_else(key_mismatch)?;
            attribute.checked(value)
        };
        self.made(value(&self.partition)?, self.sort.as_ref().map(value).transpose()?)
    }

    fn made(&self, partition: KeyValue, sort: Option<KeyValue>) -> Result<ItemKey, AwsError> {
        if partition.size() > LONGEST_PARTITION {
            return Err(invalid_parameters(format!(
                "Size of hashkey has exceeded the maximum size limit of{LONGEST_PARTITION} bytes"
            )));
        }
        if sort.as_ref().is_some_and(|sort| sort.size() > LONGEST_SORT) {
            let message = format!("Aggregated size of all range keys has exceeded the size limit of {LONGEST_SORT} bytes");
            return Err(invalid_parameters(message));
        }
        Ok(ItemKey { hash: partition.hash(), partition, sort })
    }

    /// The key of an item in an index; `None` if the index does not have the item.
    pub(crate) fn in_index(&self, item: &Item) -> Option<ItemKey> {
        let value =
            |key: &KeyAttribute| item.get(&key.name).and_then(KeyValue::from_value).filter(|value| value.kind() == key.kind);
        let partition = value(&self.partition)?;
        let sort = match &self.sort {
            Some(key) => Some(value(key)?),
            None => None,
        };
        Some(ItemKey { hash: partition.hash(), partition, sort })
    }

    /// Refuses an item whose attributes cannot be keys of the index `index`.
    ///
    /// # Errors
    /// An attribute of another type, or empty.
    pub(crate) fn check_for_index(&self, item: &Item, index: &str) -> Result<(), AwsError> {
        for key in std::iter::once(&self.partition).chain(&self.sort) {
            let Some(value) = item.get(&key.name) else { continue };
            if value.kind() != key.kind {
                let (name, kind, actual) = (&key.name, &key.kind, value.kind());
                return Err(invalid_parameters(format!(
                    "Type mismatch for Index Key {name} Expected: {kind} Actual: {actual} IndexName: {index}"
                )));
            }
            if let Some(kind) = empty(value) {
                return Err(validation(format!(
                    "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty {kind} value. IndexName: {index}, IndexKey: {}",
                    key.name
                )));
            }
        }
        Ok(())
    }

    /// The key's attributes of an item.
    pub(crate) fn select(&self, item: &Item) -> Item {
        self.names().filter_map(|name| Some((name.to_owned(), item.get(name)?.clone()))).collect()
    }
}

impl KeyAttribute {
    fn checked(&self, value: &AttributeValue) -> Result<KeyValue, AwsError> {
        if let Some(kind) = empty(value) {
            return Err(validation(format!(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {kind} value. Key: {}",
                self.name
            )));
        }
        KeyValue::from_value(value).ok_or_else(key_mismatch)
    }

    /// Refuses a value that a condition on this key cannot have.
    ///
    /// # Errors
    /// It is of another type, or empty.
    pub(crate) fn check_operand(&self, value: &AttributeValue) -> Result<(), AwsError> {
        if value.kind() != self.kind {
            return Err(invalid_parameters("Condition parameter type does not match schema type"));
        }
        self.checked(value).map(drop)
    }
}

/// What a value is that no key may be: an empty string or binary.
fn empty(value: &AttributeValue) -> Option<&'static str> {
    match value {
        AttributeValue::Text(text) if text.is_empty() => Some("string"),
        AttributeValue::Binary(bytes) if bytes.is_empty() => Some("binary"),
        _ => None,
    }
}

impl KeyValue {
    fn from_value(value: &AttributeValue) -> Option<Self> {
        Some(match value {
            AttributeValue::Text(text) => Self::Text(text.clone()),
            AttributeValue::Number(number) => Self::Number(*number),
            AttributeValue::Binary(bytes) => Self::Binary(bytes.clone()),
            _ => return None,
        })
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "S",
            Self::Number(_) => "N",
            Self::Binary(_) => "B",
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Number(number) => number.size(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// As the condition key `dynamodb:LeadingKeys` has it.
    pub(crate) fn in_policies(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Binary(bytes) => STANDARD.encode(bytes),
        }
    }

    /// FNV-1a with its bits mixed: where the item is among all partitions. A scan reads in this order, and its segments are equal parts of it.
    /// <http://www.isthe.com/chongo/tech/comp/fnv/>
    fn hash(&self) -> u64 {
        let text;
        let bytes = match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
            Self::Number(number) => {
                text = number.to_string();
                text.as_bytes()
            }
        };
        let hash = bytes
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
        let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^ (mixed >> 33)
    }
}
