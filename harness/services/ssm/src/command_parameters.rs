//! The parameters of SendCommand against those that the document declares.

use std::collections::BTreeMap;

use nightproof_core::service::AwsError;
use serde_json::{Map, Value, json};

use super::document::{Document, Kind, Parameter};

/// Names to lists of strings, as SendCommand has them.
pub(crate) type Given = BTreeMap<String, Vec<String>>;

fn invalid(message: String) -> AwsError {
    AwsError::new("InvalidParameters", 400, message)
}

/// The parameters in the types that the document declares, as the agent expects them: a `String` is a scalar, and a list
/// of one in its place makes the agent fail the command. Defaults are the agent's to fill in.
pub(crate) fn typed(document: &Document, given: &Given) -> Result<Value, AwsError> {
    let unknown: Vec<&str> = given.keys().filter(|name| !document.parameters.contains_key(*name)).map(String::as_str).collect();
    if !unknown.is_empty() {
        return Err(invalid(format!("Parameters [{}] are not defined in the document.", unknown.join(", "))));
    }
    let missing: Vec<&str> = document
        .parameters
        .iter()
        .filter(|(name, declared)| declared.default.is_none() && !given.contains_key(*name))
        .map(|(name, _)| name.as_str())
        .collect();
    if !missing.is_empty() {
        return Err(invalid(format!("Missing required parameters: [{}].", missing.join(", "))));
    }
    let mut typed = Map::new();
    for (name, values) in given {
        if let Some(declared) = document.parameters.get(name) {
            typed.insert(name.clone(), value(name, declared, values)?);
        }
    }
    Ok(Value::Object(typed))
}

/// How long the document lets a run take: its `executionTimeout` (or the step's literal), an hour where it has none.
pub(crate) fn execution_timeout(document: &Document, given: &Given) -> i64 {
    const HOUR: i64 = 3600;
    let parameter = |name: &str| {
        given
            .get(name)
            .and_then(|values| values.first().cloned())
            .or_else(|| document.parameters.get(name)?.default.as_ref().map(plain))
    };
    let resolve = |text: String| match text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) {
        Some(name) => parameter(name.trim()),
        None => Some(text),
    };
    let settings: Vec<&Value> = match document.content.get("mainSteps").and_then(Value::as_array) {
        Some(steps) => steps.iter().filter_map(|step| step.get("inputs")).collect(),
        None => document
            .content
            .get("runtimeConfig")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::values)
            .filter_map(|plugin| plugin.get("properties"))
            .flat_map(|properties| match properties {
                Value::Array(list) => list.iter().collect(),
                other => vec![other],
            })
            .collect(),
    };
    let total = settings
        .into_iter()
        .map(|inputs| {
            let seconds = inputs.get("timeoutSeconds").map(plain).and_then(resolve).and_then(|text| text.parse().ok());
            // The agent takes 5 to 172,800 seconds, and an hour for anything else.
            seconds.filter(|seconds| (5..=172_800).contains(seconds)).unwrap_or(HOUR)
        })
        .sum::<i64>();
    if total == 0 { HOUR } else { total.min(172_800) }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn value(name: &str, declared: &Parameter, values: &[String]) -> Result<Value, AwsError> {
    // What a reference to Parameter Store stands for, the agent alone will know.
    for text in values.iter().filter(|text| !text.contains("{{")) {
        if !declared.allowed_values.is_empty() && !declared.allowed_values.contains(text) {
            return Err(invalid(format!(
                "Parameter {name} has the value {text}, which is not among the allowed values [{}].",
                declared.allowed_values.join(", ")
            )));
        }
        if let Some(pattern) = &declared.allowed_pattern
            && !pattern.is_match(text)
        {
            return Err(invalid(format!("Parameter {name} does not match the allowed pattern of the document.")));
        }
        let length = text.chars().count();
        if length < declared.chars.0 || length > declared.chars.1 {
            return Err(invalid(format!("Parameter {name} has a value of {length} characters, which is out of bounds.")));
        }
    }
    let mismatch = || invalid(format!("Parameter {name} must be of type {}.", declared.kind.word()));
    let one = || match values {
        [one] => Ok(one),
        _ => Err(mismatch()),
    };
    Ok(match declared.kind {
        Kind::String => json!(one()?),
        Kind::StringList => {
            if values.len() < declared.items.0.max(1) || values.len() > declared.items.1 {
                return Err(invalid(format!("Parameter {name} has {} items, which is out of bounds.", values.len())));
            }
            json!(values)
        }
        Kind::Boolean => match one()?.to_ascii_lowercase().as_str() {
            "true" => json!(true),
            "false" => json!(false),
            _ => return Err(mismatch()),
        },
        Kind::Integer => json!(one()?.parse::<i64>().map_err(|_| mismatch())?),
        Kind::StringMap => {
            let map: Value = serde_json::from_str(one()?).map_err(|_| mismatch())?;
            if map.is_object() { map } else { return Err(mismatch()) }
        }
        Kind::MapList => {
            let maps: Result<Vec<Value>, _> = values.iter().map(|text| serde_json::from_str(text)).collect();
            json!(maps.map_err(|_| mismatch())?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws_documents;

    fn given(pairs: &[(&str, &[&str])]) -> Given {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), v.iter().map(|v| (*v).to_owned()).collect())).collect()
    }

    fn shell() -> Document {
        aws_documents::document("AWS-RunShellScript").expect("known")
    }

    #[test]
    fn a_string_parameter_reaches_the_agent_as_a_scalar_and_a_list_as_a_list() {
        let typed = typed(&shell(), &given(&[("commands", &["a", "b"]), ("executionTimeout", &["60"])])).expect("valid");
        assert_eq!(typed, json!({"commands": ["a", "b"], "executionTimeout": "60"}));
    }

    #[test]
    fn an_unknown_a_missing_and_an_ill_shaped_parameter_are_refused() {
        for bad in [
            given(&[("commands", &["a"]), ("command", &["a"])]),
            given(&[]),
            given(&[("commands", &["a"]), ("executionTimeout", &["0"])]),
            given(&[("commands", &["a"]), ("executionTimeout", &["172801"])]),
            given(&[("commands", &[])]),
            given(&[("commands", &["a"]), ("workingDirectory", &["/a", "/b"])]),
        ] {
            assert_eq!(typed(&shell(), &bad).expect_err("refused").code, "InvalidParameters", "{bad:?}");
        }
    }

    #[test]
    fn the_execution_timeout_comes_from_the_parameter_or_the_documents_default() {
        assert_eq!(execution_timeout(&shell(), &given(&[("commands", &["a"])])), 3600);
        assert_eq!(execution_timeout(&shell(), &given(&[("commands", &["a"]), ("executionTimeout", &["42"])])), 42);
    }
}
