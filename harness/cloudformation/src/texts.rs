//! Values in which every scalar is a text, as change sets show them and functions get them.

use serde_json::Value;

/// The value with its numbers and truth values as texts, at any depth.
pub(crate) fn texts(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), texts(value))).collect(),
        Value::Array(items) => items.iter().map(texts).collect(),
        scalar => text(scalar).map_or(Value::Null, Value::from),
    }
}

/// A scalar as a text; `None` for lists, objects and null.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_scalar_is_a_text() {
        let given = json!({"Size": 21, "On": true, "List": [1, {"Deep": false}], "Text": "x"});
        assert_eq!(texts(&given), json!({"Size": "21", "On": "true", "List": ["1", {"Deep": "false"}], "Text": "x"}));
        assert_eq!((text(&json!(1.5)).as_deref(), text(&json!([])), text(&Value::Null)), (Some("1.5"), None, None));
    }
}
