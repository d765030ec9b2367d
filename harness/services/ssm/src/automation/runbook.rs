//! A runbook: an Automation document of schema 0.3.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html#automation-doc-syntax-examples>

use serde::Deserialize;
use serde_json::{Map, Value};

use super::selector::Selector;

/// What a runbook does.
#[derive(Debug, Clone)]
pub(crate) struct Runbook {
    /// The ARN of the role that it acts as, or the parameter that has it.
    pub(crate) assume_role: Option<String>,
    pub(crate) steps: Vec<RunbookStep>,
    /// Outputs of steps that are the runbook's own.
    pub(crate) outputs: Vec<String>,
}

/// A step. <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html>
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RunbookStep {
    pub(crate) name: String,
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) inputs: Map<String, Value>,
    max_attempts: Option<Value>,
    timeout_seconds: Option<Value>,
    on_failure: Option<String>,
    on_cancel: Option<String>,
    is_end: Option<Value>,
    is_critical: Option<Value>,
    pub(crate) next_step: Option<String>,
    #[serde(default)]
    pub(crate) outputs: Vec<StepOutput>,
    #[serde(rename = "description")]
    #[expect(dead_code, reason = "a text for its readers")]
    about: Option<String>,
}

/// What a step keeps of an answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct StepOutput {
    pub(crate) name: String,
    pub(crate) selector: Selector,
    #[serde(rename = "Type")]
    pub(crate) kind: Option<String>,
}

/// Where a runbook goes on after a step that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnFailure<'a> {
    Abort,
    Continue,
    Step(&'a str),
}

/// What runs here.
const ACTIONS: [&str; 10] = [
    "aws:assertAwsResourceProperty",
    "aws:branch",
    "aws:changeInstanceState",
    "aws:createTags",
    "aws:executeAwsApi",
    "aws:invokeLambdaFunction",
    "aws:pause",
    "aws:runCommand",
    "aws:sleep",
    "aws:waitForAwsResourceProperty",
];

/// What AWS has beside.
const LACKING: [&str; 13] = [
    "aws:approve",
    "aws:copyImage",
    "aws:createImage",
    "aws:createStack",
    "aws:deleteImage",
    "aws:deleteStack",
    "aws:executeAutomation",
    "aws:executeScript",
    "aws:executeStateMachine",
    "aws:invokeWebhook",
    "aws:loop",
    "aws:runInstances",
    "aws:updateVariable",
];

/// Why a content is no runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// AWS refuses it, too.
    Invalid(String),
    /// AWS has what it says, and this region has not.
    Lacking(String),
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::Invalid(reason)
    }
}

impl Runbook {
    /// Reads the content of a document.
    pub(crate) fn parse(root: &Map<String, Value>) -> Result<Self, Refusal> {
        for key in root.keys() {
            match key.as_str() {
                "schemaVersion" | "description" | "parameters" | "assumeRole" | "mainSteps" | "outputs" => {}
                "variables" | "files" => return Err(Refusal::Lacking(format!("{key} of an Automation document"))),
                other => return Err(format!("unknown property {other}").into()),
            }
        }
        let steps = root.get("mainSteps").and_then(Value::as_array).ok_or_else(|| "mainSteps is missing".to_owned())?;
        let mut found = Vec::<RunbookStep>::new();
        for step in steps {
            let step: RunbookStep =
                serde_json::from_value(step.clone()).map_err(|error| format!("a step is not valid: {error}"))?;
            if LACKING.contains(&step.action.as_str()) {
                return Err(Refusal::Lacking(format!("the action {} of an Automation document", step.action)));
            }
            if !ACTIONS.contains(&step.action.as_str()) {
                return Err(format!("{} is not an action of Automation documents", step.action).into());
            }
            if found.iter().any(|other| other.name == step.name) {
                return Err(format!("two steps have the name {}", step.name).into());
            }
            step.check()?;
            found.push(step);
        }
        if found.is_empty() {
            return Err("mainSteps is empty".to_owned().into());
        }
        let known = |name: &str| found.iter().any(|step| step.name == name);
        for step in &found {
            let onward = match step.on_failure() {
                OnFailure::Step(name) => Some(name),
                _ => None,
            };
            if let Some(unknown) = step.next_step.as_deref().into_iter().chain(onward).find(|name| !known(name)) {
                return Err(format!("step {} goes on to {unknown}, which is no step", step.name).into());
            }
        }
        let texts = |value: &Value| value.as_array().map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        Ok(Self {
            assume_role: root.get("assumeRole").and_then(Value::as_str).filter(|role| !role.is_empty()).map(str::to_owned),
            steps: found,
            outputs: root.get("outputs").and_then(texts).unwrap_or_default(),
        })
    }

    /// The place of a step.
    pub(crate) fn index(&self, name: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.name == name)
    }
}

/// A flag or a number, which a document may also write as a text.
fn scalar<T: std::str::FromStr>(value: Option<&Value>) -> Option<T> {
    match value? {
        Value::String(text) => text.trim().parse().ok(),
        other => other.to_string().parse().ok(),
    }
}

impl RunbookStep {
    fn check(&self) -> Result<(), Refusal> {
        let is_unreadable = (self.is_end.is_some() && scalar::<bool>(self.is_end.as_ref()).is_none())
            || (self.is_critical.is_some() && scalar::<bool>(self.is_critical.as_ref()).is_none());
        if is_unreadable {
            return Err(format!("isEnd and isCritical of step {} are true or false", self.name).into());
        }
        for (name, value) in [("maxAttempts", &self.max_attempts), ("timeoutSeconds", &self.timeout_seconds)] {
            if value.is_some() && scalar::<u32>(value.as_ref()).is_none() {
                return Err(Refusal::Lacking(format!("{name} that is no number")));
            }
        }
        if !matches!(self.on_failure.as_deref(), None | Some("Abort" | "Continue"))
            && !matches!(self.on_failure(), OnFailure::Step(_))
        {
            return Err(format!("onFailure of step {} is Abort, Continue or step:NAME", self.name).into());
        }
        match self.on_cancel.as_deref() {
            None | Some("Abort") => Ok(()),
            Some(other) => Err(Refusal::Lacking(format!("onCancel {other} of an Automation document"))),
        }
    }

    pub(crate) fn max_attempts(&self) -> u32 {
        scalar(self.max_attempts.as_ref()).unwrap_or(1).max(1)
    }

    /// Seconds, if the step has a limit.
    pub(crate) fn timeout(&self) -> Option<u32> {
        scalar(self.timeout_seconds.as_ref())
    }

    pub(crate) fn on_failure(&self) -> OnFailure<'_> {
        match self.on_failure.as_deref() {
            Some("Continue") => OnFailure::Continue,
            Some(other) => other.strip_prefix("step:").map_or(OnFailure::Abort, OnFailure::Step),
            None => OnFailure::Abort,
        }
    }

    /// As the document has it.
    pub(crate) fn on_failure_text(&self) -> &str {
        self.on_failure.as_deref().unwrap_or("Abort")
    }

    pub(crate) fn is_end(&self) -> bool {
        scalar(self.is_end.as_ref()).unwrap_or(false)
    }

    /// Whether its failure is the runbook's, though that went on.
    pub(crate) fn is_critical(&self) -> bool {
        scalar(self.is_critical.as_ref()).unwrap_or(self.on_failure() != OnFailure::Continue)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(steps: Value) -> Result<Runbook, Refusal> {
        let root = json!({"schemaVersion": "0.3", "assumeRole": "{{ Role }}", "mainSteps": steps, "outputs": ["one.Output"]});
        Runbook::parse(root.as_object().unwrap())
    }

    #[test]
    fn a_runbook_has_steps_that_say_where_they_go() {
        let runbook = parse(json!([
            {"name": "one", "action": "aws:runCommand", "onFailure": "step:two", "maxAttempts": "3", "timeoutSeconds": 60, "isCritical": "false"},
            {"name": "two", "action": "aws:sleep", "onFailure": "Continue", "inputs": {"Duration": "PT1S"}, "isEnd": true},
        ]))
        .unwrap();
        let [one, two] = runbook.steps.as_slice() else { panic!("two steps") };
        assert_eq!(
            (one.on_failure(), one.max_attempts(), one.timeout(), one.is_critical()),
            (OnFailure::Step("two"), 3, Some(60), false)
        );
        assert_eq!((two.on_failure(), two.is_end(), two.is_critical(), two.timeout()), (OnFailure::Continue, true, false, None));
        assert_eq!((runbook.assume_role.as_deref(), runbook.index("two")), (Some("{{ Role }}"), Some(1)));
    }

    #[test]
    fn what_no_runbook_may_say_is_refused_and_what_is_not_done_here_is_named() {
        let invalid = |steps: Value, part: &str| match parse(steps).unwrap_err() {
            Refusal::Invalid(reason) => assert!(reason.contains(part), "{reason}"),
            Refusal::Lacking(what) => panic!("AWS has no {what}"),
        };
        invalid(json!([]), "mainSteps is empty");
        invalid(json!([{"name": "a", "action": "aws:runShellScript"}]), "aws:runShellScript");
        invalid(json!([{"name": "a", "action": "aws:sleep", "nextStep": "b"}]), "goes on to b");
        invalid(json!([{"name": "a", "action": "aws:sleep"}, {"name": "a", "action": "aws:sleep"}]), "two steps");
        invalid(json!([{"name": "a", "action": "aws:sleep", "onfailure": "Abort"}]), "onfailure");
        invalid(json!([{"name": "a", "action": "aws:sleep", "onFailure": "Stop"}]), "onFailure");
        let lacking = parse(json!([{"name": "a", "action": "aws:executeScript"}])).unwrap_err();
        assert_eq!(lacking, Refusal::Lacking("the action aws:executeScript of an Automation document".to_owned()));
    }
}
