//! An execution that a task has started and waits for.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-sync>

use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

/// The execution, which is stopped if nobody waits for it any more: its parent was stopped, or another branch has failed.
pub(super) struct Child {
    region: Region,
    caller: Option<Caller>,
    arn: String,
}

impl Child {
    /// From the answer of `StartExecution`, and as whom it was called.
    pub(super) fn new(region: &Region, caller: Caller, started: &Value) -> Self {
        let arn = started.get("ExecutionArn").and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { region: region.clone(), caller: Some(caller), arn }
    }

    /// It has ended by itself.
    pub(super) fn has_ended(mut self) {
        self.caller = None;
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let (Some(caller), false) = (self.caller.take(), self.region.stopping().is_cancelled()) else { return };
        let (region, arn) = (self.region.clone(), std::mem::take(&mut self.arn));
        self.region.tasks().spawn(async move {
            if let Err(error) = region.call(&caller, "states", "StopExecution", json!({ "executionArn": arn })).await {
                tracing::warn!(%error, arn, "an execution was not stopped with the one that started it");
            }
        });
    }
}
