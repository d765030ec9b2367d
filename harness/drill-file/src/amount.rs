//! Amounts with their units: `15m`, `50%`.

use std::borrow::Cow;
use std::time::Duration;

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Unexpected};
use serde::{Deserialize, Deserializer};

/// A time that is not zero, in hours, minutes and seconds: `26h`, `1h 30m`, `90s`, `500ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let read = text.parse::<SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok());
        let wrong = || de::Error::invalid_value(Unexpected::Str(&text), &"a time such as 15m, 26h or 1h 30m");
        read.filter(|span| !span.is_zero()).map(Self).ok_or_else(wrong)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A time that is not zero, in hours, minutes and seconds: `26h`, `1h 30m`, `90s`, `500ms`.",
            "pattern": "[1-9]",
        })
    }
}

/// A part of something, 0 or more: `50%`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percent(pub f64);

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let read = text.strip_suffix('%').and_then(|number| number.trim_end().parse::<f64>().ok());
        let wrong = || de::Error::invalid_value(Unexpected::Str(&text), &"a percentage, 0 or more, such as 50%");
        read.filter(|percent| percent.is_finite() && *percent >= 0.0).map(Self).ok_or_else(wrong)
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A part of something, 0 or more: `50%`.",
            "pattern": "^[0-9]+(\\.[0-9]+)? *%$",
        })
    }
}
