//! Tokens and credentials that instances were given.

use std::collections::HashMap;

use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};

/// Tokens and credentials that have been given out, by instance.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Session>>);

/// What one instance was given.
#[derive(Default)]
pub(super) struct Session {
    /// When each token ends.
    pub(super) tokens: HashMap<String, Timestamp>,
    /// By role.
    pub(super) issued: HashMap<String, Issued>,
}

impl Sessions {
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock()
    }

    /// Forgets an instance that is gone.
    pub(crate) fn forget(&self, instance: &str) {
        self.lock().remove(instance);
    }
}

/// Credentials that were given out, with the profile that they came through.
pub(super) struct Issued {
    pub(super) profile: String,
    pub(super) access_key_id: String,
    pub(super) document: String,
}
