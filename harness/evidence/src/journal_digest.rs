//! The digest of a journal, made while it is written.

use std::sync::Arc;

use nightproof_journal::{Event, Journal, Record};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The digest of a journal's records up to a drill's outcome.
#[derive(Clone)]
pub struct JournalDigest(Arc<Mutex<State>>);

struct State {
    digest: Sha256,
    lines: u64,
    ended: bool,
}

/// What is known of a journal: what `head -n LINES FILE | sha256sum` says of the file that `--journal FILE` writes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JournalFacts {
    /// SHA-256 of its lines up to the drill's outcome, in hexadecimal digits.
    pub sha256: String,
    /// As many lines.
    pub lines: u64,
}

impl JournalDigest {
    /// Follows a journal from its beginning.
    pub fn follow(journal: &Journal) -> Self {
        let digest = Self(Arc::new(Mutex::new(State { digest: Sha256::new(), lines: 0, ended: false })));
        let followed = digest.clone();
        journal.subscribe(move |record| followed.take(record));
        digest
    }

    fn take(&self, record: &Record) {
        let mut state = self.0.lock();
        if state.ended {
            return;
        }
        if let Ok(mut line) = serde_json::to_vec(record) {
            line.push(b'\n');
            state.digest.update(&line);
            state.lines += 1;
        }
        // What the region still does while it goes down is no part of the drill.
        state.ended = matches!(record.event, Event::Outcome(_));
    }

    /// What it came to.
    pub fn facts(&self) -> JournalFacts {
        let state = self.0.lock();
        JournalFacts { sha256: hex::encode(state.digest.clone().finalize()), lines: state.lines }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_digest_is_of_the_lines_of_the_file_up_to_the_outcome() {
        let file = Shared::default();
        let journal = Journal::with_writer(file.clone());
        let digest = JournalDigest::follow(&journal);
        journal.record(Event::Finding { id: "a".to_owned(), detail: "b".to_owned() });
        journal.record(Event::Outcome(serde_json::json!({ "outcome": {} })));
        let written = file.0.lock().clone();
        journal.record(Event::Finding { id: "later".to_owned(), detail: "b".to_owned() });
        let facts = digest.facts();
        assert_eq!(facts, JournalFacts { sha256: hex::encode(Sha256::digest(written)), lines: 2 });
    }
}
