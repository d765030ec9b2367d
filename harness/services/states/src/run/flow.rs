//! From state to state: transitions, retries and catchers.

use std::pin::Pin;

use serde_json::{Value, json};

use super::Run;
use super::branch::Branch;
use crate::language::definition::{Kind, State, Workflow};
use crate::language::failure::Failure;
use crate::language::retry::Retries;

/// Largest input or output of a state, bytes.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>
const LARGEST: usize = 256 * 1024;

/// The output of a workflow. Boxed, since workflows contain workflows.
pub(super) type Walked<'a> = Pin<Box<dyn Future<Output = Result<Value, Failure>> + Send + 'a>>;

/// What a state leaves: its output, and the state that it chose if it is a Choice.
pub(super) struct Left {
    pub(super) output: Value,
    pub(super) chosen: Option<String>,
}

impl Run {
    /// Runs the states of a workflow one after the other. `whole` is the input of the execution.
    pub(super) fn walk<'a>(
        &'a self,
        workflow: &'a Workflow,
        whole: &'a Value,
        input: Value,
        branch: &'a mut Branch,
    ) -> Walked<'a> {
        Box::pin(async move {
            let (mut name, mut input) = (workflow.start_at.as_str(), input);
            loop {
                let state = workflow.states.get(name).ok_or_else(|| Failure::runtime(format!("There is no state '{name}'")))?;
                let (output, next) = self.visit(state, whole, input, branch).await?;
                let Some(next) = next else { return Ok(output) };
                input = output;
                name = workflow.states.get_key_value(&next).map_or("", |(name, _)| name.as_str());
            }
        })
    }

    /// One visit to a state, with as many attempts as its retriers allow.
    async fn visit(
        &self,
        state: &State,
        whole: &Value,
        input: Value,
        branch: &mut Branch,
    ) -> Result<(Value, Option<String>), Failure> {
        let kind = state.kind.as_str();
        let details = json!({ "name": state.name, "input": input.to_string(), "inputDetails": { "truncated": false } });
        let entered = self.event(branch.last, &format!("{kind}StateEntered"), Some(("stateEnteredEventDetails", details)));
        branch.last = entered;
        let entered_time = self.region.clock().now();
        let mut retries = Retries::default();
        let (output, next) = loop {
            let mut context = json!({
                "Execution": {
                    "Id": self.arn,
                    "Input": whole,
                    "Name": self.name,
                    "RoleArn": self.revision.role,
                    "StartTime": self.started.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
                    "RedriveCount": 0,
                },
                "State": {
                    "EnteredTime": entered_time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
                    "Name": state.name,
                    "RetryCount": retries.total,
                },
                "StateMachine": { "Id": self.machine_arn, "Name": self.machine_name },
            });
            if let (Some(item), Some(members)) = (&branch.item, context.as_object_mut()) {
                members.insert("Map".to_owned(), json!({ "Item": item }));
            }
            let attempt = self.attempt(state, whole, &input, context, branch).await.and_then(|left| bounded(state, left));
            let failure = match attempt {
                Ok(left) => break (left.output, left.chosen.or_else(|| state.next.clone())),
                Err(failure) => failure.in_state(&state.name, entered),
            };
            if let Some(delay) = retries.next(&state.retriers, &failure) {
                self.sleep(self.after(delay), branch).await;
                continue;
            }
            let Some(catcher) = state.catchers.iter().find(|catcher| failure.is_among(&catcher.error_equals)) else {
                return Err(failure);
            };
            let caught = catcher.result_path.apply(&input, failure.output());
            break (caught.map_err(|failure| failure.in_state(&state.name, entered))?, Some(catcher.next.clone()));
        };
        if !matches!(state.kind, Kind::Fail { .. }) {
            let details = json!({ "name": state.name, "output": output.to_string(), "outputDetails": { "truncated": false } });
            branch.last = self.event(branch.last, &format!("{kind}StateExited"), Some(("stateExitedEventDetails", details)));
        }
        Ok((output, next))
    }
}

/// Refuses an output that is too large.
fn bounded(state: &State, left: Left) -> Result<Left, Failure> {
    if left.output.to_string().len() <= LARGEST {
        return Ok(left);
    }
    let cause = format!(
        "The state/task '{}' returned a result with a size exceeding the maximum number of bytes service limit.",
        state.name
    );
    Err(Failure::new("States.DataLimitExceeded", cause))
}
