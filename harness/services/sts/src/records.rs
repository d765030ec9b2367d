//! The records: sessions by the access keys that they were given.

use std::collections::HashMap;
use std::sync::Arc;

use nightproof_core::identity::{Identities, Session, Sessions};
use parking_lot::Mutex;

/// The service `sts`.
pub struct Sts {
    pub(crate) identities: Arc<dyn Identities>,
    sessions: Mutex<HashMap<String, Session>>,
}

impl Sts {
    /// A service that reads roles from `identities`. Who may assume them is the authorization layer's to decide.
    pub fn new(identities: Arc<impl Identities + 'static>) -> Arc<Self> {
        Arc::new(Self { identities, sessions: Mutex::default() })
    }

    /// Keeps the new session, and forgets those that have ended.
    pub(crate) fn remember(&self, access_key_id: &str, session: Session) {
        let mut sessions = self.sessions.lock();
        let now = session.issued;
        sessions.retain(|_, session| session.expires > now);
        sessions.insert(access_key_id.to_owned(), session);
    }
}

impl Sessions for Sts {
    fn session(&self, access_key_id: &str) -> Option<Session> {
        self.sessions.lock().get(access_key_id).cloned()
    }
}
