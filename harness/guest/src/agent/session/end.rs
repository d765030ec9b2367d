//! How what a session runs ends.

/// How what a session runs has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// By itself, or as the client has asked.
    Done,
    /// With the channel.
    Cut,
}
