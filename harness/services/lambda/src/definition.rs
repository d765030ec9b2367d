//! Code and configuration that invocations run.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::code::Code;
use crate::revision::revision;

/// Code and configuration of a function as an invocation runs them.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    pub configuration: Value,
    pub code: Arc<Code>,
    /// Changes whenever code or configuration do; environments of another one are not used.
    pub generation: String,
}

impl Definition {
    pub(crate) fn text(&self, name: &str) -> &str {
        self.configuration.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The function's ARN without a version.
    pub(crate) fn unqualified_arn(&self) -> &str {
        let arn = self.text("FunctionArn");
        // arn:partition:lambda:region:account:function:name, and possibly a version.
        arn.match_indices(':').nth(6).and_then(|(at, _)| arn.get(..at)).unwrap_or(arn)
    }

    pub(crate) fn number(&self, name: &str) -> u64 {
        self.configuration.get(name).and_then(Value::as_u64).unwrap_or_default()
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.number("Timeout").max(1))
    }
}

pub(crate) fn definition(configuration: &Value, code: Arc<Code>) -> Arc<Definition> {
    Arc::new(Definition { configuration: configuration.clone(), code, generation: revision() })
}
