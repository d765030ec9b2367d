//! Events of asynchronous invocations.

use jiff::Timestamp;
use nightproof_core::Region;
use nightproof_core::service::Call;

use crate::definition::Definition;

/// What a function is invoked with.
#[derive(Debug, Clone)]
pub(crate) struct InvocationRequest {
    pub id: String,
    pub payload: Vec<u8>,
    /// JSON.
    pub client_context: Option<String>,
    /// The tracing header that the caller sent.
    pub trace: Option<String>,
}

impl InvocationRequest {
    /// The invocation that a call asks for. A trace that the caller has begun goes on in the function.
    /// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>
    pub(crate) fn from_call(call: &Call, payload: Vec<u8>, client_context: Option<String>) -> Self {
        let header = call.http.as_ref().and_then(|http| http.headers.get("x-amzn-trace-id"));
        let trace = header.and_then(|header| header.to_str().ok()).map(str::to_owned);
        Self { id: call.request_id.clone(), payload, client_context, trace }
    }
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
