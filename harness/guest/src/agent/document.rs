//! A command's document: its steps, with parameters filled in.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html>

use serde_json::{Map, Value};

/// One step of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// The plugin's id: the step's name in schema 2.2, the plugin's in 1.2.
    pub id: String,
    /// `aws:runShellScript`
    pub action: String,
    /// The plugin's inputs, filled in.
    pub inputs: Value,
    /// Whether the step is for this platform.
    pub applies: bool,
}

/// The steps of `content` with `given` parameters and the document's defaults.
pub(super) fn steps(content: &Value, given: &Value) -> Result<Vec<Step>, String> {
    let parameters = parameters(content, given)?;
    match content.get("schemaVersion").and_then(Value::as_str).unwrap_or_default() {
        "1.2" | "1.0" => {
            let config = content.get("runtimeConfig").and_then(Value::as_object).ok_or("the document has no runtimeConfig")?;
            let mut steps = Vec::new();
            for (action, plugin) in config {
                for inputs in plugin.get("properties").and_then(Value::as_array).into_iter().flatten() {
                    steps.push(Step {
                        id: action.clone(),
                        action: action.clone(),
                        inputs: fill(inputs, &parameters),
                        applies: true,
                    });
                }
            }
            Ok(steps)
        }
        "2.0" | "2.2" => {
            let main = content.get("mainSteps").and_then(Value::as_array).ok_or("the document has no mainSteps")?;
            main.iter().map(|step| modern(step, &parameters)).collect()
        }
        other => Err(format!("documents of schema `{other}` cannot be run")),
    }
}

fn modern(step: &Value, parameters: &Map<String, Value>) -> Result<Step, String> {
    let text = |name: &str| step.get(name).and_then(Value::as_str).map(str::to_owned);
    let inputs = step.get("inputs").cloned().unwrap_or_default();
    Ok(Step {
        id: text("name").ok_or("a step has no name")?,
        action: text("action").ok_or("a step has no action")?,
        inputs: fill(&inputs, parameters),
        applies: precondition(step)?,
    })
}

/// Whether the step's precondition holds; platformType is the only thing that one can ask about here.
fn precondition(step: &Value) -> Result<bool, String> {
    let Some(conditions) = step.get("precondition").and_then(Value::as_object) else { return Ok(true) };
    for (operator, operands) in conditions {
        let operands: Vec<&str> = operands.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        match (operator.as_str(), operands.as_slice()) {
            ("StringEquals", ["platformType", platform] | [platform, "platformType"]) => {
                if !platform.eq_ignore_ascii_case("linux") {
                    return Ok(false);
                }
            }
            _ => return Err(format!("precondition `{operator}` with {operands:?} is not supported")),
        }
    }
    Ok(true)
}

fn parameters(content: &Value, given: &Value) -> Result<Map<String, Value>, String> {
    let mut all = Map::new();
    for (name, definition) in content.get("parameters").and_then(Value::as_object).into_iter().flatten() {
        let value = given.get(name).or_else(|| definition.get("default"));
        let text = definition.get("type").and_then(Value::as_str) == Some("String");
        match value {
            Some(Value::Array(_)) if text => return Err(format!("parameter `{name}` must be a string")),
            Some(value) => {
                all.insert(name.clone(), value.clone());
            }
            None => {}
        }
    }
    Ok(all)
}

/// `value` with every `{{ name }}` replaced: by the parameter itself where it stands alone, by its text elsewhere.
fn fill(value: &Value, parameters: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => fill_text(text, parameters),
        Value::Array(items) => {
            let mut filled = Vec::new();
            for item in items {
                match (item, fill(item, parameters)) {
                    // A list parameter in a list is spread.
                    (Value::String(_), Value::Array(inner)) => filled.extend(inner),
                    (_, other) => filled.push(other),
                }
            }
            Value::Array(filled)
        }
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, member)| (name.clone(), fill(member, parameters))).collect())
        }
        other => other.clone(),
    }
}

fn fill_text(text: &str, parameters: &Map<String, Value>) -> Value {
    let alone = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
    if let Some(value) = alone.and_then(|name| parameters.get(name)) {
        return value.clone();
    }
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let known = after.split_once("}}").and_then(|(name, after)| Some((parameters.get(name.trim())?, after)));
        match known {
            Some((value, after)) => {
                match value {
                    Value::String(text) => filled.push_str(text),
                    other => filled.push_str(&other.to_string()),
                }
                rest = after;
            }
            None => {
                filled.push_str("{{");
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    Value::String(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schema_1_2_fills_lists_and_defaults() {
        let content = json!({
            "schemaVersion": "1.2",
            "parameters": {"commands": {"type": "StringList"}, "executionTimeout": {"type": "String", "default": "3600"}},
            "runtimeConfig": {"aws:runShellScript": {"properties": [{"runCommand": "{{ commands }}", "timeoutSeconds": "{{ executionTimeout }}"}]}},
        });
        let steps = steps(&content, &json!({"commands": ["echo {{ x }}", "b"]})).unwrap();
        assert_eq!(steps[0].id, "aws:runShellScript");
        assert_eq!(steps[0].inputs, json!({"runCommand": ["echo {{ x }}", "b"], "timeoutSeconds": "3600"}));
    }

    #[test]
    fn schema_2_2_fills_text_and_spreads_lists() {
        let content = json!({
            "schemaVersion": "2.2",
            "parameters": {"Path": {"type": "String"}, "More": {"type": "StringList"}},
            "mainSteps": [{"action": "aws:runShellScript", "name": "go", "inputs": {"runCommand": ["tar {{Path}}.gz {{ Unknown }}", "{{ More }}"]}}],
        });
        let steps = steps(&content, &json!({"Path": "/a", "More": ["x", "y"]})).unwrap();
        assert_eq!(steps[0].inputs, json!({"runCommand": ["tar /a.gz {{ Unknown }}", "x", "y"]}));
    }

    #[test]
    fn steps_for_another_platform_do_not_apply() {
        let step = |platform: &str| json!({"schemaVersion": "2.2", "mainSteps": [{"action": "a", "name": "n", "precondition": {"StringEquals": ["platformType", platform]}}]});
        assert!(!steps(&step("Windows"), &json!({})).unwrap()[0].applies);
        assert!(steps(&step("Linux"), &json!({})).unwrap()[0].applies);
    }

    #[test]
    fn a_list_for_a_string_parameter_is_refused() {
        let content = json!({"schemaVersion": "2.2", "parameters": {"P": {"type": "String"}}, "mainSteps": []});
        assert!(steps(&content, &json!({"P": ["a"]})).is_err());
    }
}
