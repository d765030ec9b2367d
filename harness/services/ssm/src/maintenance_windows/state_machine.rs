//! A task that is a state machine of Step Functions: its start, and what its end makes of the task.

use std::time::Duration;

use nightproof_core::service::AwsError;
use serde_json::{Map, Value};

use super::execution::Status;
use super::task_run::TaskRun;

/// The longest pause between two looks at an execution. Real time: what an execution waits for is on region time, which may be moved.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The input of `StartExecution`, by the task's parameters.
/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>
pub(super) fn start(arn: &str, parameters: &Map<String, Value>) -> Map<String, Value> {
    let mut input = Map::from_iter([("stateMachineArn".to_owned(), arn.into())]);
    for (name, member) in [("Input", "input"), ("Name", "name")] {
        input.extend(parameters.get(name).map(|value| (member.to_owned(), value.clone())));
    }
    input
}

/// What an execution comes to, if it has ended.
/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html>
fn ended(execution: &Value) -> Option<(Status, String)> {
    let text = |name: &str| execution.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let status = match text("status") {
        Some("SUCCEEDED") => return Some((Status::Success, String::new())),
        Some("FAILED") => Status::Failed,
        Some("TIMED_OUT") => Status::TimedOut,
        Some("ABORTED") => Status::Cancelled,
        _ => return None,
    };
    let why: Vec<&str> = [text("error"), text("cause")].into_iter().flatten().collect();
    Some((status, why.join(": ")))
}

impl TaskRun {
    /// Starts an execution as the task's role, and looks after it as the same until it ends, whatever the cutoff: a cutoff begins nothing new, and ends
    /// commands alone. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterTaskWithMaintenanceWindow.html>
    pub(super) async fn run_state_machine(&self, id: &str, input: Map<String, Value>) -> Result<(Status, String), AwsError> {
        let started = self.call("states", "StartExecution", input).await?;
        let arn = started.get("executionArn").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.change(id, |invocation| invocation.execution.clone_from(&arn));
        let mut pause = Duration::from_millis(20);
        loop {
            let execution = self
                .call("states", "DescribeExecution", Map::from_iter([("executionArn".to_owned(), arn.as_str().into())]))
                .await?;
            if let Some(ended) = ended(&execution) {
                return Ok(ended);
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.opening.region.stopping().cancelled() => return Ok((Status::Cancelled, String::new())),
            }
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_task_ends_as_its_execution_does() {
        let of = |status: &str| ended(&json!({ "status": status, "error": "Full", "cause": "no space" }));
        assert_eq!(of("SUCCEEDED"), Some((Status::Success, String::new())));
        assert_eq!(of("FAILED"), Some((Status::Failed, "Full: no space".to_owned())));
        assert_eq!((of("TIMED_OUT").unwrap().0, of("ABORTED").unwrap().0), (Status::TimedOut, Status::Cancelled));
        assert_eq!((of("RUNNING"), of("PENDING_REDRIVE")), (None, None));
    }
}
