//! What a target receives of an event: all of it, a constant, a part, or a text made of parts.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html>

use std::collections::BTreeMap;

use serde_json::Value;

use crate::service::AwsError;
use crate::services::document::Members as _;

/// The payload for `target`.
pub(super) fn payload(target: &Value, event: &Value, rule_arn: &str, ingestion: &str) -> String {
    if let Some(constant) = target.text("Input") {
        return constant.to_owned();
    }
    if let Some(path) = target.text("InputPath") {
        return at(event, path).unwrap_or(&Value::Null).to_string();
    }
    match target.get("InputTransformer") {
        Some(transformer) => transform(transformer, event, rule_arn, ingestion),
        None => event.to_string(),
    }
}

/// Refuses a target whose input members AWS refuses.
pub(super) fn validate(target: &Value) -> Result<(), AwsError> {
    let given = ["Input", "InputPath", "InputTransformer"].into_iter().filter(|name| target.has(name)).count();
    if given > 1 {
        return Err(AwsError::validation("Only one of Input, InputPath, or InputTransformer must be provided."));
    }
    if let Some(constant) = target.text("Input")
        && serde_json::from_str::<Value>(constant).is_err()
    {
        return Err(AwsError::validation(format!("JSON syntax error in input for target {}.", target.required("Id"))));
    }
    let paths = target.get("InputTransformer").and_then(|value| value.get("InputPathsMap")).and_then(Value::as_object);
    let mut paths = paths.into_iter().flatten().filter_map(|(_, path)| path.as_str()).chain(target.text("InputPath"));
    if let Some(path) = paths.find(|path| steps(path).is_none()) {
        return Err(AwsError::validation(format!("Invalid InputPath for target {}: {path}", target.required("Id"))));
    }
    Ok(())
}

fn transform(transformer: &Value, event: &Value, rule_arn: &str, ingestion: &str) -> String {
    let mut parts = BTreeMap::from([
        ("aws.events.rule-arn".to_owned(), Value::from(rule_arn)),
        ("aws.events.rule-name".to_owned(), Value::from(rule_arn.rsplit('/').next().unwrap_or_default())),
        ("aws.events.event.ingestion-time".to_owned(), Value::from(ingestion)),
        ("aws.events.event".to_owned(), event.clone()),
        ("aws.events.event.json".to_owned(), event.clone()),
    ]);
    for (name, path) in transformer.get("InputPathsMap").and_then(Value::as_object).into_iter().flatten() {
        let found = path.as_str().and_then(|path| at(event, path)).cloned().unwrap_or(Value::Null);
        parts.insert(name.clone(), found);
    }
    let template = transformer.required("InputTemplate");
    let mut made = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('<') {
        made.push_str(before);
        let Some((name, after_name)) = after.split_once('>').filter(|(name, _)| parts.contains_key(*name)) else {
            made.push('<');
            rest = after;
            continue;
        };
        // Inside quotation marks a string stands bare, outside of them it brings its own.
        let quoted = made.matches('"').count() % 2 == 1;
        match parts.get(name) {
            Some(Value::String(text)) if quoted => made.push_str(text),
            Some(value) => made.push_str(&value.to_string()),
            None => {}
        }
        rest = after_name;
    }
    made.push_str(rest);
    made
}

fn at<'a>(event: &'a Value, path: &str) -> Option<&'a Value> {
    steps(path)?.into_iter().try_fold(event, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        value => value.get(step),
    })
}

/// The names in a path of dots and brackets: `$.detail.items[0]`.
fn steps(path: &str) -> Option<Vec<&str>> {
    let rest = path.strip_prefix('$')?;
    if !rest.is_empty() && !rest.starts_with(['.', '[']) {
        return None;
    }
    let names = rest.split(['.', '[']).skip(1).map(|step| step.trim_end_matches(']').trim_matches('\''));
    let names: Vec<&str> = names.collect();
    (!names.iter().any(|name| name.is_empty() || name.contains(['*', '?', '(']))).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_target_gets_the_event_a_constant_a_part_or_a_text() {
        let event = json!({"detail": {"name": "x", "n": [1, 2]}});
        let given = |target: Value| payload(&target, &event, "arn:aws:events:us-east-1:1:rule/r", "now");
        assert_eq!(given(json!({})), event.to_string());
        assert_eq!(given(json!({"Input": "{\"a\":1}"})), "{\"a\":1}");
        assert_eq!(given(json!({"InputPath": "$.detail.n[1]"})), "2");
        let transformer = json!({"InputPathsMap": {"n": "$.detail.name"}, "InputTemplate": "{\"a\": <n>, \"b\": \"<n> of <aws.events.rule-name>\"}"});
        assert_eq!(given(json!({"InputTransformer": transformer})), "{\"a\": \"x\", \"b\": \"x of r\"}");
    }
}
