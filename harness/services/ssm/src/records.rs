//! What an account has in the service.

use std::collections::{BTreeMap, HashMap};

use super::command::Command;
use super::document_store::StoredDocument;
use super::mailbox::Mailbox;
use super::managed_node::ManagedNode;
use super::parameter::Parameter;
use super::resource_tags::Tags;

/// Records by account id.
pub(crate) type Accounts = HashMap<String, Records>;

/// The records of one account.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// Managed nodes by instance id.
    pub(crate) nodes: BTreeMap<String, ManagedNode>,
    /// Messages waiting for agents, by instance id.
    pub(crate) mail: HashMap<String, Mailbox>,
    /// Commands, oldest first.
    pub(crate) commands: Vec<Command>,
    /// The account's own documents by name.
    pub(crate) documents: BTreeMap<String, StoredDocument>,
    /// Parameters by name.
    pub(crate) parameters: BTreeMap<String, Parameter>,
    /// Tags by resource type and id.
    pub(crate) tags: BTreeMap<(String, String), Tags>,
}

impl Records {
    /// The command with this id.
    pub(crate) fn command(&mut self, id: &str) -> Option<&mut Command> {
        self.commands.iter_mut().find(|command| command.id == id)
    }
}
