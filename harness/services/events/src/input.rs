//! What a target receives of an event: all of it, a constant, a part, or a text made of parts.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html>

use std::collections::BTreeMap;

use nightproof_core::service::AwsError;
use serde_json::Value;

use super::target::{InputTransformer, Target};

/// The payload for `target`; `None` if a transformed event, which is to be an object, is no JSON.
pub(super) fn payload(target: &Target, event: &Value, rule_arn: &str, ingestion: &str) -> Option<String> {
    if let Some(constant) = &target.input {
        return Some(constant.clone());
    }
    if let Some(path) = &target.input_path {
        return Some(at(event, path).unwrap_or(&Value::Null).to_string());
    }
    match &target.input_transformer {
        Some(transformer) => transform(transformer, event, rule_arn, ingestion),
        None => Some(event.to_string()),
    }
}

/// Refuses a target whose input members AWS refuses.
pub(super) fn validate(target: &Target) -> Result<(), AwsError> {
    let given = [target.input.is_some(), target.input_path.is_some(), target.input_transformer.is_some()];
    let given = given.into_iter().filter(|given| *given).count();
    if given > 1 {
        let message = format!("Only one of Input, InputPath, or InputTransformer must be provided for target {}.", target.id);
        return Err(AwsError::validation(message));
    }
    if let Some(constant) = &target.input
        && serde_json::from_str::<Value>(constant).is_err()
    {
        return Err(AwsError::validation(format!("JSON syntax error in input for target {}.", target.id)));
    }
    if let Some(transformer) = &target.input_transformer {
        validate_variables(&target.id, transformer)?;
    }
    let paths = target.input_transformer.iter().flat_map(InputTransformer::paths).map(|(_, path)| path);
    let mut paths = paths.chain(&target.input_path);
    if let Some(path) = paths.find(|path| steps(path).is_none()) {
        return Err(AwsError::validation(format!("Invalid InputPath for target {}: {path}", target.id)));
    }
    Ok(())
}

/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html>
const MOST_VARIABLES: usize = 100;
const PREDEFINED: [&str; 5] = [
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
];

/// Variables are defined before they are used, and the names of AWS's own are taken.
fn validate_variables(id: &str, transformer: &InputTransformer) -> Result<(), AwsError> {
    let defined: Vec<&str> = transformer.paths().map(|(name, _)| name.as_str()).collect();
    if defined.len() > MOST_VARIABLES || defined.iter().any(|name| name.starts_with("AWS") || PREDEFINED.contains(name)) {
        return Err(AwsError::validation(format!("Invalid InputPathsMap for target {id}.")));
    }
    let mut used = pieces(&transformer.input_template).into_iter().filter_map(|piece| match piece {
        Piece::Variable(name) => Some(name),
        Piece::Text(_) => None,
    });
    match used.find(|name| !defined.contains(name) && !PREDEFINED.contains(name)) {
        Some(name) => Err(AwsError::validation(format!("InputTemplate for target {id} contains invalid placeholder {name}."))),
        None => Ok(()),
    }
}

fn transform(transformer: &InputTransformer, event: &Value, rule_arn: &str, ingestion: &str) -> Option<String> {
    let mut parts = BTreeMap::from([
        ("aws.events.rule-arn".to_owned(), Value::from(rule_arn)),
        ("aws.events.rule-name".to_owned(), Value::from(rule_arn.rsplit('/').next().unwrap_or_default())),
        ("aws.events.event.ingestion-time".to_owned(), Value::from(ingestion)),
        ("aws.events.event".to_owned(), without_detail(event)),
        ("aws.events.event.json".to_owned(), event.clone()),
    ]);
    for (name, path) in transformer.paths() {
        if let Some(found) = at(event, path) {
            parts.insert(name.clone(), found.clone());
        }
    }
    let is_object = transformer.input_template.trim_start().starts_with('{');
    let mut made = String::new();
    let mut quoted = false;
    for piece in pieces(&transformer.input_template) {
        match piece {
            Piece::Text(text) => {
                quoted ^= quotation_marks(text) % 2 == 1;
                made.push_str(text);
            }
            // Outside of quotation marks a value stands as JSON; one that the event does not have is an empty text.
            Piece::Variable(name) if !quoted => match parts.get(name) {
                Some(value) => made.push_str(&value.to_string()),
                None => made.push_str("\"\""),
            },
            // Inside of them, a list or an object stands as it is in an object, which it breaks, and without its quotation marks in a text.
            Piece::Variable(name) => match parts.get(name) {
                Some(Value::String(text)) => made.push_str(escaped(text).as_str()),
                Some(value) if is_object => made.push_str(&value.to_string()),
                Some(value) => made.push_str(&value.to_string().replace('"', "")),
                None => {}
            },
        }
    }
    let broken = is_object && serde_json::from_str::<Value>(&made).is_err();
    (!broken).then_some(made)
}

/// The predefined variable `aws.events.event`.
fn without_detail(event: &Value) -> Value {
    let mut shown = event.clone();
    if let Some(members) = shown.as_object_mut() {
        members.shift_remove("detail");
        if let Some(detail_type) = members.shift_remove("detail-type") {
            members.insert("detailType".to_owned(), detail_type);
        }
    }
    shown
}

enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
}

/// The parts of a template: texts, and variables in angle brackets.
fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut made = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('<') {
        let variable = after.split_once('>').filter(|(name, _)| is_variable(name));
        let Some((name, after)) = variable else {
            let (text, after) = rest.split_at(before.len() + 1);
            made.push(Piece::Text(text));
            rest = after;
            continue;
        };
        made.push(Piece::Text(before));
        made.push(Piece::Variable(name));
        rest = after;
    }
    made.push(Piece::Text(rest));
    made
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Quotation marks that begin or end a string.
fn quotation_marks(text: &str) -> usize {
    let mut after_backslash = false;
    text.chars()
        .filter(|&character| {
            let counts = character == '"' && !after_backslash;
            after_backslash = character == '\\' && !after_backslash;
            counts
        })
        .count()
}

/// A text as the content of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"')).unwrap_or_default().to_owned()
}

pub(super) fn at<'a>(event: &'a Value, path: &str) -> Option<&'a Value> {
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

    fn target(members: Value) -> Target {
        let mut target = json!({"Id": "t", "Arn": "arn:aws:lambda:us-east-1:1:function:f"});
        target.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        serde_json::from_value(target).unwrap()
    }

    #[test]
    fn a_target_gets_the_event_a_constant_a_part_or_a_text() {
        let event = json!({"detail": {"name": "x", "n": [1, 2]}});
        let given = |members: Value| payload(&target(members), &event, "arn:aws:events:us-east-1:1:rule/r", "now").unwrap();
        assert_eq!(given(json!({})), event.to_string());
        assert_eq!(given(json!({"Input": "{\"a\":1}"})), "{\"a\":1}");
        assert_eq!(given(json!({"InputPath": "$.detail.n[1]"})), "2");
        let transformer = json!({"InputPathsMap": {"n": "$.detail.name"}, "InputTemplate": "{\"a\": <n>, \"b\": \"<n> of <aws.events.rule-name>\"}"});
        assert_eq!(given(json!({"InputTransformer": transformer})), "{\"a\": \"x\", \"b\": \"x of r\"}");
    }

    #[test]
    fn a_transformed_event_stays_json_whatever_its_values_are() {
        let event = json!({"id": "1", "detail-type": "x", "detail": {"name": "a \"b\" \\ c", "list": [1, {"x": "y"}]}});
        let given = |template: &str| {
            let paths = json!({"name": "$.detail.name", "list": "$.detail.list", "missing": "$.detail.missing"});
            let target = target(json!({"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}));
            validate(&target).unwrap();
            payload(&target, &event, "arn:aws:events:us-east-1:1:rule/r", "now").unwrap()
        };
        assert_eq!(given("\"name: <name>\""), json!("name: a \"b\" \\ c").to_string());
        assert_eq!(given("{\"l\": <list>}"), json!({"l": [1, {"x": "y"}]}).to_string().replace("{\"l\":", "{\"l\": "));
        assert_eq!(given("\"list: <list>\""), "\"list: [1,{x:y}]\"");
        assert_eq!(given("\"<missing>, 1 < 2\""), "\", 1 < 2\"");
        assert_eq!(given("{\"m\": <missing>}"), "{\"m\": \"\"}");
        assert_eq!(given("<aws.events.event>"), json!({"id": "1", "detailType": "x"}).to_string());
        assert_eq!(given("<aws.events.event.json>"), event.to_string());
    }

    #[test]
    fn a_list_in_quotation_marks_breaks_an_object() {
        let paths = json!({"list": "$.detail.list"});
        let target = target(json!({"InputTransformer": {"InputPathsMap": paths, "InputTemplate": "{\"l\": \"<list>\"}"}}));
        assert_eq!(payload(&target, &json!({"detail": {"list": ["x"]}}), "arn:aws:events:us-east-1:1:rule/r", "now"), None);
    }

    #[test]
    fn a_template_uses_only_variables_that_are_defined() {
        let refused = |transformer: Value| validate(&target(json!({"InputTransformer": transformer}))).unwrap_err();
        let error = refused(json!({"InputPathsMap": {"a": "$.detail"}, "InputTemplate": "<a> <b>"}));
        assert_eq!(error.message, "InputTemplate for target t contains invalid placeholder b.");
        refused(json!({"InputPathsMap": {"aws.events.rule-arn": "$.detail"}, "InputTemplate": "1"}));
    }
}
