//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::cloudformation::CloudFormation;
use crate::operations::{change_sets, create_stack, delete_stack, exports, signal_resource, stacks, templates, update_stack};

#[async_trait]
impl Service for CloudFormation {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let service = self;
        let account = call.account();
        let output = match operation {
            "CreateStack" => create_stack::create(service, call, &input).await?,
            "UpdateStack" => update_stack::update(service, call, &input).await?,
            "DeleteStack" => delete_stack::delete(service, call, &input).await?,
            "CreateChangeSet" => change_sets::create(service, call, &input).await?,
            "DescribeChangeSet" => change_sets::describe(service, account, &input)?,
            "ListChangeSets" => change_sets::list(service, account, &input)?,
            "ExecuteChangeSet" => change_sets::execute(service, call, &input).await?,
            "DeleteChangeSet" => change_sets::delete(service, call, &input)?,
            "DescribeStacks" => stacks::describe_stacks(service, account, &input)?,
            "DescribeStackEvents" => stacks::describe_events(service, account, &input)?,
            "DescribeStackResources" => stacks::describe_resources(service, account, &input)?,
            "DescribeStackResource" => stacks::describe_resource(service, account, &input)?,
            "ListStackResources" => stacks::list_resources(service, account, &input)?,
            "ListStacks" => stacks::list_stacks(service, account, &input),
            "ListExports" => exports::list(service, account),
            "ListImports" => exports::list_imports(service, account, &input)?,
            "GetTemplate" => templates::get_template(service, account, &input)?,
            "GetTemplateSummary" => templates::get_template_summary(service, call, &input).await?,
            "ValidateTemplate" => templates::validate_template(service, call, &input).await?,
            "SignalResource" => signal_resource::signal(service, call, &input)?,
            "UpdateTerminationProtection" => stacks::update_termination_protection(service, account, &input)?,
            _ => return Err(AwsError::not_implemented("cloudformation", operation)),
        };
        Ok(output.into())
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        self.named_stacks(call, kind, input)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        let stacks = self.lock();
        let living = stacks.get(call.account()).into_iter().flatten().filter(|stack| stack.deleted.is_none());
        living.map(|stack| Tagged { arn: stack.id.clone(), tags: stack.tags.clone() }).collect()
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.stack_tags(account, arn)
    }
}
