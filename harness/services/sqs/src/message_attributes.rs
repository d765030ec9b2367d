//! Message attributes and the checksum that SDKs verify.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::bad_value;

/// A `MessageAttributeValue` of a request. Lists of values are reserved on AWS, which does not accept them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MessageAttributeValue {
    data_type: String,
    pub(super) string_value: Option<String>,
    /// Base64.
    binary_value: Option<String>,
}

/// Attributes by name, in the order that their checksum wants.
#[derive(Debug, Clone, Default)]
pub(super) struct MessageAttributes(BTreeMap<String, Attribute>);

#[derive(Debug, Clone)]
struct Attribute {
    kind: String,
    value: Payload,
}

#[derive(Debug, Clone)]
enum Payload {
    Text(String),
    Bytes(Vec<u8>),
}

/// Hexadecimal MD5 of a body.
pub(super) fn md5(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}

impl MessageAttributes {
    /// Checks the attributes of a request.
    pub(super) fn read(given: &BTreeMap<String, MessageAttributeValue>) -> Result<Self, AwsError> {
        let mut attributes = BTreeMap::new();
        for (name, value) in given {
            attributes.insert(name.clone(), attribute(name, value)?);
        }
        if attributes.len() > 10 {
            return Err(bad_value("Number of message attributes [more than 10] exceeds the allowed maximum [10]."));
        }
        Ok(Self(attributes))
    }

    /// Bytes that they add to the message's size.
    pub(super) fn size(&self) -> usize {
        let value = |value: &Payload| match value {
            Payload::Text(text) => text.len(),
            Payload::Bytes(bytes) => bytes.len(),
        };
        self.0.iter().map(|(name, attribute)| name.len() + attribute.kind.len() + value(&attribute.value)).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that `names` select: `All`, `.*`, `prefix.*` or a name.
    pub(super) fn select(&self, names: &[String]) -> Self {
        let wanted = |name: &str| {
            names.iter().any(|wanted| match wanted.strip_suffix(".*") {
                Some(prefix) => name.starts_with(prefix),
                None => wanted == "All" || wanted == "*" || wanted == name,
            })
        };
        Self(self.0.iter().filter(|(name, _)| wanted(name)).map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    pub(super) fn document(&self) -> Value {
        let describe = |attribute: &Attribute| match &attribute.value {
            Payload::Text(text) => json!({"StringValue": text, "DataType": attribute.kind}),
            Payload::Bytes(bytes) => json!({"BinaryValue": STANDARD.encode(bytes), "DataType": attribute.kind}),
        };
        Value::Object(self.0.iter().map(|(name, value)| (name.clone(), describe(value))).collect::<Map<_, _>>())
    }

    /// MD5 over names, types and values, each with its length, in order of names.
    pub(super) fn md5(&self) -> String {
        let mut digest = Md5::new();
        let mut part = |bytes: &[u8], marker: Option<u8>| {
            if let Some(marker) = marker {
                digest.update([marker]);
            }
            digest.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
            digest.update(bytes);
        };
        for (name, attribute) in &self.0 {
            part(name.as_bytes(), None);
            part(attribute.kind.as_bytes(), None);
            match &attribute.value {
                Payload::Text(text) => part(text.as_bytes(), Some(1)),
                Payload::Bytes(bytes) => part(bytes, Some(2)),
            }
        }
        hex::encode(digest.finalize())
    }
}

fn attribute(name: &str, given: &MessageAttributeValue) -> Result<Attribute, AwsError> {
    let kind = given.data_type.clone();
    let good_name = !name.is_empty()
        && name.len() <= 256
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        && !name.to_ascii_lowercase().starts_with("aws.")
        && !name.to_ascii_lowercase().starts_with("amazon.");
    if !good_name {
        return Err(bad_value(format!("The message attribute name '{name}' is invalid.")));
    }
    let value = match kind.split('.').next() {
        Some("String" | "Number") => given.string_value.clone().map(Payload::Text),
        Some("Binary") => given.binary_value.as_ref().and_then(|value| STANDARD.decode(value).ok()).map(Payload::Bytes),
        _ => {
            return Err(bad_value(format!(
                "The type of message (user) attribute '{name}' is invalid. You must use only the following supported type prefixes: \
                 Binary, Number, String."
            )));
        }
    };
    let number = kind.split('.').next() == Some("Number");
    match value {
        Some(Payload::Text(text)) if number && text.parse::<f64>().is_err() => {
            Err(bad_value(format!("Can't cast the value of message (user) attribute '{name}' to a number.")))
        }
        Some(Payload::Text(text)) if text.is_empty() => Err(empty(name, &kind)),
        Some(Payload::Bytes(bytes)) if bytes.is_empty() => Err(empty(name, &kind)),
        Some(value) => Ok(Attribute { kind, value }),
        None => Err(empty(name, &kind)),
    }
}

fn empty(name: &str, kind: &str) -> AwsError {
    bad_value(format!("Message (user) attribute '{name}' must contain a non-empty value of type '{kind}'."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: Value) -> Result<MessageAttributes, AwsError> {
        MessageAttributes::read(&serde_json::from_value(given).expect("attributes"))
    }

    #[test]
    fn the_checksum_covers_names_types_and_values_in_order_of_names() {
        let attributes = read(json!({
            "b": {"DataType": "Binary", "BinaryValue": "AQI="},
            "a": {"DataType": "String", "StringValue": "x"},
        }))
        .expect("valid");
        let mut bytes = Vec::new();
        for part in [&b"\0\0\0\x01a"[..], b"\0\0\0\x06String", b"\x01", b"\0\0\0\x01x"] {
            bytes.extend_from_slice(part);
        }
        for part in [&b"\0\0\0\x01b"[..], b"\0\0\0\x06Binary", b"\x02", b"\0\0\0\x02\x01\x02"] {
            bytes.extend_from_slice(part);
        }
        assert_eq!(attributes.md5(), md5(&bytes));
    }

    #[test]
    fn an_attribute_without_a_value_or_with_an_unknown_type_is_refused() {
        for bad in [
            json!({"a": {"DataType": "String"}}),
            json!({"a": {"DataType": "Text", "StringValue": "x"}}),
            json!({"a": {"DataType": "Number", "StringValue": "x"}}),
            json!({"AWS.a": {"DataType": "String", "StringValue": "x"}}),
        ] {
            assert_eq!(read(bad.clone()).expect_err("refused").code, "InvalidParameterValue", "{bad}");
        }
    }
}
