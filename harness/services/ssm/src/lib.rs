//! The service `ssm`: Run Command, managed nodes, command documents and Parameter Store.
//!
//! A command's records are shared with the agent's side, the service `ec2messages`, which takes messages from the same
//! mailboxes and reports back into the same invocations.

mod agent;
mod agent_reply;
mod agent_report;
mod association;
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
mod resources;
mod send_command;
mod status_event;
mod targets;
#[cfg(test)]
mod tests;
mod yaml;

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use tokio::sync::Notify;

pub(crate) use agent::require_agent;
use agent_report::{PutComplianceItems, PutInventory};
use association::{
    DescribeInstanceAssociationsStatus, ListAssociations, ListInstanceAssociations, UpdateInstanceAssociationStatus,
};
use cancel::CancelCommand;
use command_query::ListCommands;
use document_store::{
    CreateDocument, DeleteDocument, DescribeDocument, GetDocument, ListDocuments, UpdateDocument, UpdateDocumentDefaultVersion,
};
use invocation_query::{GetCommandInvocation, ListCommandInvocations};
use managed_node::{DescribeInstanceInformation, GetConnectionStatus, RegisterManagedInstance, UpdateInstanceInformation};
use parameter::{DeleteParameter, DeleteParameters, PutParameter};
use parameter_query::{DescribeParameters, GetParameter, GetParameterHistory, GetParameters, GetParametersByPath};
pub(crate) use records::{Accounts, Records};
use resource_tags::{AddTagsToResource, ListTagsForResource, RemoveTagsFromResource};
pub use resources::resource_types;
use send_command::SendCommand;

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
        self.accounts.lock()
    }
}

/// One page of a list of this service.
fn page(member: &str, items: Vec<Value>, token: Option<&str>, size: usize) -> Result<Value, AwsError> {
    nightproof_core::page::page(member, items, token, size, || {
        AwsError::new("InvalidNextToken", 400, "The specified token isn't valid.")
    })
}

/// A time as AWS writes it where a member is a string, to the millisecond.
pub(crate) fn stamp(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

operations!("ssm", Ssm:
    AddTagsToResource => add_tags_to_resource: ["= @tagged"],
    CancelCommand => cancel_command.await: ["= *"],
    CreateDocument => create_document: ["= @document"],
    DeleteDocument => delete_document: ["= @document"],
    DeleteParameter => delete_parameter: ["= @parameter"],
    DeleteParameters => delete_parameters: ["= @parameters"],
    DescribeDocument => describe_document: ["= @document"],
    DescribeInstanceAssociationsStatus => describe_instance_associations_status: ["= *"],
    DescribeInstanceInformation => describe_instance_information: ["= *"],
    DescribeParameters => describe_parameters: ["= *"],
    GetCommandInvocation => get_command_invocation: ["= *"],
    GetConnectionStatus => get_connection_status: ["= *"],
    GetDocument => get_document: ["= @document"],
    GetParameter => get_parameter.await: ["= @parameter"],
    GetParameterHistory => get_parameter_history.await: ["= @parameter"],
    GetParameters => get_parameters.await: ["= @parameters"],
    GetParametersByPath => get_parameters_by_path.await: ["= @path ssm:Recursive=Recursive"],
    ListAssociations => list_associations: ["= *"],
    ListCommandInvocations => list_command_invocations: ["= *"],
    ListCommands => list_commands: ["= *"],
    ListDocuments => list_documents: ["= *"],
    ListInstanceAssociations => list_instance_associations: ["= @node"],
    ListTagsForResource => list_tags_for_resource: ["= @tagged"],
    PutComplianceItems => put_compliance_items: ["= *"],
    PutInventory => put_inventory: ["= *"],
    PutParameter => put_parameter.await: ["= @parameter"],
    RegisterManagedInstance => register_managed_instance: ["= *"],
    RemoveTagsFromResource => remove_tags_from_resource: ["= @tagged"],
    SendCommand => send_command.await: ["= @document", "= @targeted-instances", "iam:PassRole {ServiceRoleArn} ?ServiceRoleArn iam:PassedToService='ssm.amazonaws.com'"],
    UpdateDocument => update_document: ["= @document"],
    UpdateDocumentDefaultVersion => update_document_default_version: ["= @document"],
    UpdateInstanceAssociationStatus => update_instance_association_status: ["= *"],
    UpdateInstanceInformation => update_instance_information: ["= @node"],
);

#[async_trait]
impl Service for Ssm {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
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
