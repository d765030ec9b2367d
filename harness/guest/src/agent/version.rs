//! The agent's version.

/// The version that this agent reports; the newest real one whose protocol it was held against.
pub(super) const VERSION: &str = "3.3.1142.0";
