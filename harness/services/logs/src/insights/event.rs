//! Events as queries see them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

/// The fields of an event, or of a row that a command made: their texts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Event {
    fields: BTreeMap<String, String>,
    /// Milliseconds.
    pub(super) time: i64,
}

impl Event {
    /// An event of a stream. The members of a message in JSON are fields, by their paths.
    pub(crate) fn new(time: i64, ingested: Timestamp, message: &str, log: &str, stream: &str, pointer: String) -> Self {
        let mut fields = BTreeMap::new();
        if let Ok(document @ Value::Object(_)) = serde_json::from_str(message) {
            flatten("", &document, &mut fields);
        }
        let stamp = |time: Timestamp| time.strftime("%Y-%m-%d %H:%M:%S.%3f").to_string();
        for (name, value) in [
            ("@timestamp", stamp(Timestamp::from_millisecond(time).unwrap_or_default())),
            ("@ingestionTime", stamp(ingested)),
            ("@message", message.to_owned()),
            ("@log", log.to_owned()),
            ("@logStream", stream.to_owned()),
            ("@ptr", pointer),
        ] {
            fields.insert(name.to_owned(), value);
        }
        Self { fields, time }
    }

    /// Of its message.
    pub(crate) fn bytes(&self) -> usize {
        self.get("@message").map_or(0, str::len)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    pub(super) fn set(&mut self, name: &str, value: String) {
        self.fields.insert(name.to_owned(), value);
    }
}

/// Fields of a document that are listed at most.
const MOST: usize = 200;

fn flatten(path: &str, value: &Value, fields: &mut BTreeMap<String, String>) {
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| flatten(&join(name), value, fields)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(number, value)| flatten(&join(&number.to_string()), value, fields));
        }
        Value::Null => {}
        _ if fields.len() >= MOST => {}
        Value::String(text) => drop(fields.insert(path.to_owned(), text.clone())),
        other => drop(fields.insert(path.to_owned(), other.to_string())),
    }
}
