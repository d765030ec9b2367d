//! The service's state: stacks by account.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use nightproof_core::service::AwsError;
use parking_lot::{Mutex, MutexGuard};

use crate::error::validation;
use crate::mailbox::Mailbox;
use crate::records::{Macros, Stack, StackStatus};
use crate::resource_types::ResourceTypes;
use crate::serverless::ServerlessTranslator;

/// The service. Records are by account.
pub struct CloudFormation {
    stacks: Mutex<HashMap<String, Vec<Stack>>>,
    /// By account.
    macros: Mutex<HashMap<String, Macros>>,
    pub(crate) types: ResourceTypes,
    pub(crate) mailbox: Mailbox,
    /// Who applies the transform of serverless applications.
    pub(crate) translator: Option<Arc<dyn ServerlessTranslator>>,
    /// Itself, for tasks that outlive a call.
    pub(crate) me: Weak<Self>,
}

impl CloudFormation {
    /// A service without stacks.
    pub(crate) fn with_types(types: ResourceTypes, translator: Option<Arc<dyn ServerlessTranslator>>) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            stacks: Mutex::default(),
            macros: Mutex::default(),
            types,
            mailbox: Mailbox::default(),
            translator,
            me: me.clone(),
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Stack>>> {
        self.stacks.lock()
    }

    /// Runs `work` on the account's macros.
    pub(crate) fn with_macros<T>(&self, account: &str, work: impl FnOnce(&mut Macros) -> T) -> T {
        work(self.macros.lock().entry(account.to_owned()).or_default())
    }

    /// Runs `work` on the stack with this id.
    pub(crate) fn with<T>(&self, account: &str, id: &str, work: impl FnOnce(&mut Stack) -> T) -> Option<T> {
        self.lock().get_mut(account)?.iter_mut().find(|stack| stack.id == id).map(work)
    }

    /// A stack by name, or by id; a deleted one by id alone.
    pub(crate) fn find(&self, account: &str, name: &str) -> Result<Stack, AwsError> {
        self.read(account, name, Stack::clone)
    }

    /// What `read` takes from the stack that [`CloudFormation::find`] finds, whole copies of which are large.
    pub(crate) fn read<T>(&self, account: &str, name: &str, read: impl FnOnce(&Stack) -> T) -> Result<T, AwsError> {
        self.look_up(account, name, read).ok_or_else(|| validation(format!("Stack with id {name} does not exist")))
    }

    /// As [`CloudFormation::read`]; `None` if there is no such stack.
    pub(crate) fn look_up<T>(&self, account: &str, name: &str, read: impl FnOnce(&Stack) -> T) -> Option<T> {
        let stacks = self.lock();
        let all = stacks.get(account).map(Vec::as_slice).unwrap_or_default();
        let is_meant = |stack: &&Stack| stack.id == name || (stack.name == name && stack.status != StackStatus::DeleteComplete);
        all.iter().rev().find(is_meant).map(read)
    }

    /// The id of the stack on which an operation with this client request token was begun before. A token stands for one operation.
    pub(crate) fn repeated(
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

    /// The stack of the change set with this ARN.
    pub(crate) fn owner(&self, account: &str, id: &str) -> Option<Stack> {
        let stacks = self.lock();
        let all = stacks.get(account).map(Vec::as_slice).unwrap_or_default();
        all.iter().find(|stack| stack.change_sets.iter().any(|set| set.id == id)).cloned()
    }
}
