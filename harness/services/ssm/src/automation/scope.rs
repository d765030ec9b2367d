//! What `{{ … }}` in the inputs of a step stands for: parameters, outputs of earlier steps, and what Automation itself knows.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-variables.html>

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

/// The values that a step can name.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub(super) parameters: Map<String, Value>,
    /// Outputs of steps: `step.Output`.
    pub(super) outputs: BTreeMap<String, Value>,
    pub(super) execution: String,
    pub(super) account: String,
    pub(super) region: String,
}

/// A name that stands for nothing.
pub(super) type Unknown = String;

impl Scope {
    fn value(&self, name: &str, now: Timestamp) -> Option<Value> {
        let known = match name {
            "automation:EXECUTION_ID" => self.execution.clone(),
            "global:ACCOUNT_ID" => self.account.clone(),
            "global:AWS_PARTITION" => "aws".to_owned(),
            "global:DATE" => now.strftime("%Y-%m-%d").to_string(),
            "global:DATE_TIME" => now.strftime("%Y-%m-%d_%H.%M.%S").to_string(),
            "global:REGION" => self.region.clone(),
            _ => return self.parameters.get(name).or_else(|| self.outputs.get(name)).cloned(),
        };
        Some(known.into())
    }

    /// A document with the values in the place of their names. A text that is a name and nothing else becomes the value with its type.
    ///
    /// # Errors
    /// The name that stands for nothing.
    pub(super) fn resolved(&self, document: &Value, now: Timestamp) -> Result<Value, Unknown> {
        Ok(match document {
            Value::String(text) => self.resolved_text(text, now)?,
            Value::Array(items) => {
                let mut all = Vec::new();
                for item in items {
                    match (self.resolved(item, now)?, item) {
                        // A list in the place of an item is spread: `["{{ InstanceIds }}"]`.
                        (Value::Array(inner), Value::String(_)) => all.extend(inner),
                        (value, _) => all.push(value),
                    }
                }
                all.into()
            }
            Value::Object(members) => {
                let each = members.iter().map(|(name, value)| Ok((name.clone(), self.resolved(value, now)?)));
                Value::Object(each.collect::<Result<_, Unknown>>()?)
            }
            other => other.clone(),
        })
    }

    fn resolved_text(&self, text: &str, now: Timestamp) -> Result<Value, Unknown> {
        let whole = text.trim().strip_prefix("{{").and_then(|inside| inside.strip_suffix("}}"));
        if let Some(name) = whole.filter(|inside| !inside.contains("{{")) {
            return self.value(name.trim(), now).ok_or_else(|| name.trim().to_owned());
        }
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else { break };
            let value = self.value(name.trim(), now).ok_or_else(|| name.trim().to_owned())?;
            filled.push_str(before);
            filled.push_str(&text_of(&value));
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled.into())
    }
}

/// A value as a text: a scalar as it is, anything else as JSON.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value as the list of texts that an output or a parameter is shown as.
pub(super) fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(text_of).collect(),
        other => vec![text_of(other)],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scope() -> Scope {
        Scope {
            parameters: json!({"Ids": ["i-1", "i-2"], "Name": "night", "Wait": true}).as_object().unwrap().clone(),
            outputs: [("dump.Output".to_owned(), json!("done"))].into(),
            execution: "e-1".to_owned(),
            account: "1".to_owned(),
            region: "us-east-1".to_owned(),
        }
    }

    #[test]
    fn names_stand_for_parameters_outputs_and_what_automation_knows() {
        let now = "2026-11-23T03:04:05Z".parse().unwrap();
        let resolved = |document: Value| scope().resolved(&document, now);
        assert_eq!(
            resolved(json!({"InstanceIds": "{{ Ids }}", "Wait": "{{Wait}}"})),
            Ok(json!({"InstanceIds": ["i-1", "i-2"], "Wait": true}))
        );
        assert_eq!(resolved(json!(["a", "{{ Ids }}"])), Ok(json!(["a", "i-1", "i-2"])));
        assert_eq!(resolved(json!("{{ Name }}-{{ global:DATE }}: {{dump.Output}}")), Ok(json!("night-2026-11-23: done")));
        assert_eq!(resolved(json!("{{ Ids }}!")), Ok(json!(r#"["i-1","i-2"]!"#)));
        let known = "{{automation:EXECUTION_ID}} {{global:DATE_TIME}} {{global:REGION}} {{global:ACCOUNT_ID}}";
        assert_eq!(resolved(json!(known)), Ok(json!("e-1 2026-11-23_03.04.05 us-east-1 1")));
        assert_eq!(resolved(json!({"a": ["{{ other.Output }}"]})), Err("other.Output".to_owned()));
    }
}
