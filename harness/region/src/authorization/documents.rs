//! Policies, parsed once for each text however often they are asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use firedrill_iam::{Policy, PolicyKind};

/// Texts beyond this many are forgotten, all at once: far more than the policies of a drill.
const MOST: usize = 10_000;

/// Parsed policies by kind and text.
#[derive(Default)]
pub(super) struct Documents(Mutex<Known>);

#[derive(Default)]
struct Known {
    by_text: HashMap<(u8, Arc<str>), Parsed>,
    /// The same by the address of a text, which is sooner told than what it says. The text is held, so that no other can come to be there.
    by_address: HashMap<(u8, usize), (Arc<str>, Parsed)>,
}

type Parsed = Result<Arc<Policy>, String>;

impl Documents {
    /// The policy that `text` is. Services refuse malformed documents when they are stored; one that is malformed here all the same
    /// grants nothing, and the error says why.
    pub(super) fn parse(&self, text: &Arc<str>, kind: PolicyKind) -> Parsed {
        let address = (kind as u8, text.as_ptr().addr());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = known.by_address.get(&address) {
            return found.clone();
        }
        if known.by_address.len() >= MOST {
            *known = Known::default();
        }
        // Services that make a text anew for each question would fill the addresses: the first one of a text has one.
        let key = (kind as u8, Arc::clone(text));
        if let Some(found) = known.by_text.get(&key) {
            return found.clone();
        }
        let parsed = Policy::parse(text, kind).map(Arc::new).map_err(|error| error.to_string());
        known.by_text.insert(key, parsed.clone());
        known.by_address.insert(address, (Arc::clone(text), parsed.clone()));
        parsed
    }
}
