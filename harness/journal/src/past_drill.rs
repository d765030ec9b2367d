//! A drill as a file of history keeps it: a line each.

use serde::{Deserialize, Serialize};

/// Version of the serialized form of [`PastDrill`].
pub const HISTORY_VERSION: u32 = 1;

/// What is kept of a drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastDrill {
    /// [`HISTORY_VERSION`] of whoever wrote it.
    pub version: u32,
    /// When it ended, RFC 3339; the time of the machine that it ran on.
    pub at: String,
    /// Its id.
    pub run: String,
    /// What it ran against: `embedded`, `localstack`, `aws`. Times of the first two are a local machine's.
    pub cloud: String,
    /// Its template, as it was named.
    pub template: String,
    /// `passed`, `failed`, `not_supported`, `interrupted`.
    pub result: String,
    /// How long its restore took, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rto_milliseconds: Option<f64>,
    /// The longest time without a restorable archive, on the region's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpo_seconds: Option<u64>,
    /// Size of what its last night left, if that restores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}
