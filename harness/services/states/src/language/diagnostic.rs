//! What is wrong with a definition.
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html>

use nightproof_core::service::AwsError;
use serde_json::{Value, json};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Diagnostic {
    code: &'static str,
    message: String,
    location: String,
}

/// All that is wrong with a definition, and what it has that AWS knows and the region lacks.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics {
    wrong: Vec<Diagnostic>,
    lacking: Vec<String>,
}

impl Diagnostics {
    pub(crate) fn add(&mut self, code: &'static str, message: impl Into<String>, location: impl Into<String>) {
        self.wrong.push(Diagnostic { code, message: message.into(), location: location.into() });
    }

    pub(crate) fn schema(&mut self, message: impl Into<String>, location: impl Into<String>) {
        self.add("SCHEMA_VALIDATION_FAILED", message, location);
    }

    pub(crate) fn lacking(&mut self, what: impl Into<String>) {
        self.lacking.push(what.into());
    }

    /// `CODE: message at /States/A, …`
    pub(crate) fn message(&self) -> String {
        let each = self.wrong.iter().map(|one| format!("{}: {} at {}", one.code, one.message, one.location));
        each.collect::<Vec<_>>().join(", ")
    }

    /// As the members of an answer.
    pub(crate) fn list(&self) -> Vec<Value> {
        let each = self
            .wrong
            .iter()
            .map(|one| json!({ "severity": "ERROR", "code": one.code, "message": one.message, "location": one.location }));
        each.collect()
    }

    /// What the region lacks of the definition.
    pub(crate) fn not_implemented(&self) -> Option<AwsError> {
        let list = self.lacking.join(", ");
        (!list.is_empty()).then(|| AwsError::not_implemented("states", &list))
    }

    /// The error that a definition is refused with; what AWS refuses comes first.
    pub(crate) fn refusal(&self) -> Option<AwsError> {
        if self.wrong.is_empty() {
            return self.not_implemented();
        }
        Some(AwsError::new("InvalidDefinition", 400, format!("Invalid State Machine Definition: '{}'", self.message())))
    }
}
