//! Code and configuration that invocations run.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::code::{Code, Merged};
use crate::revision::revision;

/// Code and configuration of a function as an invocation runs them.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    pub configuration: Value,
    pub code: Arc<Code>,
    pub layers: Layers,
    /// Changes whenever code or configuration do; environments of another one are not used.
    pub generation: String,
}

/// The layers of a function, which it keeps even if they are deleted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layers {
    /// What is seen of them in `/opt`.
    pub merged: Option<Arc<Merged>>,
}

impl Definition {
    pub(crate) fn new(configuration: &Value, code: Arc<Code>, layers: Layers) -> Arc<Self> {
        Arc::new(Self { configuration: configuration.clone(), code, layers, generation: revision() })
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.configuration.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The function's ARN without a version.
    pub(crate) fn unqualified_arn(&self) -> &str {
        let arn = self.text("FunctionArn");
        // arn:partition:lambda:region:account:function:name, and possibly a version.
        arn.match_indices(':').nth(6).and_then(|(at, _)| arn.get(..at)).unwrap_or(arn)
    }

    /// A variable of its environment.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.configuration.pointer("/Environment/Variables")?.get(name)?.as_str()
    }

    pub(crate) fn number(&self, name: &str) -> u64 {
        self.configuration.get(name).and_then(Value::as_u64).unwrap_or_default()
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.number("Timeout").max(1))
    }
}
