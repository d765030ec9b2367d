//! The records: state machines and executions, by account.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use jiff::Timestamp;
use nightproof_core::service::AwsError;
use nightproof_core::{AccountStore, in_flight};
use tokio::sync::{Notify, mpsc};

use crate::error::{no_execution, no_machine};
use crate::execution::Execution;
use crate::machine::StateMachine;
use crate::token::Message;

/// What an account has.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// State machines by name.
    pub(crate) machines: BTreeMap<String, StateMachine>,
    /// Executions, oldest first; of state machines that are gone, too.
    pub(crate) executions: Vec<Execution>,
    /// Whom the tokens of tasks that wait belong to.
    pub(crate) tokens: HashMap<String, mpsc::UnboundedSender<Message>>,
}

impl Records {
    pub(crate) fn machine(&mut self, arn: &str) -> Result<&mut StateMachine, AwsError> {
        self.machines.values_mut().find(|machine| machine.arn == arn).ok_or_else(|| no_machine(arn))
    }

    pub(crate) fn execution(&mut self, arn: &str) -> Result<&mut Execution, AwsError> {
        self.executions.iter_mut().find(|execution| execution.arn == arn).ok_or_else(|| no_execution(arn))
    }
}

/// The service `states`.
pub struct States {
    accounts: AccountStore<Records>,
    /// Branches of executions that do something; those that wait are not counted.
    pub(crate) in_flight: in_flight::Count,
    /// Notified whenever an execution has ended.
    pub(crate) changed: Notify,
    pub(crate) this: Weak<Self>,
}

impl States {
    /// A service without state machines.
    pub fn new() -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            accounts: AccountStore::default(),
            in_flight: in_flight::Count::default(),
            changed: Notify::new(),
            this: this.clone(),
        })
    }

    /// Runs `act` on the records of an account. Synchronous, so that the lock is never held over an await.
    pub(crate) fn with<T>(&self, account: &str, act: impl FnOnce(&mut Records) -> T) -> T {
        self.accounts.with(account, act)
    }

    /// Resolves once all executions have ended or wait, at the latest after half a minute; false if they have not.
    pub async fn quiet(&self) -> bool {
        self.in_flight.quiet().await
    }

    /// Until when the next of an account's executions waits.
    pub fn next_wake(&self, account: &str) -> Option<Timestamp> {
        self.with(account, |records| records.executions.iter().flat_map(|execution| &execution.wakes).map(|(_, at)| *at).min())
    }
}
