//! The functions that calls of Lambda name, their policies and tags.

use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::document::Members as _;
use nightproof_core::service::Call;
use nightproof_iam_policy::ResourceRule;
use serde_json::Value;

use crate::function::{arn, function_name, qualifier};
use crate::records::Lambda;

impl Lambda {
    /// The function that a call names, by name or ARN; with the version or alias, if it names one.
    pub(super) fn named_functions(&self, call: &Call, input: &Value) -> Vec<String> {
        let Some(name) = input.text("FunctionName") else { return Vec::new() };
        let arn = arn(call, function_name(name));
        vec![qualifier(input).map_or_else(|| arn.clone(), |qualifier| format!("{arn}:{qualifier}"))]
    }

    /// The policy of a function.
    pub(super) fn function_policy(&self, account: &str, arn: &str) -> Option<ResourcePolicyText> {
        let name = arn.split(':').nth(6)?;
        let functions = self.functions.lock();
        let function = functions.get(account)?.get(name)?;
        // Versions and aliases have policies of their own; `$LATEST` has the function's.
        let policy = function.policies.get(arn.split(':').nth(7).filter(|of| *of != "$LATEST").unwrap_or_default());
        let policy = policy.filter(|policy| !policy.statements.is_empty());
        Some(ResourcePolicyText {
            name: format!("policy of function {name}"),
            document: policy.and_then(|policy| policy.document.clone()),
            rule: ResourceRule::Union,
            owner: account.to_owned(),
            restricts_public: false,
        })
    }

    /// The tags of a function.
    pub(super) fn function_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        let functions = self.functions.lock();
        let function = arn.split(':').nth(6).and_then(|name| functions.get(account)?.get(name));
        function.map(super::function::Function::tag_pairs).unwrap_or_default()
    }
}
