//! What a service keeps, by account.

use std::collections::HashMap;

use parking_lot::{Mutex, MutexGuard};

/// Records by account id, behind one lock.
#[derive(Debug)]
pub struct AccountStore<T>(Mutex<HashMap<String, T>>);

impl<T> Default for AccountStore<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> AccountStore<T> {
    /// The records of all accounts.
    pub fn lock(&self) -> MutexGuard<'_, HashMap<String, T>> {
        self.0.lock()
    }
}

impl<T: Default> AccountStore<T> {
    /// Runs `act` on the records of `account`, which are empty at first. Synchronous, so that the lock is never held over an await.
    pub fn with<R>(&self, account: &str, act: impl FnOnce(&mut T) -> R) -> R {
        let mut accounts = self.lock();
        act(accounts.entry(account.to_owned()).or_default())
    }
}
