//! Reading resolved properties, which have the types of the resource's schema, and the answers of services.

use serde_json::Value;

/// The values of a property before and after, null where there is none; `None` if they are the same.
pub fn changed<'a>(old: &'a Value, new: &'a Value, name: &str) -> Option<(&'a Value, &'a Value)> {
    let (before, after) = (old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null));
    (before != after).then_some((before, after))
}

/// The texts in the list that a property is; empty if it is something else.
pub fn texts(properties: &Value, name: &str) -> Vec<String> {
    let list = properties.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The text at a JSON pointer; empty if there is none.
pub fn text(document: &Value, pointer: &str) -> String {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A copy of the named members.
pub fn pick(properties: &Value, names: &[&str]) -> Value {
    let members = names.iter().filter_map(|name| Some(((*name).to_owned(), properties.get(*name)?.clone())));
    Value::Object(members.collect())
}

/// The text that a policy, or another document that a property holds, is sent as.
pub fn policy(document: &Value) -> Value {
    match document {
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_property_that_appears_or_disappears_has_changed() {
        let (old, new) = (json!({"A": 1, "B": {"x": 1, "y": 2}}), json!({"B": {"y": 2, "x": 1}, "C": 3}));
        assert_eq!(changed(&old, &new, "A"), Some((&json!(1), &Value::Null)));
        assert_eq!(changed(&old, &new, "B"), None, "the order of members is no difference");
        assert_eq!(changed(&old, &new, "C"), Some((&Value::Null, &json!(3))));
    }
}
