//! The records of an account.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use nightproof_core::AccountStore;
use nightproof_core::tags::Tags;
use tokio::sync::Notify;

use crate::association::Association;
use crate::automation::execution::AutomationExecution;
use crate::command::Command;
use crate::mailbox::Mailbox;
use crate::maintenance_windows::execution::WindowExecution;
use crate::maintenance_windows::window::MaintenanceWindow;
use crate::node::ManagedNode;
use crate::sessions::channels::Channels;
use crate::sessions::session::Session;
use crate::stored_document::StoredDocument;
use crate::stored_parameter::Parameter;

/// The service `ssm`.
#[derive(Debug)]
pub struct Ssm {
    /// For the tasks that watch a command's deadlines.
    pub(crate) me: Weak<Ssm>,
    pub(crate) accounts: AccountStore<Records>,
    /// Notified whenever a message was put into a mailbox.
    pub(crate) mail: Notify,
    /// Notified whenever a command, an opening of a window or an automation may have gone on.
    pub(crate) changed: Notify,
    /// The open channels of agents and sessions.
    pub(crate) channels: Channels,
}

impl Ssm {
    /// A service without nodes, commands or parameters.
    pub fn new() -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            me: me.clone(),
            accounts: AccountStore::default(),
            mail: Notify::new(),
            changed: Notify::new(),
            channels: Channels::default(),
        })
    }

    /// Runs `act` on the records of `account`. Synchronous, so that the lock is never held over an await.
    pub(crate) fn with<T>(&self, account: &str, act: impl FnOnce(&mut Records) -> T) -> T {
        self.accounts.with(account, act)
    }
}

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
    /// Maintenance windows by id.
    pub(crate) windows: BTreeMap<String, MaintenanceWindow>,
    /// Openings of windows, oldest first; of windows that are gone, too.
    pub(crate) window_executions: Vec<WindowExecution>,
    /// Automations, oldest first.
    pub(crate) automations: Vec<AutomationExecution>,
    /// Associations by id.
    pub(crate) associations: BTreeMap<String, Association>,
    /// Sessions, oldest first.
    pub(crate) sessions: Vec<Session>,
    /// Tags by resource type and id.
    pub(crate) tags: BTreeMap<(String, String), Tags>,
}

impl Records {
    /// The command with this id.
    pub(crate) fn command(&mut self, id: &str) -> Option<&mut Command> {
        self.commands.iter_mut().find(|command| command.id == id)
    }

    /// The session with this id.
    pub(crate) fn session(&self, id: &str) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }

    /// The same, to be changed.
    pub(crate) fn session_mut(&mut self, id: &str) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.id == id)
    }

    /// The automation with this id.
    pub(crate) fn automation(&mut self, id: &str) -> Option<&mut AutomationExecution> {
        self.automations.iter_mut().find(|execution| execution.id == id)
    }
}
