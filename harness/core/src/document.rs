//! Reading members of a request's document. The codec has validated types and required members, so a member of a wrong
//! type reads as absent.

use jiff::Timestamp;
use serde_json::Value;

/// Members of an operation's input, by their names in the service model.
pub trait Members {
    /// A string.
    fn text(&self, name: &str) -> Option<&str>;
    /// A required string; empty if the codec let a request without it through.
    fn required(&self, name: &str) -> &str;
    /// A boolean; absent is `None`.
    fn flag(&self, name: &str) -> Option<bool>;
    /// An integer.
    fn number(&self, name: &str) -> Option<i64>;
    /// A list; absent is empty.
    fn list(&self, name: &str) -> &[Value];
    /// A list of strings; absent is empty.
    fn texts(&self, name: &str) -> Vec<&str>;
    /// Whether the member is there and neither an empty list nor an empty object.
    fn has(&self, name: &str) -> bool;
}

impl Members for Value {
    fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    fn required(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(Value::as_bool)
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Value::as_i64)
    }

    fn list(&self, name: &str) -> &[Value] {
        self.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    fn texts(&self, name: &str) -> Vec<&str> {
        self.list(name).iter().filter_map(Value::as_str).collect()
    }

    fn has(&self, name: &str) -> bool {
        match self.get(name) {
            None | Some(Value::Null) => false,
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::Object(members)) => !members.is_empty(),
            Some(_) => true,
        }
    }
}

/// Times that these services record have no fractions of a second.
pub fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
