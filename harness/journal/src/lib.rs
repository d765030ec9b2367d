//! The one stream of events of a drill: its steps and findings, and every API call in CloudTrail's record form.
//!
//! Pure but for the writer that it is given and a stopwatch: no time of day, no files, no runtime. Every event passes [`redact`] on its way in, so
//! that no secret reaches a file, a subscriber or a report.

mod api_call;
mod event;
mod journal;
mod later;
mod past_drill;
mod reader;
mod redact;

pub use api_call::{ApiCall, CLOUDTRAIL_VERSION, TlsDetails, UserIdentity};
pub use event::{
    Check, DRIFT_NOT_CHECKED, Event, LocalTime, MISSING_PACKAGE, NOT_ACTED_UPON, OTHER_RUNTIME, OTHER_SHELL, RUNTIME_LIFECYCLE,
    Recipient, Record, StepOutcome, VERSION,
};
pub use journal::Journal;
pub use later::Later;
pub use past_drill::{HISTORY_VERSION, PastDrill};
pub use reader::{ReadError, read};
pub use redact::{REDACTED, redact, redact_text};
