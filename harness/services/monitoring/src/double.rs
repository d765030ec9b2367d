//! Numbers of requests, which need not be finite: what they are for refuses that, in words of its own.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// A double as documents have it: a number, or the text `NaN`, `Infinity` or `-Infinity`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Double(pub(crate) f64);

impl<'de> Deserialize<'de> for Double {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl Visitor<'_> for Read {
            type Value = Double;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number")
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Double, E> {
                Ok(Double(value))
            }

            #[expect(clippy::cast_precision_loss, reason = "the member is a double")]
            fn visit_i64<E: Error>(self, value: i64) -> Result<Double, E> {
                Ok(Double(value as f64))
            }

            #[expect(clippy::cast_precision_loss, reason = "the member is a double")]
            fn visit_u64<E: Error>(self, value: u64) -> Result<Double, E> {
                Ok(Double(value as f64))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Double, E> {
                match text {
                    "NaN" => Ok(Double(f64::NAN)),
                    "Infinity" => Ok(Double(f64::INFINITY)),
                    "-Infinity" => Ok(Double(f64::NEG_INFINITY)),
                    other => Err(E::custom(format!("`{other}` is no number"))),
                }
            }
        }

        deserializer.deserialize_any(Read)
    }
}

/// A number in the words of AWS's messages: `NaN`, `1.0E400`.
impl fmt::Display for Double {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            f64::INFINITY => formatter.write_str("Infinity"),
            f64::NEG_INFINITY => formatter.write_str("-Infinity"),
            value => write!(formatter, "{value:?}"),
        }
    }
}
