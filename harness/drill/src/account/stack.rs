//! What CloudFormation says of a stack, as far as a drill reads it.

use async_recursion::async_recursion;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::json;

use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::{HopFailure, at};
use crate::{Endpoint, Failure, Hop};

/// A stack. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html>
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Stack {
    pub(crate) stack_id: String,
    pub(crate) stack_name: String,
    pub(crate) stack_status: String,
    pub(crate) stack_status_reason: Option<String>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) outputs: Vec<Output>,
}

/// An output of a stack. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Output.html>
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Output {
    pub(crate) output_key: String,
    pub(crate) output_value: String,
}

/// A parameter of a stack. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Parameter.html>
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Parameter {
    pub(crate) parameter_key: String,
    pub(crate) parameter_value: String,
    /// Of a parameter whose value names a parameter of Systems Manager.
    pub(crate) resolved_value: Option<String>,
}

/// A tag of a stack.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// What happened to a resource of a stack. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html>
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct StackEvent {
    pub(crate) event_id: String,
    /// RFC 3339.
    pub(crate) timestamp: String,
    pub(crate) logical_resource_id: String,
    pub(crate) resource_type: String,
    pub(crate) resource_status: String,
    pub(crate) resource_status_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Described {
    stacks: Vec<Stack>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Body {
    template_body: String,
}

/// The stack with this name or ARN.
///
/// # Errors
/// CloudFormation's own; [`is_missing`] tells the one that says that there is no such stack.
pub(crate) async fn describe(client: &DynamicClient, stack: &str) -> Result<Option<Stack>, AwsError> {
    let answer: Described = client.read("cloudformation", "DescribeStacks", &json!({ "StackName": stack })).await?;
    Ok(answer.stacks.into_iter().next())
}

/// A stack as it was deployed.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// Its name.
    pub name: String,
    /// The text of its template, as it was submitted.
    pub template: String,
    /// Its parameters, by name; `****` is the value of one that is not shown.
    pub parameters: Vec<(String, String)>,
}

/// Reads a stack by its name or ARN, from any account.
///
/// # Errors
/// A call was refused, or there is no such stack.
#[async_recursion]
pub async fn deployed(endpoint: &Endpoint, stack: &str) -> Result<Deployed, Failure> {
    let client = DynamicClient::new(endpoint);
    let described = describe(&client, stack).await.map_err(at(Hop::Stack, "DescribeStacks"))?;
    let Some(found) = described else {
        return Err(HopFailure::at(Hop::Stack, format!("there is no stack {stack}")).into());
    };
    // By default it is the template whose macros are applied.
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html
    let input = json!({ "StackName": stack, "TemplateStage": "Original" });
    let body: Body = client.read("cloudformation", "GetTemplate", &input).await.map_err(at(Hop::Stack, "GetTemplate"))?;
    let parameters = found.parameters.into_iter().map(|one| (one.parameter_key, one.parameter_value));
    Ok(Deployed { name: found.stack_name, template: body.template_body, parameters: parameters.collect() })
}

/// Whether CloudFormation says that there is no such stack, which has no code of its own.
pub(crate) fn is_missing(error: &AwsError) -> bool {
    error.message.contains("does not exist")
}

/// The text of a stack's template.
pub(crate) async fn template(client: &DynamicClient, stack: &str) -> Result<String, AwsError> {
    let answer: Body = client.read("cloudformation", "GetTemplate", &json!({ "StackName": stack })).await?;
    Ok(answer.template_body)
}

/// Adds the events of a stack to `found`, latest first.
///
/// # Errors
/// CloudFormation's own; `found` has what came before.
pub(crate) async fn events(client: &DynamicClient, stack: &str, found: &mut Vec<StackEvent>) -> Result<(), AwsError> {
    client.pages("cloudformation", "DescribeStackEvents", json!({ "StackName": stack }), "StackEvents", found).await
}

/// Has a stack deleted.
pub(crate) async fn delete(client: &DynamicClient, stack: &str) -> Result<(), AwsError> {
    client.ask("cloudformation", "DeleteStack", &json!({ "StackName": stack })).await.map(drop)
}
