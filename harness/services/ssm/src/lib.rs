//! The service `ssm`: Run Command, managed nodes, command documents and Parameter Store.
//!
//! A command's records are shared with the agent's side, the service `ec2messages`, which takes messages from the same
//! mailboxes and reports back into the same invocations.

mod agent;
mod agent_reply;
mod authorization;
mod aws_documents;
mod cancel;
mod command;
mod command_parameters;
mod command_query;
mod command_status;
mod delivery;
mod document;
mod document_store;
pub mod ec2messages;
mod invocation;
mod invocation_query;
mod mailbox;
mod managed_node;
mod parameter;
mod parameter_query;
mod public_parameters;
mod records;
mod resource_tags;
mod send_command;
mod status_event;
mod targets;
#[cfg(test)]
mod tests;
mod yaml;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Notify;

pub(crate) use agent::require_agent;
pub(crate) use records::{Accounts, Records};

/// The service `ssm`.
#[derive(Debug)]
pub struct Ssm {
    /// For the tasks that watch a command's deadlines.
    me: Weak<Ssm>,
    accounts: Mutex<Accounts>,
    /// Rung whenever a message was put into a mailbox.
    pub(crate) mail: Notify,
}

impl Ssm {
    /// A service without nodes, commands or parameters.
    pub fn new() -> Arc<Self> {
        Arc::new_cyclic(|me| Self { me: me.clone(), accounts: Mutex::default(), mail: Notify::new() })
    }

    /// Runs `act` on the records of `account`. Synchronous, so that the lock is never held over an await.
    pub(crate) fn with<T>(&self, account: &str, act: impl FnOnce(&mut Records) -> T) -> T {
        let mut accounts = self.lock();
        act(accounts.entry(account.to_owned()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One page of a list of this service.
fn page(member: &str, items: Vec<Value>, token: Option<&str>, size: usize) -> Result<Value, AwsError> {
    nightproof_core::page::page(member, items, token, size, || {
        AwsError::new("InvalidNextToken", 400, "The specified token isn't valid.")
    })
}

/// The operation's input as a struct. The codec has checked it against the model already.
pub(crate) fn parse<T: DeserializeOwned>(input: Value) -> Result<T, AwsError> {
    serde_json::from_value(input).map_err(|error| AwsError::validation(format!("1 validation error detected: {error}")))
}

/// A time as AWS writes it where a member is a string, to the millisecond.
pub(crate) fn stamp(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[async_trait]
impl Service for Ssm {
    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let output = match operation {
            "SendCommand" => self.send_command(call, parse(input)?).await,
            "CancelCommand" => self.cancel_command(call, &parse(input)?).await,
            "ListCommands" => self.list_commands(call, &parse(input)?),
            "ListCommandInvocations" => self.list_command_invocations(call, &parse(input)?),
            "GetCommandInvocation" => self.get_command_invocation(call, &parse(input)?),
            "DescribeInstanceInformation" => self.describe_instance_information(call, &parse(input)?),
            "GetConnectionStatus" => self.get_connection_status(call, &input),
            "RegisterManagedInstance" => self.register_managed_instance(call),
            "UpdateInstanceInformation" => self.update_instance_information(call, &parse(input)?),
            "ListInstanceAssociations"
            | "DescribeInstanceAssociationsStatus"
            | "UpdateInstanceAssociationStatus"
            | "ListAssociations"
            | "PutInventory"
            | "PutComplianceItems"
            | "PutConfigurePackageResult" => self.agent_housekeeping(call, operation, &input),
            "CreateDocument" => self.create_document(call, &parse(input)?),
            "UpdateDocument" => self.update_document(call, &parse(input)?),
            "UpdateDocumentDefaultVersion" => self.update_document_default_version(call, &input),
            "DeleteDocument" => self.delete_document(call, &parse(input)?),
            "DescribeDocument" => self.describe_document(call, &parse(input)?),
            "GetDocument" => self.get_document(call, &parse(input)?),
            "ListDocuments" => self.list_documents(call, &parse(input)?),
            "PutParameter" => self.put_parameter(call, parse(input)?).await,
            "GetParameter" => self.get_parameter(call, parse(input)?).await,
            "GetParameters" => self.get_parameters(call, parse(input)?).await,
            "GetParametersByPath" => self.get_parameters_by_path(call, parse(input)?).await,
            "GetParameterHistory" => self.get_parameter_history(call, parse(input)?).await,
            "DescribeParameters" => self.describe_parameters(call, &parse(input)?),
            "DeleteParameter" => self.delete_parameter(call, &input),
            "DeleteParameters" => self.delete_parameters(call, &input),
            "AddTagsToResource" => self.add_tags_to_resource(call, parse(input)?),
            "RemoveTagsFromResource" => self.remove_tags_from_resource(call, &parse(input)?),
            "ListTagsForResource" => self.list_tags_for_resource(call, &parse(input)?),
            other => Err(AwsError::not_implemented("ssm", other)),
        }?;
        Ok(output.into())
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        self.named_resources(call, kind, input)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        self.tagged_resources(call)
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.tags_of(account, arn)
    }
}
