//! Evidence of a drill: a record that stands by itself, as JSON and as a printable page, each signed.
//!
//! [`Record::new`] makes one of a drill's outcome, [`write()`] writes and signs it, [`verify`] tells whether files are as they were signed, and
//! [`Book`] puts records of a period together. `docs/evidence.md` explains what it shows and what not.

mod book;
mod check;
mod error;
mod folder;
mod journal_digest;
mod key;
mod page;
mod record;
mod sheet;

pub use book::Book;
pub use error::EvidenceError;
pub use folder::{Verified, add, read, verify, write};
pub use journal_digest::{JournalDigest, JournalFacts};
pub use key::{PublicKey, SigningKey};
pub use record::{Attempt, Budget, Check, Commit, Control, DrillFacts, Finding, LeftOut, Product, Record, Template, Weakness};
