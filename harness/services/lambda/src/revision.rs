//! Revision ids, and how times are written.

use jiff::Timestamp;

pub(crate) fn revision() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// `2026-11-29T03:00:00.000+0000`
pub(crate) fn date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}
