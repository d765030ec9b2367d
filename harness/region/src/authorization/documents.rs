//! Policies, parsed once for each text however often they are asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use firedrill_iam::{Policy, PolicyKind};

/// Texts beyond this many are forgotten, all at once: far more than the policies of a drill.
const MOST: usize = 10_000;

/// Parsed policies by kind and text.
#[derive(Default)]
pub(super) struct Documents(Mutex<HashMap<(u8, Arc<str>), Parsed>>);

type Parsed = Result<Arc<Policy>, String>;

impl Documents {
    /// The policy that `text` is. Services refuse malformed documents when they are stored; one that is malformed here all the same
    /// grants nothing, and the error says why.
    pub(super) fn parse(&self, text: &Arc<str>, kind: PolicyKind) -> Parsed {
        let key = (kind as u8, Arc::clone(text));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&key) {
            return found.clone();
        }
        if known.len() >= MOST {
            known.clear();
        }
        let parsed = Policy::parse(text, kind).map(Arc::new).map_err(|error| error.to_string());
        known.insert(key, parsed.clone());
        parsed
    }
}
