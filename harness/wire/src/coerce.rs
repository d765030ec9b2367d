//! Scalars in the model's types, for documents that were written by hand: a template spells `true` as text and a name as a number.

use serde_json::Value;

use crate::model::{Kind, ServiceModel, Shape};
use crate::operation::Operation;

impl ServiceModel {
    /// The input document with each scalar in the type that the model has for it, where its spelling allows: numbers and booleans become
    /// texts, and texts numbers or booleans. Everything else stays as it is, for [`validate`](Self::validate) or the operation to refuse.
    pub fn coerced(&self, operation: &Operation, mut input: Value) -> Value {
        if let Some(shape) = operation.input {
            coerce(self, self.shape(shape), &mut input, 0);
        }
        input
    }
}

fn coerce(model: &ServiceModel, shape: &Shape, value: &mut Value, depth: usize) {
    if depth > crate::json::DEEPEST {
        return;
    }
    match (shape.kind, &mut *value) {
        (Kind::Structure, Value::Object(members)) => {
            for (name, value) in members.iter_mut() {
                if let Some(member) = shape.member(name) {
                    coerce(model, model.shape(member.shape), value, depth + 1);
                }
            }
        }
        (Kind::List, Value::Array(items)) => {
            let Some(item) = &shape.item else { return };
            items.iter_mut().for_each(|value| coerce(model, model.shape(item.shape), value, depth + 1));
        }
        (Kind::Map, Value::Object(entries)) => {
            let Some(item) = &shape.value else { return };
            entries.iter_mut().for_each(|(_, value)| coerce(model, model.shape(item.shape), value, depth + 1));
        }
        (Kind::String, Value::Number(_) | Value::Bool(_)) => *value = Value::String(value.to_string()),
        (Kind::Integer | Kind::Long, Value::String(text)) => {
            if let Ok(number) = text.parse::<i64>() {
                *value = number.into();
            }
        }
        (Kind::Float | Kind::Double, Value::String(text)) => {
            if let Some(number) = text.parse().ok().and_then(serde_json::Number::from_f64) {
                *value = number.into();
            }
        }
        (Kind::Boolean, Value::String(text)) => {
            if let Ok(flag) = text.parse::<bool>() {
                *value = flag.into();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    fn coerced(operation: &str, input: super::Value) -> super::Value {
        let model = crate::service("events").unwrap();
        model.coerced(model.operation(operation).unwrap(), input)
    }

    #[test]
    fn scalars_take_the_model_s_type_at_any_depth() {
        assert_eq!(coerced("PutRule", json!({"Name": 1, "Description": true})), json!({"Name": "1", "Description": "true"}));
        let target = json!({"Id": 1, "Arn": "a", "RetryPolicy": {"MaximumRetryAttempts": "2"}});
        assert_eq!(
            coerced("PutTargets", json!({"Rule": "r", "Targets": [target]})),
            json!({"Rule": "r", "Targets": [{"Id": "1", "Arn": "a", "RetryPolicy": {"MaximumRetryAttempts": 2}}]})
        );
    }

    #[test]
    fn what_is_no_spelling_of_the_type_stays() {
        let input =
            json!({"Rule": "r", "Targets": [{"Input": {"a": 1}, "RetryPolicy": {"MaximumRetryAttempts": "two"}}], "Other": 1});
        assert_eq!(coerced("PutTargets", input.clone()), input);
    }
}
