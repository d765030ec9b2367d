//! The journal: one stream of events of a drill and of the API calls of its region, from which every report can be rebuilt.
//!
//! Pure: times come with the events, and a writer is any [`std::io::Write`]. One event is one line of JSON with a `version`,
//! a `time`, a `type` and the members of that type.

mod api_call;
mod event;
mod journal;
mod outcome;
mod reader;
mod redact;

pub use api_call::{ApiCall, Authorization, TlsDetails, UserIdentity};
pub use event::{Event, EventKind, Evidence, Finding, Step};
pub use journal::Journal;
pub use outcome::{AccessLog, Archive, ArchiveOf, Failure, Hop, Night, Outcome, RestoreCheck, StepTime, Verdict};
pub use reader::{ReadError, read};
pub use redact::{HIDDEN, redact, redact_text};

/// Version of the format, in every line.
pub const VERSION: u32 = 1;
