//! Properties as change sets show them.

use serde_json::{Value, json};

/// A resource's context: JSON with its properties, in which all scalars are texts.
pub(super) fn of(properties: &Value) -> String {
    json!({ "Properties": texts(properties) }).to_string()
}

/// A property's value: a text, or JSON.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    value.map(|value| match texts(value) {
        Value::String(text) => text,
        other => other.to_string(),
    })
}

fn texts(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), texts(value))).collect(),
        Value::Array(items) => items.iter().map(texts).collect(),
        Value::Number(number) => number.to_string().into(),
        Value::Bool(flag) => flag.to_string().into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_texts() {
        let properties = json!({"Days": 3, "Tags": [{"Key": "a", "Value": true}], "None": null});
        assert_eq!(of(&properties), r#"{"Properties":{"Days":"3","Tags":[{"Key":"a","Value":"true"}],"None":null}}"#);
        assert_eq!(text(properties.get("Days")).as_deref(), Some("3"));
        assert_eq!(text(properties.get("Tags")).as_deref(), Some(r#"[{"Key":"a","Value":"true"}]"#));
        assert_eq!(text(properties.get("Absent")), None);
    }
}
