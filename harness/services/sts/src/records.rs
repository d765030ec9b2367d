//! The records: sessions by the access keys that they were given.

use std::collections::HashMap;
use std::sync::Arc;

use nightproof_core::Caller;
use nightproof_core::identity::{Identities, Session, Sessions};
use parking_lot::Mutex;

use crate::session_tags::SessionTags;

/// The service `sts`.
pub struct Sts {
    pub(crate) identities: Arc<dyn Identities>,
    sessions: Mutex<HashMap<String, Kept>>,
}

/// A session, and which of its tags are handed on.
struct Kept {
    session: Session,
    transitive: Vec<String>,
}

impl Sts {
    /// A service that reads roles from `identities`. Who may assume them is the authorization layer's to decide.
    pub fn new(identities: Arc<impl Identities + 'static>) -> Arc<Self> {
        Arc::new(Self { identities, sessions: Mutex::default() })
    }

    /// Keeps the new session, of whose tags those with `transitive` keys are handed on, and forgets those that have ended.
    pub(crate) fn remember(&self, access_key_id: &str, session: Session, transitive: Vec<String>) {
        let mut sessions = self.sessions.lock();
        let now = session.issued;
        sessions.retain(|_, kept| kept.session.expires > now);
        sessions.insert(access_key_id.to_owned(), Kept { session, transitive });
    }

    /// The tags of the caller's own session.
    pub(crate) fn tags_of(&self, caller: &Caller) -> SessionTags {
        let sessions = self.sessions.lock();
        let kept = caller.access_key_id.as_deref().and_then(|key| sessions.get(key));
        kept.map(|kept| SessionTags { tags: kept.session.tags.clone(), transitive: kept.transitive.clone() }).unwrap_or_default()
    }
}

impl Sessions for Sts {
    fn session(&self, access_key_id: &str) -> Option<Session> {
        self.sessions.lock().get(access_key_id).map(|kept| kept.session.clone())
    }
}
