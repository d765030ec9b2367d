//! What befalls an instance, not a call.

use std::fmt;
use std::time::Duration;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

use crate::Region;
use crate::outage::Lasting;

/// A fault of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum InstanceFault {
    /// It has no route to the region.
    Offline(#[serde(deserialize_with = "lasting")] Lasting),
    /// Its SSM agent is stopped, and then started again; what the agent runs goes on.
    AgentStopped(#[serde(deserialize_with = "lasting")] Lasting),
}

impl InstanceFault {
    /// Has it befall an instance.
    pub fn befall(self, region: &Region, instance: &str) {
        match self {
            Self::Offline(lasting) => region.ways().begin(instance, lasting),
            Self::AgentStopped(lasting) => region.agents().begin(instance, lasting),
        }
    }
}

impl fmt::Display for InstanceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offline(lasting) => write!(f, "its instance is offline {lasting}"),
            Self::AgentStopped(lasting) => write!(f, "its instance's SSM agent is stopped {lasting}"),
        }
    }
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
