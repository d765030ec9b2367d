//! What befalls an instance, not a call.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::SignedDuration;
use nightproof_core::outage::Lasting;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A fault of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum InstanceFault {
    /// It has no route to the region.
    Offline(
        #[serde(deserialize_with = "lasting", serialize_with = "lasting_text")]
        #[schemars(schema_with = "lasting_schema")]
        Lasting,
    ),
    /// Its SSM agent is stopped, and then started again; what the agent runs goes on.
    AgentStopped(
        #[serde(deserialize_with = "lasting", serialize_with = "lasting_text")]
        #[schemars(schema_with = "lasting_schema")]
        Lasting,
    ),
    /// Its processors give it so many percent of their time from now on.
    CpuPercent(
        #[serde(deserialize_with = "percent")]
        #[schemars(range(min = 1, max = 100))]
        u8,
    ),
    /// Its clock is wrong by so much from now on, and until it boots again. It must have been booted as one whose programs are interposed.
    Clock(
        #[serde(deserialize_with = "offset")]
        #[schemars(schema_with = "offset_schema")]
        SignedDuration,
    ),
    /// Its disk reads and writes so many KiB a second, altogether, from now on and until it boots again. It must have been booted as
    /// one whose programs are interposed.
    DiskKibPerSecond(
        #[serde(deserialize_with = "kib")]
        #[schemars(range(min = 1))]
        u32,
    ),
}

impl InstanceFault {
    /// Whether programs must load a library for it, for which machines are prepared at their boot.
    pub fn is_interposed(self) -> bool {
        matches!(self, Self::Clock(_) | Self::DiskKibPerSecond(_))
    }
}

impl fmt::Display for InstanceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offline(lasting) => write!(f, "offline {lasting}"),
            Self::AgentStopped(lasting) => write!(f, "SSM agent stopped {lasting}"),
            Self::CpuPercent(percent) => write!(f, "{percent} % of the processors"),
            Self::Clock(offset) => write!(f, "clock wrong by {offset:#}"),
            Self::DiskKibPerSecond(kib) => write!(f, "disk reads and writes {kib} KiB/s"),
        }
    }
}

fn offset<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SignedDuration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = |_| de::Error::invalid_value(de::Unexpected::Str(&text), &"a duration with its sign, as +3h or -90m");
    text.parse().map_err(wrong)
}

fn offset_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "description": "A duration with its sign, as +3h or -90m." })
}

fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    within(deserializer, 1..=100, "percent of a processor's time, 1 to 100")
}

fn kib<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(deserializer, 1..=u32::MAX, "KiB a second, 1 to 4294967295")
}

/// A whole number of this range, which `expected` names.
fn within<'de, D, N>(deserializer: D, range: RangeInclusive<N>, expected: &str) -> Result<N, D::Error>
where
    D: Deserializer<'de>,
    N: TryFrom<u64> + PartialOrd,
{
    let number = u64::deserialize(deserializer)?;
    let wrong = || de::Error::invalid_value(de::Unexpected::Unsigned(number), &expected);
    N::try_from(number).ok().filter(|number| range.contains(number)).ok_or_else(wrong)
}

/// Seconds, or `always`.
fn lasting<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Lasting, D::Error> {
    struct Text;
    impl Visitor<'_> for Text {
        type Value = Lasting;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number of seconds, or `always`")
        }

        fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Lasting, E> {
            Ok(Lasting::Time(Duration::from_secs(seconds)))
        }

        fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Lasting, E> {
            let time = Duration::try_from_secs_f64(seconds);
            time.map(Lasting::Time).map_err(|_| E::invalid_value(de::Unexpected::Float(seconds), &self))
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Lasting, E> {
            if text == "always" { Ok(Lasting::Always) } else { Err(E::invalid_value(de::Unexpected::Str(text), &self)) }
        }
    }
    deserializer.deserialize_any(Text)
}

fn lasting_text<S: Serializer>(lasting: &Lasting, serializer: S) -> Result<S::Ok, S::Error> {
    match lasting {
        Lasting::Time(time) => serializer.serialize_f64(time.as_secs_f64()),
        Lasting::Always => serializer.serialize_str("always"),
    }
}

fn lasting_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "description": "Seconds, or `always`.", "oneOf": [{ "type": "number", "minimum": 0 }, { "const": "always" }] })
}
