//! Values of parameters with `NoEcho` are in no answer.

use serde_json::Value;

const MASK: &str = "****";

/// A property's value with those parts masked that are masked in `shown`, which is the property as events show it.
pub(super) fn masked(value: &Value, shown: Option<&Value>) -> Value {
    match (value, shown) {
        (value, Some(Value::String(text))) if text.contains(MASK) && !value.is_null() => MASK.into(),
        (Value::Object(members), Some(Value::Object(shown))) => {
            let each = members.iter().map(|(name, value)| (name.clone(), masked(value, shown.get(name))));
            Value::Object(each.collect())
        }
        // What is in a list may be in another order: all of it is masked where anything is.
        (Value::Array(_), Some(shown @ Value::Array(_))) if shown.to_string().contains(MASK) => MASK.into(),
        (value, _) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_masked_in_events_is_masked_here() {
        let value = json!({"Variables": {"A": "secret", "B": "x"}, "List": ["secret"], "Other": ["y"]});
        let shown = json!({"Variables": {"A": "a****", "B": "x"}, "List": ["****"], "Other": ["y"]});
        let expected = json!({"Variables": {"A": "****", "B": "x"}, "List": "****", "Other": ["y"]});
        assert_eq!(masked(&value, Some(&shown)), expected);
        assert_eq!(masked(&Value::Null, Some(&json!("****"))), Value::Null);
    }
}
