//! Event patterns: which events a rule is for.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>

use serde_json::{Map, Value};

use crate::service::AwsError;

/// Checks a pattern; an operator that this region does not have is refused by its name.
pub fn validate(pattern: &str) -> Result<Value, AwsError> {
    let parsed: Value = serde_json::from_str(pattern).map_err(|error| invalid(&error.to_string()))?;
    match &parsed {
        Value::Object(members) if !members.is_empty() => check(members)?,
        _ => return Err(invalid("Filter is not an object")),
    }
    Ok(parsed)
}

fn invalid(reason: &str) -> AwsError {
    AwsError::new("InvalidEventPatternException", 400, format!("Event pattern is not valid. Reason: {reason}"))
}

fn check(members: &Map<String, Value>) -> Result<(), AwsError> {
    for (name, value) in members {
        if name.starts_with('$') {
            return Err(AwsError::not_implemented("events", &format!("EventPattern operator {name}")));
        }
        match value {
            Value::Object(inner) if !inner.is_empty() => check(inner)?,
            Value::Object(_) => return Err(invalid("Empty objects are not allowed")),
            Value::Array(items) if items.is_empty() => return Err(invalid("Empty arrays are not allowed")),
            Value::Array(items) => items.iter().try_for_each(check_alternative)?,
            _ => return Err(invalid(&format!("\"{name}\" must be an object or an array"))),
        }
    }
    Ok(())
}

fn check_alternative(item: &Value) -> Result<(), AwsError> {
    let Value::Object(operator) = item else {
        return if item.is_array() { Err(invalid("Match value must be String, number, true, false, or null")) } else { Ok(()) };
    };
    let mut entries = operator.iter();
    let (Some((name, operand)), None) = (entries.next(), entries.next()) else {
        return Err(invalid("Only one key allowed in match expression"));
    };
    let known = match name.as_str() {
        "prefix" | "suffix" | "equals-ignore-case" => operand.is_string(),
        "exists" => operand.is_boolean(),
        "anything-but" => !operand.is_object() && !operand.is_null(),
        _ => return Err(AwsError::not_implemented("events", &format!("EventPattern operator {name}"))),
    };
    if known { Ok(()) } else { Err(AwsError::not_implemented("events", &format!("EventPattern operator {name} with {operand}"))) }
}

/// Whether `event` is one that a validated `pattern` is for.
pub fn matches(pattern: &Value, event: &Value) -> bool {
    let Value::Object(members) = pattern else { return false };
    members.iter().all(|(name, wanted)| {
        let found = event.get(name);
        match wanted {
            Value::Object(_) => found.is_some_and(|found| matches(wanted, found)),
            Value::Array(alternatives) => alternatives.iter().any(|alternative| match found {
                Some(Value::Array(items)) => items.iter().any(|item| fits(alternative, Some(item))),
                found => fits(alternative, found),
            }),
            _ => false,
        }
    })
}

fn fits(alternative: &Value, found: Option<&Value>) -> bool {
    let Value::Object(operator) = alternative else { return found == Some(alternative) };
    let text = found.and_then(Value::as_str);
    operator.iter().all(|(name, operand)| {
        let wanted = operand.as_str().unwrap_or_default();
        match name.as_str() {
            "prefix" => text.is_some_and(|text| text.starts_with(wanted)),
            "suffix" => text.is_some_and(|text| text.ends_with(wanted)),
            "equals-ignore-case" => text.is_some_and(|text| text.eq_ignore_ascii_case(wanted)),
            "exists" => operand.as_bool() == Some(found.is_some()),
            "anything-but" => found.is_some_and(|found| match operand {
                Value::Array(items) => !items.contains(found),
                other => other != found,
            }),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patterns_match_by_value_by_nesting_and_by_operator() {
        let event = json!({"source": "my.app", "detail": {"state": "running", "tags": ["a", "b"]}});
        for (pattern, expected) in [
            (json!({"source": ["my.app", "other"]}), true),
            (json!({"source": ["other"]}), false),
            (json!({"detail": {"state": [{"prefix": "run"}], "tags": ["b"]}}), true),
            (json!({"detail": {"missing": [{"exists": false}]}}), true),
            (json!({"detail": {"state": [{"anything-but": ["running"]}]}}), false),
        ] {
            let parsed = validate(&pattern.to_string()).unwrap();
            assert_eq!(matches(&parsed, &event), expected, "{pattern}");
        }
    }

    #[test]
    fn operators_that_are_not_written_are_refused_by_name() {
        let error = validate(r#"{"detail":{"n":[{"numeric":[">",1]}]}}"#).unwrap_err();
        assert_eq!(error.code, "NotImplemented");
        assert!(error.message.contains("numeric"));
        assert_eq!(validate(r#"{"source":"x"}"#).unwrap_err().code, "InvalidEventPatternException");
    }
}
