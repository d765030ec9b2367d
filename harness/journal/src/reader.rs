//! Reads a journal back.

use std::io::{self, BufRead};

use serde_json::Value;

use crate::{Event, VERSION};

/// Why a line could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Reading failed.
    #[error("cannot read line {line} of the journal")]
    Read {
        /// From 1.
        line: usize,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Not an event.
    #[error("line {line} of the journal is no event")]
    Syntax {
        /// From 1.
        line: usize,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Of another version.
    #[error("line {line} of the journal has version `{found}`; this program reads version {VERSION}")]
    Version {
        /// From 1.
        line: usize,
        /// As found.
        found: String,
    },
}

/// The events of a journal, in order.
pub fn read(from: impl BufRead) -> impl Iterator<Item = Result<Event, ReadError>> {
    from.lines().zip(1..).map(|(text, line)| {
        let text = text.map_err(|source| ReadError::Read { line, source })?;
        let value: Value = serde_json::from_str(&text).map_err(|source| ReadError::Syntax { line, source })?;
        match value.get("version").and_then(Value::as_u64) {
            Some(version) if version == u64::from(VERSION) => {
                serde_json::from_value(value).map_err(|source| ReadError::Syntax { line, source })
            }
            _ => {
                let found = value.get("version").map_or_else(|| "none".to_owned(), ToString::to_string);
                Err(ReadError::Version { line, found })
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_refused_by_name() {
        let error = read(&br#"{"version":2,"time":"2026-01-01T00:00:00Z","type":"started"}"#[..]).next().unwrap().unwrap_err();
        assert!(error.to_string().contains("version `2`"), "{error}");
    }

    #[test]
    fn a_torn_line_is_named_by_its_number() {
        let text = b"{\"version\":1,\"time\":\"2026-01-01T00:00:00Z\",\"type\":\"progress\",\"step\":\"boot\",\"message\":\"x\"}\n{\"ver";
        let results: Vec<_> = read(&text[..]).collect();
        assert!(results[0].is_ok());
        assert!(matches!(results[1], Err(ReadError::Syntax { line: 2, .. })));
    }
}
