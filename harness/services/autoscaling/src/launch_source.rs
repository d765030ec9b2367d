//! What a group launches by.

/// What instances are launched by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LaunchSource {
    /// `version` as it was given: a number, `$Latest`, `$Default`, or nothing, which is the default one.
    Template {
        id: String,
        name: String,
        version: Option<String>,
    },
    Configuration(String),
}
