//! A command's document: its steps, with parameters filled in.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html>

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// One step of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// The plugin's id: the step's name in schema 2.2, the plugin's in 1.2.
    pub id: String,
    /// `aws:runShellScript`
    pub action: String,
    /// The plugin's inputs, filled in; in schema 1.2 a plugin may have several, and runs each.
    pub inputs: Vec<Value>,
    /// Whether the step is for this platform and these parameters.
    pub condition: Condition,
}

/// What became of a step's precondition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    Met,
    /// Why the step is skipped.
    Unmet(String),
    /// The agent knows no such condition: why the step fails.
    Unrecognized(String),
}

/// The steps of `content` with `given` parameters and the document's defaults.
pub(super) fn steps(content: &Value, given: &Value) -> Result<Vec<Step>, String> {
    let parameters = parameters(content, given)?;
    match content.get("schemaVersion").and_then(Value::as_str).unwrap_or_default() {
        "1.2" | "1.0" => {
            let config = content.get("runtimeConfig").and_then(Value::as_object).ok_or("the document has no runtimeConfig")?;
            let mut steps = Vec::new();
            for (action, plugin) in config {
                let inputs = match fill(plugin.get("properties").unwrap_or(&Value::Null), &parameters) {
                    Value::Array(inputs) => inputs,
                    one => vec![one],
                };
                steps.push(Step { id: action.clone(), action: action.clone(), inputs, condition: Condition::Met });
            }
            Ok(steps)
        }
        "2.0" | "2.0.1" | "2.0.2" | "2.0.3" | "2.2" => {
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
        inputs: vec![fill(&inputs, parameters)],
        condition: condition(step, parameters),
    })
}

/// Whether the step's precondition holds: `StringEquals` of two texts, in which parameters are filled in, and one may be `platformType`.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html#documents-schemas-features-precondition>
fn condition(step: &Value, parameters: &Map<String, Value>) -> Condition {
    let Some(conditions) = step.get("precondition").and_then(Value::as_object) else { return Condition::Met };
    let name = step.get("name").and_then(Value::as_str).unwrap_or_default();
    let unrecognized = |why: String| {
        Condition::Unrecognized(format!(
            "Unrecognized precondition(s): '{why}', please update agent to latest version. Step name: {name}"
        ))
    };
    for (operator, operands) in conditions {
        if operator != "StringEquals" {
            return unrecognized(format!("unrecognized operator: \"{operator}\""));
        }
        let given: Vec<String> = operands.as_array().into_iter().flatten().map(plain).collect();
        if given.len() != 2 {
            return unrecognized(format!("\"{operator}\": operator accepts exactly 2 arguments"));
        }
        if given.first() == given.last() {
            return unrecognized(format!("\"{operator}\": operator's arguments can't be identical"));
        }
        let operands: Vec<String> =
            operands.as_array().into_iter().flatten().map(|operand| plain(&fill(operand, parameters))).collect();
        let [left, right] = operands.as_slice() else { continue };
        let platform = |text: &str| text == "platformType";
        let holds = match (platform(left), platform(right)) {
            (true, _) => right.eq_ignore_ascii_case("linux"),
            (_, true) => left.eq_ignore_ascii_case("linux"),
            _ => left == right,
        };
        if !holds {
            return Condition::Unmet(format!(
                "Step execution skipped due to unsatisfied preconditions: '\"{operator}\": [{}]'. Step name: {name}",
                given.join(", ")
            ));
        }
    }
    Condition::Met
}

/// A member of a document whose parameters are filled in.
pub(super) fn filled(content: &Value, given: &Value, member: &str) -> Result<Value, String> {
    Ok(fill(content.get(member).unwrap_or(&Value::Null), &parameters(content, given)?))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
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
        // A list within a list stays one, which a script's lines may not be.
        Value::Array(items) => Value::Array(items.iter().map(|item| fill(item, parameters)).collect()),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, member)| (name.clone(), fill(member, parameters))).collect())
        }
        other => other.clone(),
    }
}

/// A value whose members are in the order of their names, as the agent writes JSON.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().collect();
            Value::Object(members.into_iter().map(|(name, member)| (name.clone(), sorted(member))).collect())
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
                    other => filled.push_str(&sorted(other).to_string()),
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
        assert_eq!(steps[0].inputs, [json!({"runCommand": ["echo {{ x }}", "b"], "timeoutSeconds": "3600"})]);
    }

    #[test]
    fn schema_2_2_fills_text_and_keeps_lists_as_they_are() {
        let content = json!({
            "schemaVersion": "2.2",
            "parameters": {"Path": {"type": "String"}, "More": {"type": "StringList"}},
            "mainSteps": [{"action": "aws:runShellScript", "name": "go", "inputs": {"runCommand": ["tar {{Path}}.gz {{ Unknown }}", "{{ More }}"]}}],
        });
        let steps = steps(&content, &json!({"Path": "/a", "More": ["x", "y"]})).unwrap();
        assert_eq!(steps[0].inputs, [json!({"runCommand": ["tar /a.gz {{ Unknown }}", ["x", "y"]]})]);
    }

    #[test]
    fn properties_may_be_an_object_or_several() {
        let steps_with = |properties: Value| {
            let content = json!({"schemaVersion": "1.2", "runtimeConfig": {"aws:runShellScript": {"properties": properties}}});
            steps(&content, &json!({})).unwrap()
        };
        assert_eq!(steps_with(json!({"runCommand": ["a"]}))[0].inputs, [json!({"runCommand": ["a"]})]);
        let two = steps_with(json!([{"runCommand": ["a"]}, {"runCommand": ["b"]}]));
        assert_eq!((two.len(), two[0].inputs.len()), (1, 2));
    }

    #[test]
    fn a_step_is_for_a_platform_or_for_the_value_of_a_parameter() {
        let condition = |operator: &str, operands: Value| {
            let content = json!({
                "schemaVersion": "2.2",
                "parameters": {"Mode": {"type": "String", "default": "full"}},
                "mainSteps": [{"action": "a", "name": "n", "precondition": {operator: operands}}],
            });
            steps(&content, &json!({})).unwrap()[0].condition.clone()
        };
        assert_eq!(condition("StringEquals", json!(["platformType", "Linux"])), Condition::Met);
        let unmet = |operands: &str| {
            Condition::Unmet(format!(
                "Step execution skipped due to unsatisfied preconditions: '\"StringEquals\": [{operands}]'. Step name: n"
            ))
        };
        assert_eq!(condition("StringEquals", json!(["platformType", "Windows"])), unmet("platformType, Windows"));
        assert_eq!(condition("StringEquals", json!(["{{ Mode }}", "full"])), Condition::Met);
        assert_eq!(condition("StringEquals", json!(["{{ Mode }}", "none"])), unmet("{{ Mode }}, none"));
        assert!(matches!(condition("StringEquals", json!(["a", "a"])), Condition::Unrecognized(_)));
        assert!(matches!(condition("StringLike", json!(["a", "a"])), Condition::Unrecognized(_)));
    }

    #[test]
    fn a_list_for_a_string_parameter_is_refused() {
        let content = json!({"schemaVersion": "2.2", "parameters": {"P": {"type": "String"}}, "mainSteps": []});
        assert!(steps(&content, &json!({"P": ["a"]})).is_err());
    }
}
