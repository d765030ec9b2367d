//! Properties as change sets show them.

use serde_json::{Value, json};

use crate::texts::texts;

/// A resource's context: JSON with its properties, in which all scalars are texts.
pub(super) fn document(properties: &Value) -> String {
    json!({ "Properties": texts(properties) }).to_string()
}

/// A property's value: a text, or JSON.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    value.map(|value| match texts(value) {
        Value::String(text) => text,
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_texts() {
        let properties = json!({"Days": 3, "Tags": [{"Key": "a", "Value": true}], "None": null});
        assert_eq!(document(&properties), r#"{"Properties":{"Days":"3","Tags":[{"Key":"a","Value":"true"}],"None":null}}"#);
        assert_eq!(text(properties.get("Days")).as_deref(), Some("3"));
        assert_eq!(text(properties.get("Tags")).as_deref(), Some(r#"[{"Key":"a","Value":"true"}]"#));
        assert_eq!(text(properties.get("Absent")), None);
    }
}
