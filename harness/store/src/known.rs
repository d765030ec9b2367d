//! What was fetched from a store, for as long as it is known to hold.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

/// Facts by name. A fact that was being fetched while its subject changed is not kept.
pub struct Known<T>(Mutex<Entries<T>>);

struct Entries<T> {
    facts: HashMap<String, Arc<T>>,
    /// How often something was forgotten.
    changes: u64,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(Mutex::new(Entries { facts: HashMap::new(), changes: 0 }))
    }
}

impl<T> Known<T> {
    fn entries(&self) -> MutexGuard<'_, Entries<T>> {
        self.0.lock()
    }

    /// What is known of `name`.
    pub fn get(&self, name: &str) -> Option<Arc<T>> {
        self.entries().facts.get(name).cloned()
    }

    /// To be asked before a fact is fetched.
    pub fn changes(&self) -> u64 {
        self.entries().changes
    }

    /// Keeps a fact that was fetched when there had been so many changes.
    pub fn keep(&self, name: &str, fact: &Arc<T>, changes: u64) {
        let mut entries = self.entries();
        if entries.changes == changes {
            entries.facts.insert(name.to_owned(), Arc::clone(fact));
        }
    }

    /// The fact is to be fetched again.
    pub fn forget(&self, name: &str) {
        let mut entries = self.entries();
        entries.facts.remove(name);
        entries.changes += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_while_it_was_fetched_is_not_kept() {
        let known = Known::default();
        let before = known.changes();
        known.keep("a", &Arc::new(1), before);
        assert_eq!(known.get("a").as_deref(), Some(&1));
        known.forget("a");
        known.keep("a", &Arc::new(1), before);
        assert_eq!(known.get("a"), None);
        known.keep("a", &Arc::new(2), known.changes());
        assert_eq!(known.get("a").as_deref(), Some(&2));
    }
}
