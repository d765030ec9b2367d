//! The agent's clock.

use jiff::Timestamp;

/// The time.
#[expect(clippy::disallowed_methods, reason = "a machine has real time, as an instance has")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
