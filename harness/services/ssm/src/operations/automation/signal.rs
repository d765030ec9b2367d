//! StopAutomationExecution and SendAutomationSignal.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::automation::execution::Status;
use crate::records::Ssm;

/// `StopAutomationExecution`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StopAutomationExecution.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StopAutomationExecution {
    automation_execution_id: String,
    #[serde(rename = "Type")]
    kind: Option<String>,
}

/// `SendAutomationSignal`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendAutomationSignal.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SendAutomationSignal {
    automation_execution_id: String,
    signal_type: String,
}

impl Ssm {
    pub(crate) fn stop_automation_execution(&self, call: &Call, input: StopAutomationExecution) -> Result<Value, AwsError> {
        if input.kind.as_deref() == Some("Complete") {
            return Err(AwsError::not_implemented("ssm", "StopAutomationExecution with Type Complete"));
        }
        self.with_automation(call, &input.automation_execution_id, |execution| {
            if execution.status.terminal() {
                let message = "The automation execution has already ended.";
                return Err(AwsError::new("InvalidAutomationStatusUpdateException", 400, message));
            }
            execution.stop.cancel();
            Ok(json!({}))
        })
    }

    /// Resumes a runbook that is paused.
    pub(crate) fn send_automation_signal(&self, call: &Call, input: SendAutomationSignal) -> Result<Value, AwsError> {
        if input.signal_type != "Resume" {
            return Err(AwsError::not_implemented("ssm", &format!("the signal {} of an automation", input.signal_type)));
        }
        self.with_automation(call, &input.automation_execution_id, |execution| {
            if execution.status != Status::Waiting {
                let message = "The automation execution does not wait for a signal.";
                return Err(AwsError::new("InvalidAutomationSignalException", 400, message));
            }
            execution.resumed = true;
            Ok(json!({}))
        })?;
        self.changed.notify_waiters();
        Ok(json!({}))
    }
}
