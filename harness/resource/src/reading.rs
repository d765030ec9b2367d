//! What a resource is now: the answers of its service in the properties of its type.

use serde_json::{Map, Value};

/// Why a resource was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// It does not exist, or no longer.
    Gone,
    /// Resources of its type are not read by this region.
    Lacking,
    /// A service refused, in the words of a resource's status reason.
    Failed(String),
}

impl From<String> for Unread {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

/// The properties of a resource as they are, attributes among them; members that are null are those that it does not have. Scalars need not
/// have the types of the schema.
pub type Reading = std::result::Result<Value, Unread>;

/// The parts of an answer at these JSON pointers, by the names of properties. What is not there is left out.
pub fn members(answer: &Value, names: &[(&str, &str)]) -> Value {
    let members = names.iter().filter_map(|(name, pointer)| Some(((*name).to_owned(), answer.pointer(pointer)?.clone())));
    Value::Object(members.collect())
}

/// The document that a text holds, which policies and patterns are in answers; null if there is no text.
pub fn document(text: Option<&Value>) -> Value {
    match text {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()),
        other => other.cloned().unwrap_or_default(),
    }
}

/// The items of a list in an answer, each as `item` has it; null if there is no such list, or nothing in it.
pub fn items(answer: &Value, pointer: &str, item: impl Fn(&Value) -> Value) -> Value {
    match answer.pointer(pointer).and_then(Value::as_array) {
        Some(list) if !list.is_empty() => list.iter().map(item).collect(),
        _ => Value::Null,
    }
}

/// A document whose members begin with a capital letter, at any depth, as properties do.
pub fn capitalized(document: &Value) -> Value {
    match document {
        Value::Object(members) => {
            let each = members.iter().map(|(name, value)| {
                let mut letters = name.chars();
                let first = letters.next().map(|first| first.to_ascii_uppercase());
                (first.into_iter().chain(letters).collect::<String>(), capitalized(value))
            });
            Value::Object(each.collect::<Map<String, Value>>())
        }
        Value::Array(list) => list.iter().map(capitalized).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_put_into_properties() {
        let answer = json!({"group": {"retentionInDays": 3, "arn": "a"}, "list": [{"key": "k"}], "none": []});
        let found = members(&answer, &[("RetentionInDays", "/group/retentionInDays"), ("KmsKeyId", "/group/kmsKeyId")]);
        assert_eq!(found, json!({"RetentionInDays": 3}));
        assert_eq!(items(&answer, "/list", capitalized), json!([{"Key": "k"}]));
        assert_eq!((items(&answer, "/none", Value::clone), items(&answer, "/no", Value::clone)), (Value::Null, Value::Null));
    }

    #[test]
    fn documents_are_read_and_what_is_none_stays_a_text() {
        assert_eq!(document(Some(&json!("{\"a\": 1}"))), json!({"a": 1}));
        assert_eq!(document(Some(&json!("a: 1"))), json!("a: 1"));
        assert_eq!(document(None), Value::Null);
    }
}
