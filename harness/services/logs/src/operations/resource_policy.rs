//! Resource policies.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::invalid;
use crate::page::page;
use crate::records::Logs;
use crate::resource_policy::ResourcePolicy;

/// Resource policies of an account in a region.
const MOST: usize = 10;

/// `PutResourcePolicy`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PutResourcePolicy {
    policy_name: Option<String>,
    policy_document: Option<String>,
}

/// `DescribeResourcePolicies`.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeResourcePolicies.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeResourcePolicies {
    limit: Option<usize>,
    next_token: Option<String>,
}

/// `DeleteResourcePolicy`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteResourcePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteResourcePolicy {
    policy_name: Option<String>,
}

impl Logs {
    pub(crate) fn put_resource_policy(&self, call: &Call, input: PutResourcePolicy) -> Result<Value, AwsError> {
        let name = input.policy_name.ok_or_else(|| invalid("Policy name is missing."))?;
        let text = input.policy_document.ok_or_else(|| invalid("Policy document is missing."))?;
        // A resource that is none is taken, and grants nothing.
        if !serde_json::from_str::<Value>(&text).is_ok_and(|document| document.get("Statement").is_some()) {
            return Err(invalid("Policy document is invalid."));
        }
        self.policies.with(call.account(), |policies| {
            if policies.by_name.len() >= MOST && !policies.by_name.contains_key(&name) {
                return Err(AwsError::new("LimitExceededException", 400, "Resource limit exceeded."));
            }
            let policy = ResourcePolicy { name, text, updated: call.now };
            let described = policy.describe();
            policies.put(policy);
            Ok(json!({ "resourcePolicy": described }))
        })
    }

    pub(crate) fn describe_resource_policies(&self, call: &Call, input: DescribeResourcePolicies) -> Result<Value, AwsError> {
        let all = self.policies.with(call.account(), |policies| {
            policies.by_name.values().map(ResourcePolicy::describe_normalized).collect::<Vec<_>>()
        });
        page(all, "resourcePolicies", input.limit, input.next_token.as_deref())
    }

    pub(crate) fn delete_resource_policy(&self, call: &Call, input: DeleteResourcePolicy) -> Result<Value, AwsError> {
        let name = input.policy_name.ok_or_else(|| invalid("Policy name is missing."))?;
        if self.policies.with(call.account(), |policies| policies.remove(&name)) {
            return Ok(json!({}));
        }
        let message = format!("Policy with name [{name}] does not exist.");
        Err(AwsError::new("ResourceNotFoundException", 400, message))
    }
}
