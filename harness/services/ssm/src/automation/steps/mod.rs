//! Actions of steps, each in its file.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html>

mod api_call;
mod branch;
mod create_tags;
mod instance_state;
mod lambda_function;
mod pause;
mod resource_property;
mod run_command;
mod sleep;

use serde_json::Value;

use super::run::Automation;
use super::runbook::RunbookStep;
use super::step_run::{ActionFailure, Done};

impl Automation {
    /// Does what a step's action says, with inputs in which nothing stands for something else any more.
    pub(super) async fn act(&self, index: usize, step: &RunbookStep, inputs: &Value) -> Result<Done, ActionFailure> {
        match step.action.as_str() {
            "aws:assertAwsResourceProperty" => resource_property::assert(self, inputs).await,
            "aws:branch" => branch::choose(inputs),
            "aws:changeInstanceState" => instance_state::change(self, inputs).await,
            "aws:createTags" => create_tags::create(self, inputs).await,
            "aws:executeAwsApi" => api_call::execute(self, step, inputs).await,
            "aws:invokeLambdaFunction" => lambda_function::invoke(self, inputs).await,
            "aws:pause" => pause::wait(self).await,
            "aws:runCommand" => run_command::run(self, index, inputs).await,
            "aws:sleep" => sleep::sleep(self, inputs).await,
            "aws:waitForAwsResourceProperty" => resource_property::wait(self, inputs).await,
            other => Err(ActionFailure::new(format!("the action {other} is not supported"))),
        }
    }
}
