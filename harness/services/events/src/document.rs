//! Members of documents.

use serde_json::Value;

/// Sets a member of an object.
pub(crate) fn put(document: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = document {
        members.insert(name.to_owned(), value);
    }
}
