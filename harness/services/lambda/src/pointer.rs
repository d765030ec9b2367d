//! Texts in documents.

use serde_json::Value;

/// The text at a JSON pointer; empty if there is none.
pub(crate) fn pointer(document: &Value, pointer: &str) -> String {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
