//! A document: for commands, of schema 1.2 (`runtimeConfig`) or 2.x (`mainSteps`), or a runbook, of schema 0.3.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html>

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::automation::runbook::{Refusal, Runbook};
use crate::sessions::document as session_document;

/// A document that can be sent, or run by Automation.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// The whole of it, as the agent gets it.
    pub(crate) content: Value,
    pub(crate) schema_version: String,
    pub(crate) parameters: BTreeMap<String, Parameter>,
    /// What a command runs.
    pub(crate) steps: Vec<Step>,
    /// What Automation runs.
    pub(crate) runbook: Option<Runbook>,
    /// Whether it is what sessions are started by.
    pub(crate) is_session: bool,
}

/// What runs, and the name that the agent reports it under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) id: String,
    pub(crate) action: String,
}

/// A declared parameter.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) kind: Kind,
    pub(crate) default: Option<Value>,
    pub(crate) description: String,
    pub(crate) allowed_values: Vec<String>,
    pub(crate) allowed_pattern: Option<regex::Regex>,
    pub(crate) items: (usize, usize),
    pub(crate) chars: (usize, usize),
}

/// Types of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    StringList,
    Boolean,
    Integer,
    StringMap,
    MapList,
}

impl Kind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::String => "String",
            Kind::StringList => "StringList",
            Kind::Boolean => "Boolean",
            Kind::Integer => "Integer",
            Kind::StringMap => "StringMap",
            Kind::MapList => "MapList",
        }
    }
}

/// Why a content is no command document.
pub(crate) type Reason = String;

impl Document {
    pub(crate) fn parse(content: Value) -> Result<Self, Reason> {
        let root = content.as_object().ok_or("the content is not an object")?;
        let schema_version = text(root, "schemaVersion").ok_or("schemaVersion is missing")?;
        for key in root.keys() {
            if !["schemaVersion", "description", "parameters", "mainSteps", "runtimeConfig", "variables", "files"]
                .contains(&key.as_str())
            {
                return Err(format!("unknown property {key}"));
            }
        }
        let steps = match schema_version.as_str() {
            "1.2" => runtime_config(root)?,
            "2.0" | "2.2" => main_steps(root)?,
            other => return Err(format!("schemaVersion {other} is not a schema version of a Command document")),
        };
        let parameters = parameters(root)?;
        for name in references(&content) {
            if !parameters.contains_key(&name) {
                return Err(format!("parameter {name} is used and not declared"));
            }
        }
        Ok(Self { schema_version, parameters, steps, runbook: None, is_session: false, content })
    }

    /// Reads a runbook.
    pub(crate) fn parse_runbook(content: Value) -> Result<Self, Refusal> {
        let root = content.as_object().ok_or_else(|| "the content is not an object".to_owned())?;
        let schema_version = text(root, "schemaVersion").ok_or_else(|| "schemaVersion is missing".to_owned())?;
        if schema_version != "0.3" {
            return Err(format!("schemaVersion {schema_version} is not a schema version of an Automation document").into());
        }
        let (parameters, runbook) = (parameters(root)?, Runbook::parse(root)?);
        let known = |name: &String| parameters.contains_key(name);
        if let Some(unknown) = references(&content).into_iter().find(|name| !known(name)) {
            return Err(format!("parameter {unknown} is used and not declared").into());
        }
        Ok(Self { schema_version, parameters, steps: Vec::new(), runbook: Some(runbook), is_session: false, content })
    }

    /// Reads what sessions are started by.
    pub(crate) fn parse_session(content: Value) -> Result<Self, Reason> {
        let root = content.as_object().ok_or("the content is not an object")?;
        let schema_version = text(root, "schemaVersion").ok_or("schemaVersion is missing")?;
        if schema_version != "1.0" {
            return Err(format!("schemaVersion {schema_version} is not a schema version of a Session document"));
        }
        session_document::check(root)?;
        let parameters = parameters(root)?;
        if let Some(unknown) = references(&content).into_iter().find(|name| !parameters.contains_key(name)) {
            return Err(format!("parameter {unknown} is used and not declared"));
        }
        Ok(Self { schema_version, parameters, steps: Vec::new(), runbook: None, is_session: true, content })
    }

    /// `Command`, `Automation` or `Session`.
    pub(crate) fn kind(&self) -> &'static str {
        match self.runbook {
            Some(_) => "Automation",
            None if self.is_session => "Session",
            None => "Command",
        }
    }
}

fn parameters(root: &Map<String, Value>) -> Result<BTreeMap<String, Parameter>, Reason> {
    let Some(declared) = root.get("parameters") else { return Ok(BTreeMap::new()) };
    let declared = declared.as_object().ok_or("parameters is not an object")?;
    declared.iter().map(|(name, declaration)| Ok((name.clone(), parameter(name, declaration)?))).collect()
}

fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn runtime_config(root: &Map<String, Value>) -> Result<Vec<Step>, Reason> {
    let config = root.get("runtimeConfig").and_then(Value::as_object).ok_or("runtimeConfig is missing")?;
    if config.is_empty() {
        return Err("runtimeConfig names no plugin".to_owned());
    }
    config
        .iter()
        .map(|(action, settings)| {
            settings.get("properties").ok_or_else(|| format!("plugin {action} has no properties"))?;
            known_action(action)?;
            Ok(Step { id: action.clone(), action: action.clone() })
        })
        .collect()
}

fn main_steps(root: &Map<String, Value>) -> Result<Vec<Step>, Reason> {
    let steps = root.get("mainSteps").and_then(Value::as_array).ok_or("mainSteps is missing")?;
    if steps.is_empty() {
        return Err("mainSteps is empty".to_owned());
    }
    let mut found: Vec<Step> = Vec::new();
    for step in steps {
        let step = step.as_object().ok_or("a step is not an object")?;
        let id = text(step, "name").ok_or("a step has no name")?;
        let action = text(step, "action").ok_or_else(|| format!("step {id} has no action"))?;
        known_action(&action)?;
        if found.iter().any(|other| other.id == id) {
            return Err(format!("two steps have the name {id}"));
        }
        found.push(Step { id, action });
    }
    Ok(found)
}

/// Plugins of AWS's agent; whether the agent in the machine has one is the agent's answer to give.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html>
fn known_action(action: &str) -> Result<(), Reason> {
    const ACTIONS: [&str; 14] = [
        "aws:applications",
        "aws:cloudWatch",
        "aws:configureDocker",
        "aws:configurePackage",
        "aws:domainJoin",
        "aws:downloadContent",
        "aws:psModule",
        "aws:refreshAssociation",
        "aws:runDockerAction",
        "aws:runDocument",
        "aws:runPowerShellScript",
        "aws:runShellScript",
        "aws:softwareInventory",
        "aws:updateSsmAgent",
    ];
    if ACTIONS.contains(&action) { Ok(()) } else { Err(format!("{action} is not a plugin of Command documents")) }
}

fn parameter(name: &str, declaration: &Value) -> Result<Parameter, Reason> {
    let declaration = declaration.as_object().ok_or_else(|| format!("parameter {name} is not an object"))?;
    let kind = match text(declaration, "type").as_deref() {
        Some("String") => Kind::String,
        Some("StringList") => Kind::StringList,
        Some("Boolean") => Kind::Boolean,
        Some("Integer") => Kind::Integer,
        Some("StringMap") => Kind::StringMap,
        Some("MapList") => Kind::MapList,
        // https://docs.aws.amazon.com/systems-manager/latest/userguide/populating-input-parameters.html
        Some(list) if list.starts_with("List<AWS::") => Kind::StringList,
        Some(of_aws) if of_aws.starts_with("AWS::") => Kind::String,
        other => return Err(format!("parameter {name} has the type {}", other.unwrap_or("(none)"))),
    };
    let allowed_pattern = text(declaration, "allowedPattern")
        .map(|pattern| {
            regex::Regex::new(&format!("^(?:{pattern})$"))
                .map_err(|_| format!("the allowedPattern of parameter {name} is no regular expression"))
        })
        .transpose()?;
    let size = |name: &str, otherwise: usize| {
        declaration.get(name).and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok()).unwrap_or(otherwise)
    };
    Ok(Parameter {
        kind,
        default: declaration.get("default").cloned(),
        description: text(declaration, "description").unwrap_or_default(),
        allowed_values: declaration
            .get("allowedValues")
            .and_then(Value::as_array)
            .map(|values| values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect())
            .unwrap_or_default(),
        allowed_pattern,
        items: (size("minItems", 0), size("maxItems", usize::MAX)),
        chars: (size("minChars", 0), size("maxChars", usize::MAX)),
    })
}

/// Names in `{{ name }}`, without those of the service itself (`{{ ssm:… }}`, `{{ global:… }}`, `{{ platformType }}`).
fn references(content: &Value) -> Vec<String> {
    let steps = ["runtimeConfig", "mainSteps"].map(|key| content.get(key).map(Value::to_string).unwrap_or_default());
    let mut names = Vec::new();
    for text in steps {
        let mut rest = text.as_str();
        while let Some((_, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else { break };
            let name = name.trim();
            let plain = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
            if plain && name != "platformType" {
                names.push(name.to_owned());
            }
            rest = after;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_2_2_document_reports_under_its_step_names() {
        let document = Document::parse(json!({
            "schemaVersion": "2.2",
            "parameters": {"who": {"type": "String", "allowedPattern": "[a-z]+"}},
            "mainSteps": [
                {"name": "one", "action": "aws:runShellScript", "inputs": {"runCommand": ["echo {{ who }} {{ssm:x}}"]}},
                {"name": "two", "action": "aws:runShellScript", "inputs": {"runCommand": ["true"]}},
            ]
        }))
        .expect("valid");
        let ids: Vec<_> = document.steps.iter().map(|step| step.id.as_str()).collect();
        assert_eq!(ids, ["one", "two"]);
    }

    #[test]
    fn a_document_that_uses_an_undeclared_parameter_is_refused() {
        let reason = Document::parse(json!({
            "schemaVersion": "2.2",
            "mainSteps": [{"name": "one", "action": "aws:runShellScript", "inputs": {"runCommand": ["{{ who }}"]}}]
        }))
        .expect_err("refused");
        assert_eq!(reason, "parameter who is used and not declared");
    }

    #[test]
    fn an_automation_document_is_not_a_command_document() {
        assert!(Document::parse(json!({"schemaVersion": "0.3", "mainSteps": []})).is_err());
    }
}
