//! Access keys that this region issued: who they stand for, their secret, and until when.

use std::collections::HashMap;

use jiff::Timestamp;
pub use nightproof_wire::sigv4::{Presigned, hmac, sha256_hex};
use parking_lot::Mutex;
use rand::RngExt as _;

use crate::Caller;

/// An access key with its secret. `Debug` shows no secret.
#[derive(Clone)]
pub struct Credential {
    /// `AKIA…` (long-lived) or `ASIA…` (session).
    pub access_key_id: String,
    /// The secret that signs.
    pub secret_access_key: String,
    /// Present on session credentials; must be sent with every request.
    pub session_token: Option<String>,
    /// Region time at which the session ends.
    pub expires: Option<Timestamp>,
    /// Who signs with it.
    pub caller: Caller,
    /// Whether it may be used; one that may not is to callers as if it did not exist.
    active: bool,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential")
            .field("access_key_id", &self.access_key_id)
            .field("caller", &self.caller)
            .finish_non_exhaustive()
    }
}

/// All keys of the region.
#[derive(Debug, Default)]
pub struct Credentials {
    keys: Mutex<HashMap<String, Credential>>,
}

impl Credentials {
    /// A new long-lived key (`AKIA…`) for `caller`.
    pub fn issue_key(&self, caller: Caller) -> Credential {
        self.insert("AKIA", caller, None)
    }

    /// A new session (`ASIA…`) for `caller` that ends at `expires` in region time.
    pub fn issue_session(&self, caller: Caller, expires: Timestamp) -> Credential {
        self.insert("ASIA", caller, Some(expires))
    }

    /// The active key with this id.
    pub fn find(&self, access_key_id: &str) -> Option<Credential> {
        self.lock().get(access_key_id).filter(|credential| credential.active).cloned()
    }

    /// Turns a key on or off.
    pub fn set_active(&self, access_key_id: &str, active: bool) {
        if let Some(credential) = self.lock().get_mut(access_key_id) {
            credential.active = active;
        }
    }

    /// Ends a session at `now`. A long-lived key has no end.
    pub fn expire(&self, access_key_id: &str, now: Timestamp) {
        if let Some(expires) = self.lock().get_mut(access_key_id).and_then(|credential| credential.expires.as_mut()) {
            *expires = now.min(*expires);
        }
    }

    /// Forgets a key. Returns whether it existed.
    pub fn revoke(&self, access_key_id: &str) -> bool {
        self.lock().remove(access_key_id).is_some()
    }

    fn insert(&self, prefix: &str, mut caller: Caller, expires: Option<Timestamp>) -> Credential {
        let access_key_id = format!("{prefix}{}", random_string(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16));
        caller.access_key_id = Some(access_key_id.clone());
        let credential = Credential {
            secret_access_key: random_string(BASE64, 40),
            session_token: expires.map(|_| random_string(BASE64, 356)),
            access_key_id: access_key_id.clone(),
            expires,
            caller,
            active: true,
        };
        self.lock().insert(access_key_id, credential.clone());
        credential
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, HashMap<String, Credential>> {
        self.keys.lock()
    }
}

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `length` characters drawn from `alphabet`.
pub fn random_string(alphabet: &[u8], length: usize) -> String {
    let mut rng = rand::rng();
    (0..length).filter_map(|_| alphabet.get(rng.random_range(0..alphabet.len())).map(|&byte| char::from(byte))).collect()
}
