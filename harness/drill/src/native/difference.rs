//! One difference between the two deployments.

use serde_json::Value;

use super::probe::Probe;

/// Where the two deployments differ.
pub(super) struct Difference {
    pub(super) aspect: &'static Probe,
    pub(super) logical: String,
    /// For which item of a list.
    pub(super) of: Option<Value>,
    /// What the region says, in its own names.
    pub(super) want: Option<Value>,
    /// What the other says.
    pub(super) have: Option<Value>,
    /// In a sentence.
    pub(super) text: String,
}
