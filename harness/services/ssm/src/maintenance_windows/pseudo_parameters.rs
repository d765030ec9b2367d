//! Pseudo parameters: what `{{RESOURCE_ID}}` and its like stand for in the parameters of a task.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/maintenance-window-tasks-pseudo-parameters.html>

use serde_json::Value;

/// What the parameters of one invocation stand for.
#[derive(Debug, Default)]
pub(super) struct PseudoParameters<'a> {
    pub(super) invocation: &'a str,
    pub(super) window: &'a str,
    pub(super) window_execution: &'a str,
    pub(super) window_task: &'a str,
    /// The window's target that the resource belongs to, if it is one of the window's.
    pub(super) window_target: Option<&'a str>,
    /// The resource, for an invocation that is for one.
    pub(super) resource: Option<&'a str>,
}

/// Whether parameters differ from one resource to the next.
pub(super) fn name_a_resource(parameters: &Value) -> bool {
    let one = PseudoParameters { resource: Some("resource"), ..PseudoParameters::default() };
    one.filled(parameters) != PseudoParameters::default().filled(parameters)
}

impl PseudoParameters<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        match name {
            "INVOCATION_ID" => Some(self.invocation),
            "RESOURCE_ID" | "TARGET_ID" => self.resource,
            "TARGET_TYPE" => self.resource.map(|_| "INSTANCE"),
            "WINDOW_EXECUTION_ID" => Some(self.window_execution),
            "WINDOW_ID" => Some(self.window),
            "WINDOW_TARGET_ID" => self.window_target,
            "WINDOW_TASK_ID" => Some(self.window_task),
            _ => None,
        }
    }

    /// A text in which pseudo parameters are replaced. What else stands in braces is left as it is: a document may know it.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            filled.push_str(before);
            let found = after.split_once("}}").and_then(|(name, after)| Some((self.value(name.trim())?, after)));
            rest = match found {
                Some((value, after)) => {
                    filled.push_str(value);
                    after
                }
                None => {
                    filled.push_str("{{");
                    after
                }
            };
        }
        filled.push_str(rest);
        filled
    }

    /// A document, in all texts of which pseudo parameters are replaced.
    pub(super) fn filled(&self, document: &Value) -> Value {
        match document {
            Value::String(text) => self.fill(text).into(),
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), self.filled(value))).collect(),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pseudo_parameters_are_replaced_wherever_they_stand_and_others_are_left() {
        let values = PseudoParameters {
            window: "mw-1",
            window_execution: "e",
            window_task: "t",
            invocation: "i",
            resource: Some("i-1"),
            window_target: Some("w"),
        };
        let document =
            json!({"a": ["{{RESOURCE_ID}}", "{{ TARGET_ID }}/{{WINDOW_ID}}"], "b": "{{TARGET_TYPE}} {{ commands }} {{", "c": 1});
        let filled = json!({"a": ["i-1", "i-1/mw-1"], "b": "INSTANCE {{ commands }} {{", "c": 1});
        assert_eq!(values.filled(&document), filled);
        assert_eq!(values.fill("{{WINDOW_TARGET_ID}}{{INVOCATION_ID}}{{WINDOW_EXECUTION_ID}}{{WINDOW_TASK_ID}}"), "wiet");
    }

    #[test]
    fn parameters_that_name_a_resource_differ_from_one_to_the_next() {
        assert!(name_a_resource(&json!({"commands": ["echo {{TARGET_ID}}"]})));
        assert!(!name_a_resource(&json!({"commands": ["echo {{WINDOW_ID}}"]})));
    }
}
