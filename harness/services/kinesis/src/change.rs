//! Changes that take a while: what a stream or a consumer is in the midst of.

use jiff::{SignedDuration, Timestamp};

/// How long one takes, region time. On AWS it is some ten seconds.
pub(crate) const CHANGE: SignedDuration = SignedDuration::from_secs(1);

/// What a stream is in the midst of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) status: &'static str,
    /// Region time.
    pub(crate) until: Timestamp,
}

impl Change {
    /// One that begins at `now`.
    pub(crate) fn new(status: &'static str, now: Timestamp) -> Self {
        Self { status, until: now + CHANGE }
    }
}
