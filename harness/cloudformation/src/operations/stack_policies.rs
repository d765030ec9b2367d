//! Stack policies, as they are set and shown.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::StackStatus;
use crate::stack_policy::PolicySource;

/// `SetStackPolicy`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SetStackPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetStackPolicy {
    stack_name: String,
    stack_policy_body: Option<String>,
    #[serde(rename = "StackPolicyURL")]
    stack_policy_url: Option<String>,
}

/// `GetStackPolicy`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetStackPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetStackPolicy {
    stack_name: String,
}

impl CloudFormation {
    pub(crate) async fn set_stack_policy(&self, call: &Call, input: SetStackPolicy) -> Result<Value, AwsError> {
        let members = ("StackPolicyBody", "StackPolicyURL");
        let source = PolicySource { body: input.stack_policy_body, url: input.stack_policy_url, members };
        let policy = source.read(call).await?;
        let policy = policy.ok_or_else(|| validation("You must specify either StackPolicyURL or StackPolicyBody"))?;
        let id = self.living(call, &input.stack_name)?;
        self.with(call.account(), &id, |stack| stack.policy = Some(policy));
        Ok(json!({}))
    }

    pub(crate) fn get_stack_policy(&self, call: &Call, input: GetStackPolicy) -> Result<Value, AwsError> {
        let id = self.living(call, &input.stack_name)?;
        // While an update goes on, the policy that it came with is in force.
        let shown = self.with(call.account(), &id, |stack| stack.policy_in_force().map(|policy| policy.text.clone()));
        Ok(json!({ "StackPolicyBody": shown.flatten() }))
    }

    /// The id of a stack that is not deleted.
    fn living(&self, call: &Call, name: &str) -> Result<String, AwsError> {
        let found =
            self.look_up(call.account(), name, |stack| (stack.status != StackStatus::DeleteComplete).then(|| stack.id.clone()));
        found.flatten().ok_or_else(|| validation(format!("Stack [{name}] does not exist")))
    }
}
