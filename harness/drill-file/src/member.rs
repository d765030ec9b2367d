//! Members that drill files and incident files have alike: how each is read, and its schema.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Unexpected};
use serde::{Deserialize, Deserializer};

/// A text that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || de::Error::invalid_value(Unexpected::Str(&text), &"a text that is not blank");
        if text.trim().is_empty() { Err(wrong()) } else { Ok(Self(text)) }
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "\\S" })
    }
}

/// The version of both formats.
const VERSION: u32 = 1;
const MOST_NIGHTS: u32 = 366;

/// Reads the version.
///
/// # Errors
/// It is another one than the program reads.
pub fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let version = u32::deserialize(deserializer)?;
    let wrong = || de::Error::custom(format!("it has version {version}, this nightproof reads {VERSION}"));
    if version == VERSION { Ok(version) } else { Err(wrong()) }
}

/// Reads how many nights are rehearsed.
///
/// # Errors
/// It is none, or more than a year has.
pub fn nights<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    checked_nights(u32::deserialize(deserializer)?)
}

/// As [`nights`], where they may be left out.
pub(crate) fn checked_nights<E: de::Error>(nights: u32) -> Result<u32, E> {
    let wrong = || E::custom(format!("nights is {nights}, and may be 1 to {MOST_NIGHTS}"));
    if (1..=MOST_NIGHTS).contains(&nights) { Ok(nights) } else { Err(wrong()) }
}

/// The schema of parameters: CloudFormation's are texts, and in YAML some look like numbers.
pub fn scalars(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] } })
}
