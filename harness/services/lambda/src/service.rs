//! The service's operations by name, and what other services ask of its records.

use std::collections::BTreeMap;

use async_trait::async_trait;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::function::qualifier;
use crate::records::Lambda;

/// Adds the member `Type`, which says whether the caller or the service is at fault.
fn blamed(error: AwsError) -> AwsError {
    match error.status {
        400..500 if error.code.ends_with("Exception") => error.with("Type", "User"),
        500 if error.code == "ServiceException" => error.with("Type", "Service"),
        _ => error,
    }
}

#[async_trait]
impl Service for Lambda {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let output = match operation {
            "CreateFunction" => self.create(call, &input).await,
            "GetFunctionConfiguration" => self.with(call, &input, |function| function.configuration_of(qualifier(&input))),
            "GetFunction" => self.with(call, &input, |function| function.describe(qualifier(&input))),
            "UpdateFunctionCode" => self.update_code(call, &input).await,
            "UpdateFunctionConfiguration" => self.update_configuration(call, &input).await,
            "DeleteFunction" => self.delete(call, &input),
            "ListFunctions" => self.list(call, &input),
            "TagResource" => self.tag(call, &input),
            "UntagResource" => self.untag(call, &input),
            "ListTags" => self.list_tags(call, &input),
            "PutFunctionConcurrency" => self.put_concurrency(call, &input),
            "GetFunctionConcurrency" => self.get_concurrency(call, &input),
            "DeleteFunctionConcurrency" => self.delete_concurrency(call, &input),
            "GetAccountSettings" => Ok(self.account_settings(call)),
            "AddPermission" => self.add_permission(call, &input),
            "RemovePermission" => self.remove_permission(call, &input),
            "GetPolicy" => self.get_policy(call, &input),
            "PublishVersion" => self.publish_version(call, &input),
            "ListVersionsByFunction" => self.list_versions(call, &input),
            "CreateAlias" => self.create_alias(call, &input),
            "UpdateAlias" => self.update_alias(call, &input),
            "GetAlias" => self.get_alias(call, &input),
            "DeleteAlias" => self.delete_alias(call, &input),
            "ListAliases" => self.list_aliases(call, &input),
            "PutFunctionEventInvokeConfig" => self.put_invoke_config(call, &input, false),
            "UpdateFunctionEventInvokeConfig" => self.put_invoke_config(call, &input, true),
            "GetFunctionEventInvokeConfig" => self.get_invoke_config(call, &input),
            "DeleteFunctionEventInvokeConfig" => self.delete_invoke_config(call, &input),
            "ListFunctionEventInvokeConfigs" => self.list_invoke_configs(call, &input),
            "Invoke" => self.invoke(call, &input).await,
            _ => Err(AwsError::not_implemented("lambda", operation)),
        };
        output.map(Reply::from).map_err(blamed)
    }

    async fn resources(&self, call: &Call, _kind: &str, input: &Value) -> Vec<String> {
        self.named_functions(call, input)
    }

    fn resource_policy(&self, account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.function_policy(account, arn)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        let functions = self.functions.lock();
        let functions = functions.get(call.account()).into_iter().flat_map(BTreeMap::values);
        functions.map(|function| Tagged { arn: function.arn().to_owned(), tags: function.tag_pairs() }).collect()
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.function_tags(account, arn)
    }
}
