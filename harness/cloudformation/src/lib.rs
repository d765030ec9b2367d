//! CloudFormation: stacks whose resources are made by ordinary calls through the region, as the principal who deploys.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/Welcome.html>
#![expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are assigned by name")]

mod answer;
mod apply;
mod authorization;
mod capability;
mod change;
mod change_set;
mod create;
mod delete;
mod difference;
mod export;
mod preflight;
mod properties;
mod removal;
mod resource;
mod resource_type;
mod rollback;
mod service_role;
mod stack;
mod submission;
mod summary;
mod support;
mod update;
mod worker;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use nightproof_resource::ResourceProvider;
use nightproof_template::TemplateError;
use parking_lot::{Mutex, MutexGuard};
use serde_json::{Value, json};

use self::resource_type::ResourceTypes;
use self::stack::{Stack, StackStatus};

/// The service. Records are by account.
pub struct CloudFormation {
    stacks: Mutex<HashMap<String, Vec<Stack>>>,
    types: ResourceTypes,
    /// Itself, for tasks that outlive a call.
    me: Weak<Self>,
}

impl CloudFormation {
    /// A service without stacks, for resources of these types.
    pub fn new(types: impl IntoIterator<Item = &'static dyn ResourceProvider>) -> Arc<Self> {
        let types = ResourceTypes::new(types);
        Arc::new_cyclic(|me| Self { stacks: Mutex::default(), types, me: me.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Stack>>> {
        self.stacks.lock()
    }

    /// Runs `work` on the stack with this id.
    fn with<T>(&self, account: &str, id: &str, work: impl FnOnce(&mut Stack) -> T) -> Option<T> {
        self.lock().get_mut(account)?.iter_mut().find(|stack| stack.id == id).map(work)
    }

    /// A stack by name, or by id; a deleted one by id alone.
    fn find(&self, account: &str, name: &str) -> Result<Stack, AwsError> {
        self.read(account, name, Stack::clone)
    }

    /// What `read` takes from the stack that [`CloudFormation::find`] finds, whole copies of which are large.
    fn read<T>(&self, account: &str, name: &str, read: impl FnOnce(&Stack) -> T) -> Result<T, AwsError> {
        self.look_up(account, name, read).ok_or_else(|| validation(format!("Stack with id {name} does not exist")))
    }

    /// As [`CloudFormation::read`]; `None` if there is no such stack.
    fn look_up<T>(&self, account: &str, name: &str, read: impl FnOnce(&Stack) -> T) -> Option<T> {
        let stacks = self.lock();
        let all = stacks.get(account).map(Vec::as_slice).unwrap_or_default();
        let is_meant = |stack: &&Stack| stack.id == name || (stack.name == name && stack.status != StackStatus::DeleteComplete);
        all.iter().rev().find(is_meant).map(read)
    }

    /// The id of the stack on which an operation with this client request token was begun before. A token stands for one operation.
    fn repeated(
        &self,
        account: &str,
        name: &str,
        token: Option<&str>,
        operation: &'static str,
    ) -> Result<Option<String>, AwsError> {
        let Some(token) = token else { return Ok(None) };
        let used = |stack: &Stack| Some((stack.id.clone(), stack.tokens.iter().find(|(known, _)| known == token)?.1));
        match self.look_up(account, name, used).flatten() {
            None => Ok(None),
            Some((id, with)) if with == operation => Ok(Some(id)),
            Some(_) => Err(AwsError::new(
                "TokenAlreadyExistsException",
                400,
                format!("A client request token {token} has been used for another operation on this stack"),
            )),
        }
    }
}

#[async_trait]
impl Service for CloudFormation {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let service = self;
        let account = call.account();
        let output = match operation {
            "CreateStack" => create::create(service, call, &input).await?,
            "UpdateStack" => update::update(service, call, &input).await?,
            "DeleteStack" => delete::delete(service, call, &input).await?,
            "CreateChangeSet" => change_set::create(service, call, &input).await?,
            "DescribeChangeSet" => change_set::describe(service, account, &input)?,
            "ListChangeSets" => change_set::list(service, account, &input)?,
            "ExecuteChangeSet" => change_set::execute(service, call, &input).await?,
            "DeleteChangeSet" => change_set::delete(service, call, &input)?,
            "DescribeStacks" => answer::describe_stacks(service, account, &input)?,
            "DescribeStackEvents" => answer::describe_events(service, account, &input)?,
            "DescribeStackResources" => answer::describe_resources(service, account, &input)?,
            "DescribeStackResource" => answer::describe_resource(service, account, &input)?,
            "ListStackResources" => answer::list_resources(service, account, &input)?,
            "ListStacks" => answer::list_stacks(service, account, &input),
            "ListExports" => export::list(service, account),
            "ListImports" => export::list_imports(service, account, &input)?,
            "GetTemplate" => answer::get_template(service, account, &input)?,
            "GetTemplateSummary" => summary::get_template_summary(service, call, &input).await?,
            "ValidateTemplate" => summary::validate_template(service, call, &input).await?,
            "UpdateTerminationProtection" => {
                let stack = service.find(account, text(&input, "StackName"))?;
                let on = input.get("EnableTerminationProtection").and_then(Value::as_bool).unwrap_or(false);
                service.with(account, &stack.id, |stack| stack.protected = on);
                json!({"StackId": stack.id})
            }
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

/// A text member of a document; empty if there is none.
fn text<'a>(input: &'a Value, name: &str) -> &'a str {
    input.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn validation(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationError", 400, message)
}

/// Everything that is wrong with a template, as AWS says it: without its place.
fn invalid(errors: &[TemplateError]) -> AwsError {
    let lines: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    validation(lines.join("; "))
}
