//! What CloudFormation's calls are about.

use nightproof_core::document::Members as _;
use nightproof_core::service::Call;
use serde_json::Value;

use crate::cloudformation::CloudFormation;

impl CloudFormation {
    /// Stacks by name or id; any of that name where none is yet.
    pub(crate) fn named_stacks(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        let Some(name) = input.text("StackName") else {
            // A change set's ARN names its stack only to those who know it.
            let owner = input.text("ChangeSetName").and_then(|id| self.owner(call.account(), id));
            if let Some(owner) = owner {
                return vec![owner.id];
            }
            let all = kind == "stack-or-all" || input.has("ChangeSetName");
            return if all { vec!["*".to_owned()] } else { Vec::new() };
        };
        let prefix = call.arn("cloudformation", "stack/");
        let found = self.look_up(call.account(), name, |stack| stack.id.clone());
        let named = if name.starts_with("arn:") { name.to_owned() } else { format!("{prefix}{name}/*") };
        vec![found.unwrap_or(named)]
    }

    /// The tags of a stack.
    pub(crate) fn stack_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.with(account, arn, |stack| stack.tags.clone()).unwrap_or_default()
    }
}
