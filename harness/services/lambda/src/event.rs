//! Events of asynchronous invocations.

use jiff::Timestamp;
use nightproof_core::Region;

use crate::definition::Definition;

/// What a function is invoked with.
#[derive(Debug, Clone)]
pub(crate) struct InvocationRequest {
    pub id: String,
    pub payload: Vec<u8>,
    /// JSON.
    pub client_context: Option<String>,
}

/// An event that has been accepted.
#[derive(Clone)]
pub(crate) struct Event {
    pub region: Region,
    pub account: String,
    /// The function's name.
    pub function: String,
    /// The version or alias that was named.
    pub qualifier: Option<String>,
    pub request: InvocationRequest,
    /// Region time.
    pub accepted: Timestamp,
}

impl Event {
    /// The function as the invocation named it; `$LATEST` when it named no version.
    pub(crate) fn function_arn(&self, definition: &Definition) -> String {
        format!("{}:{}", definition.unqualified_arn(), self.qualifier.as_deref().unwrap_or("$LATEST"))
    }
}
