//! A branch of an execution.

use nightproof_core::in_flight::InFlight;
use serde_json::Value;

/// Where a branch is: one state after another runs in it.
pub(super) struct Branch {
    /// The id of its last event.
    pub(super) last: i64,
    /// The item of a Map state that it is for: `Map.Item` of the context object.
    pub(super) item: Option<Value>,
    /// Whether it does something.
    pub(super) in_flight: InFlight,
}
